import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { counted, edgeOf } from '../../support/edge-routes.ts'
import { add, faults, get, outcome, put, siblingZone, type Tenant } from '../../support/family.ts'
import { freshTenant, freshToken } from '../../support/requests.ts'
import { account, zone } from '../../support/tenants.ts'

let tenant: Tenant
beforeEach(async () => {
  tenant = await freshTenant()
})

const hostnames = (kind: 'accounts' | 'zones' = 'accounts') =>
  `${edgeOf(kind, kind === 'accounts' ? tenant.accountId : tenant.zoneId)}/hostnames`

const stored = () => env.DB.prepare('SELECT count(*) AS n FROM hostname_modes').first<number>('n')

/** The details of a 400 without a fault in the body. */
const details = (answer: Parameters<typeof faults>[0]) => faults(answer).map(([, detail]) => detail)

describe('a hostname in the path is refused', () => {
  it.each([
    ['a.nobody.example', 'domain does not belong to zone: the zone of this account is §'],
    ['localhost', 'hostname must be a fully qualified domain name of at least two labels'],
    ['*.§', 'hostname must be a hostname without a wildcard: name each host'],
    ['a_b.§', 'hostname must be a hostname without an underscore'],
    ['a%2Fb.§', 'hostname must be a hostname without a path, query, fragment or user'],
    ['a%zz.§', 'hostname must be a hostname: each label has 1 to 63 letters, digits and inner hyphens'],
    ['§.', 'hostname must be a hostname without a dot at its end'],
    ['192.0.2.1', 'hostname must be a hostname, not an IP address'],
    ['%00.§', 'hostname must be a hostname: each label has 1 to 63 letters, digits and inner hyphens'],
  ])('%s', async (hostname, detail) => {
    const path = `${hostnames()}/${hostname.replace('§', tenant.domain)}`
    const words = [detail.replace('§', tenant.domain)]
    expect(details(await get(path, tenant.authorization))).toEqual(words)
    expect(details(await put(path, tenant.authorization, { mode: 'report' }))).toEqual(words)
    expect(await stored()).toBe(0)
  })

  it("also if it is another zone's of the account, in a zone", async () => {
    const { domain } = await siblingZone(tenant)
    for (const answer of [
      await get(`${hostnames('zones')}/${domain}`, tenant.authorization),
      await put(`${hostnames('zones')}/${domain}`, tenant.authorization, { mode: 'report' }),
    ]) {
      expect(details(answer)).toEqual([`domain does not belong to zone: this zone is ${tenant.domain}`])
    }
    expect(await stored()).toBe(0)
  })
})

describe('a body is refused', () => {
  const WORDS = 'mode must be "required", "report" or "open"'
  it.each<[unknown, string]>([
    [{}, 'mode is required'],
    [{ mode: null }, WORDS],
    [{ mode: 'Report' }, WORDS],
    [{ mode: ['report'] }, WORDS],
    [[], 'the request body must be a JSON object, not an array'],
    [{ mode: 'report', until: 1 }, 'until must be a string, not a number'],
    [{ mode: 'report', until: '2026-06-02' }, 'until must be a time such as 2027-01-31T00:00:00Z'],
    [{ mode: 'report', until: '2026-06-01T00:00:00Z' }, 'until must be in the future, at most 90 days from now'],
    [{ mode: 'report', until: '2026-08-30T00:00:01Z' }, 'until must be in the future, at most 90 days from now'],
    [{ mode: 'required', until: '2026-06-02T00:00:00Z' }, 'until belongs to mode "report" only: leave it out'],
  ])('%j', async (body, detail) => {
    const answer = await put(`${hostnames()}/${tenant.domain}`, tenant.authorization, body)
    expect(details(answer)).toEqual([detail])
    expect(await stored()).toBe(0)
  })

  it('with a private key, whatever else it has', async () => {
    const body = { mode: 'report', x: '-----BEGIN PRIVATE KEY-----' }
    const answer = await put(`${hostnames()}/${tenant.domain}`, tenant.authorization, body)
    expect(faults(answer)).toEqual([['/x', expect.stringContaining('private key')]])
    expect(await stored()).toBe(0)
  })

  it('that is not JSON', async () => {
    const answer = await put(`${hostnames()}/${tenant.domain}`, tenant.authorization, '{')
    expect(outcome(answer)).toEqual([400, 6007])
  })
})

describe('a mode that lets more clients in is refused', () => {
  it('with a permission for the zone, if a certificate of the account protects the hostname', async () => {
    const { accountPath, zoneId, authorization, domain } = tenant
    await add(accountPath, authorization, { associated_hostnames: [domain] })
    const other = await freshTenant()
    // Neither is a permission to write in this account.
    for (const more of [[], [account(tenant.accountId, 'read')], [account(other.accountId)]]) {
      const token = await freshToken([zone(zoneId), ...more])
      expect(faults(await put(`${hostnames('zones')}/${domain}`, token, { mode: 'report' }))).toEqual([
        ['/mode', expect.stringMatching(/^mode cannot be set with a permission for the zone/)],
      ])
    }
    expect(await stored()).toBe(0)
  })

  it('if a hostname to be opened has certificates', async () => {
    const { accountPath, authorization, domain } = tenant
    await add(accountPath, authorization, { associated_hostnames: [domain] })
    const answer = await put(`${hostnames()}/${domain}`, authorization, { mode: 'open' })
    expect(faults(answer)).toEqual([['/mode', expect.stringMatching(/^mode cannot be "open" while certificates are/)]])
    expect(await stored()).toBe(0)
  })
})

describe('a request without permission is refused in one batch', () => {
  it.each<[string, (t: Tenant) => Promise<string>, readonly number[]]>([
    ['an unknown token', async () => 'Bearer unknown', [401, 10000]],
    ['a token without a grant', () => freshToken([]), [403, 10000]],
    ["another account's token", async () => (await freshTenant()).authorization, [403, 10000]],
    ['an expired token', (t) => freshToken([account(t.accountId)], { expiresOn: 1 }), [401, 10000]],
  ])('%s', async (_, tokenFor, expected) => {
    const token = await tokenFor(tenant)
    for (const kind of ['accounts', 'zones'] as const) {
      const one = `${hostnames(kind)}/${tenant.domain}`
      for (const answer of [await get(hostnames(kind), token), await get(one, token), await put(one, token, '{')]) {
        expect(outcome(answer)).toEqual(expected)
      }
      const setting = await counted((options) => put(one, token, { mode: 'report' }, options))
      expect(setting).toEqual({ status: expected[0], calls: ['batch'] })
    }
    expect(await stored()).toBe(0)
  })

  it('Access off', async () => {
    await env.DB.prepare('UPDATE accounts SET enabled = 0 WHERE id = ?1').bind(tenant.accountId).run()
    const answer = await put(`${hostnames()}/${tenant.domain}`, tenant.authorization, { mode: 'report' })
    expect(outcome(answer)).toEqual([403, 9999])
    expect(outcome(await get(hostnames(), tenant.authorization))).toEqual([403, 9999])
    expect(await stored()).toBe(0)
  })
})
