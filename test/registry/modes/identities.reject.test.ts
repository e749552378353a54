import { beforeEach, describe, expect, it } from 'vitest'
import { loadHostname } from '../../support/edge.ts'
import { edgeOf } from '../../support/edge-routes.ts'
import { add, faults, get, put, type Tenant } from '../../support/family.ts'
import { freshTenant, freshToken } from '../../support/requests.ts'
import { limit, zone } from '../../support/tenants.ts'

let tenant: Tenant
let one = ''
beforeEach(async () => {
  tenant = await freshTenant()
  one = `${edgeOf('accounts', tenant.accountId)}/hostnames/${tenant.domain}`
})

const ADA = [{ dns: 'ada.example' }]
const set = (identities: unknown, more: object = {}) =>
  put(one, tenant.authorization, { mode: 'required', identities, ...more })
const stored = async () => (await loadHostname(tenant.domain)).facts.identities?.list
const NAMES =
  'common_name, organization, organizational_unit, dns, email, uri, serial_number, certificate_sha256, key_sha256, issuer_key_sha256, ext_key_usage, policy'
const NEEDS = `must have one condition or more, and nothing else: ${NAMES}`

/** As long a name as fits into 16,384 characters behind 64 rules with names of 235. */
const LAST = 16_384 - 64 * (235 + 19) - 20

describe('a list of rules is refused, and nothing is stored', () => {
  it.each<[string, unknown, string, string]>([
    [
      'that is a text',
      'ada',
      '/identities',
      'identities must be an array of identity rules, not a string; [] stands for none',
    ],
    [
      'that is a rule',
      ADA[0],
      '/identities',
      'identities must be an array of identity rules, not an object; [] stands for none',
    ],
    ['with a rule that is null', [null], '/identities/0', 'identities[0] must be an object of conditions, not null'],
    [
      'with a rule that is a text',
      ['*'],
      '/identities/0',
      'identities[0] must be an object of conditions, not a string',
    ],
    ['with a rule without conditions', [...ADA, {}], '/identities/1', `identities[1] ${NEEDS}`],
    ['with an unknown condition', [{ ...ADA[0], shoe_size: '44' }], '/identities/0', `identities[0] ${NEEDS}`],
    [
      'with a misspelt condition',
      [{ organization: 'a', organisational_unit: 'b' }],
      '/identities/0',
      `identities[0] ${NEEDS}`,
    ],
    [
      'with a condition that JavaScript has',
      [{ organization: 'a', constructor: 'b' }],
      '/identities/0',
      `identities[0] ${NEEDS}`,
    ],
    [
      'with a condition that is null',
      [{ organization: 'a', dns: null }],
      '/identities/0/dns',
      'identities[0].dns must be a string, not null',
    ],
    [
      'with a condition that is a list',
      [{ dns: ['a'] }],
      '/identities/0/dns',
      'identities[0].dns must be a string, not an array',
    ],
    ['of 101 rules', Array(101).fill(ADA[0]), '/identities', 'identities must have at most 100 rules'],
    [
      'of 16,385 characters',
      [...Array(64).fill({ common_name: 'x'.repeat(235) }), { common_name: 'x'.repeat(LAST + 1) }],
      '/identities',
      'identities must have at most 16384 characters of JSON in all',
    ],
  ])('%s', async (_, identities, pointer, detail) => {
    expect(faults(await set(identities))).toEqual([[pointer, detail]])
    expect(await stored()).toBeUndefined()
  })

  it('that becomes too long in the form in which it is stored', async () => {
    const rule = { dns: `${'ü'.repeat(20)}.example` }
    const sent = Array(100).fill({ ...rule, organization: 'x'.repeat(104) })
    expect(JSON.stringify(sent).length).toBeLessThan(16_384)
    const detail = 'identities must have at most 16384 characters of JSON in all'
    expect(faults(await set(sent))).toEqual([['/identities', detail]])
  })

  it('with every fault', async () => {
    const answer = await set([{ dns: '*' }, {}, { email: 'a', uri: 'b' }], { mode: 'off' })
    expect(faults(answer).map(([pointer]) => pointer)).toEqual([
      '/mode',
      '/identities/0/dns',
      '/identities/2/email',
      '/identities/2/uri',
      '/identities/1',
    ])
  })

  it('and those that are there stay', async () => {
    await set(ADA)
    expect((await set([{ dns: 'bob.example' }, {}])).status).toBe(400)
    expect(await stored()).toEqual(ADA)
  })
})

describe('a value is refused that no certificate has, or that says something else than it seems to', () => {
  it.each<[string, string]>([
    ['common_name', ''],
    ['common_name', 'a\0b'],
    ['common_name', 'a\u200bb'],
    ['common_name', 'x'.repeat(257)],
    ['organization', '\u202ea'],
    ['organizational_unit', 'a\n'],
    ['dns', ''],
    ['dns', '*'],
    ['dns', '*.'],
    ['dns', '*example.com'],
    ['dns', 'a.*.example.com'],
    ['dns', '*.*.example.com'],
    ['dns', 'a*.example.com'],
    ['dns', '.example.com'],
    ['dns', 'a.example.com.'],
    ['dns', 'a..example.com'],
    ['dns', 'https://a.example.com'],
    ['dns', 'a.example.com:443'],
    ['dns', '192.0.2.1'],
    ['dns', 'a b.example'],
    ['dns', '\u212a'],
    ['email', ''],
    ['email', '@'],
    ['email', 'ada'],
    ['email', 'ada@'],
    ['email', '*@example.com@'],
    ['email', '"ada"@example.com'],
    ['email', 'ada@b@example.com'],
    ['email', 'adá@example.com'],
    ['email', 'ada@*.example.com'],
    ['email', '@.example.com'],
    ['email', 'Ada <ada@example.com>'],
    ['uri', ''],
    ['uri', '*'],
    ['uri', '/*'],
    ['uri', 'spiffe://*'],
    ['uri', 'spiffe://*/a'],
    ['uri', 'spiffe:///*'],
    ['uri', 'spiffe://example.org*'],
    ['uri', 'spiffe://example.org/ns/*/sa/*'],
    ['uri', 'spiffe://example.org/ns*'],
    ['uri', 'spiffe://example.org/ns/'],
    ['uri', 'spiffe://example.org'],
    ['uri', 'spiffe://example.org/ns/../*'],
    ['uri', 'spiffe://example.org/ns/./*'],
    ['uri', 'spiffe://example.org/ns//*'],
    ['uri', 'spiffe://example.org/%6es/*'],
    ['uri', 'spiffe://example.org/ns?q/*'],
    ['uri', 'spiffe://example.org/ns#q/*'],
    ['uri', 'spiffe://a@example.org/ns'],
    ['uri', 'https://192.0.2.1/a'],
    ['uri', 'https://a.example/é'],
    ['uri', 'https://a.example/%zz'],
    ['uri', 'urn:a/*'],
    ['uri', `https://a.example/${'x'.repeat(2_048)}`],
    ['serial_number', ''],
    ['serial_number', 'x'],
    ['serial_number', '0x'],
    ['certificate_sha256', 'ab'],
    ['certificate_sha256', 'g'.repeat(64)],
    ['key_sha256', 'a'.repeat(65)],
    ['key_sha256', `${'ab:'.repeat(31)}a`],
    ['issuer_key_sha256', 'CN=CA'],
    ['ext_key_usage', 'clientAuth'],
    ['ext_key_usage', '2.5.29.37.0'],
    ['ext_key_usage', '1'],
    ['ext_key_usage', '3.1'],
    ['policy', '1.02'],
    ['policy', '2.5.29.32.0'],
    ['policy', '1.40'],
    ['policy', '1.2.'],
    ['policy', `1.2.${'1'.repeat(130)}`],
  ])('%s %j', async (name, value) => {
    const [fault, ...more] = faults(await set([{ [name]: value }]))
    expect([fault?.[0], more]).toEqual([`/identities/0/${name}`, []])
    expect(fault?.[1]).toMatch(/^identities\[0\]\.\w+ must be /)
    expect(await stored()).toBeUndefined()
  })
})

it('a private key in a value is refused', async () => {
  const answer = await set([{ common_name: '-----BEGIN PRIVATE KEY-----' }])
  expect(faults(answer)).toContainEqual(['/identities/0/common_name', expect.stringContaining('private key')])
})

describe('a change of rules is refused', () => {
  it.each<[string, unknown]>([
    ['that clears them', []],
    ['that replaces them', [{ dns: 'bob.example' }]],
  ])(
    '%s with a permission for the zone, if a certificate of the account protects the hostname',
    async (_, identities) => {
      const { accountPath, zoneId, authorization, domain } = tenant
      await add(accountPath, authorization, { associated_hostnames: [domain] })
      await set(ADA)
      const path = `${edgeOf('zones', zoneId)}/hostnames/${domain}`
      const answer = await put(path, await freshToken([zone(zoneId)]), { mode: 'required', identities })
      expect(faults(answer)).toEqual([
        ['/identities', expect.stringMatching(/^identities cannot be set with a permission for/)],
      ])
      expect(await stored()).toEqual(ADA)
    },
  )

  it('of a hostname without a mode, if the quota of modes is reached', async () => {
    await limit(tenant.accountId, { modes: 0 })
    const answer = await set(ADA)
    expect(faults(answer).map(([, detail]) => detail)).toEqual([expect.stringContaining('hostname modes')])
    expect(await stored()).toBeUndefined()
    expect((await set([])).status).toBe(200)
  })

  it('of a hostname that another account has', async () => {
    const other = await freshTenant()
    const path = `${edgeOf('accounts', tenant.accountId)}/hostnames/${other.domain}`
    expect((await put(path, tenant.authorization, { mode: 'required', identities: ADA })).status).toBe(400)
    expect((await get(path, tenant.authorization)).status).toBe(400)
    expect((await loadHostname(other.domain)).facts.identities).toBeUndefined()
  })
})
