import { env } from 'cloudflare:workers'
import * as pkijs from 'pkijs'
import { describe, expect, it, vi } from 'vitest'
import { ROUTES } from '../../../src/api/routes.ts'
import { post } from '../../support/api.ts'
import { changesOf, headOf, newestChange } from '../../support/changes.ts'
import { type CrlTenant, crlTenant, putCrl } from '../../support/crl.ts'
import { edgeOf } from '../../support/edge-routes.ts'
import { add, put, remove } from '../../support/family.ts'
import { freshTenant, freshToken, soundBody } from '../../support/requests.ts'
import { addZone, zone } from '../../support/tenants.ts'
import { issueCrl } from '../../support/x509/make-crl.ts'

/** Each write leaves a change: who, when, from where, what, before and after. */

interface Write {
  /** The routes that it is a write of, by their summary. */
  readonly route: string
  readonly operation: string
  /** Brings about the state before. */
  readonly prepare?: (tenant: CrlTenant) => Promise<unknown>
  readonly send: (tenant: CrlTenant) => Promise<{ readonly status: number }>
  readonly before: (tenant: CrlTenant) => unknown
  readonly after: (tenant: CrlTenant) => unknown
  readonly hostnames?: (tenant: CrlTenant) => readonly string[]
}

const edge = ({ accountId }: CrlTenant) => edgeOf('accounts', accountId)
const setting = (hostname: string, on: boolean) => ({
  hostname,
  china_network: false,
  client_certificate_forwarding: on,
})
const putMode = (t: CrlTenant, mode: string) => put(`${edge(t)}/hostnames/${t.domain}`, t.authorization, { mode })
const block = (t: CrlTenant) => put(`${t.edge}/blocked_serials/0a`, t.authorization, '')
const rename = (t: CrlTenant, name: string, hostnames: readonly string[]) =>
  put(t.record, t.authorization, { name, associated_hostnames: hostnames })
const upload = async (t: CrlTenant, number: number) =>
  putCrl(t, await issueCrl(t.ca, { number, revoked: [{ serial: number }] }))
const crl = (number: string) => [
  expect.objectContaining({
    number,
    covers: 'all',
    entries: 1,
    content_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  }),
]
const NOTHING = () => null

const WRITES: readonly Write[] = [
  {
    route: 'Add an mTLS certificate',
    operation: 'add_certificate',
    send: (t) => post(t.accountPath, t.authorization, soundBody({ associated_hostnames: [t.domain] })),
    before: NOTHING,
    after: (t) => ({
      name: 'Allow devs',
      associated_hostnames: [t.domain],
      content_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      fingerprints_sha256: [expect.stringMatching(/^[0-9a-f]{64}$/)],
    }),
    hostnames: (t) => [t.domain],
  },
  {
    route: 'Add an mTLS certificate',
    operation: 'add_certificate',
    prepare: (t) => putMode(t, 'open'),
    send: (t) => post(t.accountPath, t.authorization, soundBody({ associated_hostnames: [t.domain] })),
    before: (t) => ({ open_hostnames: [t.domain] }),
    after: (t) => expect.objectContaining({ associated_hostnames: [t.domain] }),
    hostnames: (t) => [t.domain],
  },
  {
    route: 'Update an mTLS certificate',
    operation: 'update_certificate',
    prepare: (t) => rename(t, 'one', [t.domain, `a.${t.domain}`]),
    send: (t) => rename(t, 'two', [t.domain, `b.${t.domain}`]),
    before: (t) => ({ name: 'one', associated_hostnames: [t.domain, `a.${t.domain}`] }),
    after: (t) => ({ name: 'two', associated_hostnames: [t.domain, `b.${t.domain}`] }),
    hostnames: (t) => [`a.${t.domain}`, `b.${t.domain}`],
  },
  {
    route: 'Delete an mTLS certificate',
    operation: 'delete_certificate',
    prepare: async (t) => [await upload(t, 1), await block(t)],
    send: (t) => remove(t.record, t.authorization),
    before: () => ({
      name: 'Allow devs',
      associated_hostnames: [],
      content_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      fingerprints_sha256: [expect.stringMatching(/^[0-9a-f]{64}$/)],
      blocked_serials: 1,
      crls: 1,
    }),
    after: NOTHING,
  },
  {
    route: 'Update mTLS hostname settings',
    operation: 'put_settings',
    prepare: (t) => put(`${t.accountPath}/settings`, t.authorization, { settings: [setting(t.domain, true)] }),
    send: (t) =>
      put(`${t.accountPath}/settings`, t.authorization, {
        settings: [setting(t.domain, false), setting(`a.${t.domain}`, true)],
      }),
    before: (t) => [setting(t.domain, true)],
    after: (t) => [setting(t.domain, false), setting(`a.${t.domain}`, true)],
    hostnames: (t) => [t.domain, `a.${t.domain}`],
  },
  {
    route: 'Set the mode and identity rules of a hostname',
    operation: 'put_mode',
    prepare: (t) => putMode(t, 'open'),
    send: (t) => putMode(t, 'report'),
    before: (t) => ({ hostname: t.domain, mode: 'open' }),
    after: (t) => ({ hostname: t.domain, mode: 'report', until: '2026-06-15T00:00:00Z' }),
    hostnames: (t) => [t.domain],
  },
  {
    route: 'Upload CRLs',
    operation: 'upload_crls',
    prepare: (t) => upload(t, 1),
    send: (t) => upload(t, 2),
    before: () => crl('1'),
    after: () => crl('2'),
  },
  {
    route: 'Delete the CRLs of a certificate',
    operation: 'delete_crls',
    prepare: (t) => upload(t, 1),
    send: (t) => remove(t.crlPath, t.authorization),
    before: () => crl('1'),
    after: NOTHING,
  },
  {
    route: 'Set the revocation policy of a certificate',
    operation: 'put_revocation_policy',
    send: (t) => put(`${t.edge}/revocation`, t.authorization, { uncovered: 'refuse' }),
    before: () => ({ stale_policy: 'hard', uncovered: 'allow' }),
    after: () => ({ stale_policy: 'hard', uncovered: 'refuse' }),
  },
  {
    route: 'Block a serial number',
    operation: 'block_serial',
    send: block,
    before: NOTHING,
    after: () => ({ serial: '0a', blocked_at: '2026-06-01T00:00:00Z' }),
  },
  {
    route: 'Unblock a serial number',
    operation: 'unblock_serial',
    prepare: block,
    send: (t) => remove(`${t.edge}/blocked_serials/0a`, t.authorization),
    before: () => ({ serial: '0a', blocked_at: '2026-06-01T00:00:00Z' }),
    after: NOTHING,
  },
  {
    route: 'Take a change back',
    operation: 'put_mode',
    prepare: (t) => putMode(t, 'report'),
    send: async (t) => post(`${edge(t)}/changes/${(await newestChange(t)).id}/revert`, t.authorization, ''),
    before: (t) => ({ hostname: t.domain, mode: 'report', until: '2026-06-15T00:00:00Z' }),
    after: (t) => ({ hostname: t.domain, mode: 'required' }),
    hostnames: (t) => [t.domain],
  },
]

it('every route that writes is among them', () => {
  const writing = ROUTES.filter(({ permission }) => permission === 'write').map(({ summary }) => summary)
  expect(new Set(WRITES.map(({ route }) => route))).toEqual(new Set(writing))
})

/** Tables that hold what tenants set, and not what is known of it. */
const TABLES = [
  'certificates',
  'certificate_hostnames',
  'hostname_settings',
  'hostname_modes',
  'blocked_serials',
  'crls',
]

describe.each(WRITES)('$route', ({ operation, prepare, send, before, after, hostnames = () => [] }) => {
  it(`leaves one change, ${operation}, with what was there before and after`, async () => {
    const tenant = await crlTenant()
    await prepare?.(tenant)
    const head = await headOf(tenant.accountId)
    expect([200, 201, 202]).toContain((await send(tenant)).status)
    const changes = await changesOf(tenant)
    expect(changes[0]?.id).toBe(head + 1)
    expect(changes[0]).toMatchObject({
      at: '2026-06-01T00:00:00Z',
      zone_id: null,
      actor: { kind: 'token', name: 'test' },
      operation,
      before: before(tenant),
      after: after(tenant),
      sha256: null,
    })
    expect(changes[0]?.hostnames.toSorted()).toEqual(hostnames(tenant).toSorted())
  })
})

describe('a change says', () => {
  it('who made it, from where, and under which path', async () => {
    const tenant = await freshTenant()
    const authorization = await freshToken([zone(tenant.zoneId)], { name: 'deploy' })
    await post(tenant.zonePath, authorization, soundBody(), { address: '192.0.2.7' })
    const change = await newestChange(tenant)
    expect(change).toMatchObject({
      zone_id: tenant.zoneId,
      actor: { kind: 'token', id: expect.stringMatching(/^[0-9a-f]{32}$/), name: 'deploy' },
      address: '192.0.2.7',
    })
    expect(JSON.stringify(change)).not.toContain(authorization.slice('Bearer '.length))
  })

  it('of the second decoder, that a certificate was withdrawn', async () => {
    const tenant = await freshTenant()
    const decoded = vi.spyOn(pkijs.Certificate.prototype, 'fromSchema').mockImplementation(() => {
      throw new Error('unreadable')
    })
    expect((await post(tenant.accountPath, tenant.authorization, soundBody())).status).toBe(400)
    decoded.mockRestore()
    const [withdrawn, added] = await changesOf(tenant)
    expect([withdrawn?.operation, added?.operation]).toEqual(['withdraw_certificate', 'add_certificate'])
    expect(withdrawn).toMatchObject({ before: { name: 'Allow devs', associated_hostnames: [] }, after: null })
  })

  it('what a zone took over that an outer one had set', async () => {
    const tenant = await crlTenant()
    const inner = `inner.${tenant.domain}`
    await put(`${edge(tenant)}/hostnames/a.${inner}`, tenant.authorization, { mode: 'report' })
    await put(`${tenant.accountPath}/settings`, tenant.authorization, { settings: [setting(inner, true)] })
    await addZone(tenant.accountId, inner)
    expect(await newestChange(tenant)).toMatchObject({
      actor: { kind: 'operator', id: null, name: `zone ${inner}` },
      operation: 'end_hostnames',
      before: [{ hostname: `a.${inner}`, mode: 'report' }, setting(inner, true)],
      after: null,
    })
  })
})

describe('no change is left', () => {
  it.each<[string, (tenant: CrlTenant) => Promise<unknown>]>([
    ['the mode that it has', (t) => putMode(t, 'required')],
    ['the policy that it has', (t) => put(`${t.edge}/revocation`, t.authorization, { stale_policy: 'hard' })],
    [
      'settings that it does not have, switched off',
      (t) => put(`${t.accountPath}/settings`, t.authorization, { settings: [setting(t.domain, false)] }),
    ],
    ['the name and hostnames that it has', (t) => rename(t, 'Allow devs', [])],
    ['no settings', (t) => put(`${t.accountPath}/settings`, t.authorization, {})],
    ['CRLs where there are none', (t) => remove(t.crlPath, t.authorization)],
  ])('by what changes nothing: %s', async (_, send) => {
    const tenant = await crlTenant()
    const head = await headOf(tenant.accountId)
    await send(tenant)
    expect(await headOf(tenant.accountId)).toBe(head)
  })

  it('by the same CRL, block or setting again', async () => {
    const tenant = await crlTenant()
    const der = await issueCrl(tenant.ca, { revoked: [{ serial: 7 }] })
    const sends = [
      () => putCrl(tenant, der),
      () => block(tenant),
      () => put(`${tenant.accountPath}/settings`, tenant.authorization, { settings: [setting(tenant.domain, true)] }),
    ]
    for (const send of sends) await send()
    const head = await headOf(tenant.accountId)
    for (const send of sends) expect([200, 202]).toContain((await send()).status)
    expect(await headOf(tenant.accountId)).toBe(head)
  })

  it.each(WRITES.map((write) => [write.operation, write] as const))(
    'where %s is refused by a table, and nothing is changed',
    async (_, { prepare, send }) => {
      const tenant = await crlTenant()
      await prepare?.(tenant)
      const { accountId } = tenant
      const dump = async () =>
        Promise.all(TABLES.map(async (table) => (await env.DB.prepare(`SELECT * FROM ${table}`).all()).results))
      const [before, head] = [await dump(), await headOf(accountId)]
      // As much waits as may wait.
      await env.DB.prepare('UPDATE change_chains SET unsealed_bytes = 16777216 WHERE account_id = ?1')
        .bind(accountId)
        .run()
      expect((await send(tenant)).status).toBe(429)
      expect([await dump(), await headOf(accountId)]).toEqual([before, head])
    },
  )
})

it('an account that has many hostnames changed at once has one change', async () => {
  const tenant = await freshTenant()
  const hostnames = Array.from({ length: 1_000 }, (_, i) => `h${i}.${tenant.domain}`)
  const { path } = await add(tenant.accountPath, tenant.authorization, { associated_hostnames: hostnames })
  expect((await put(path, tenant.authorization, {})).status).toBe(200)
  const [emptied] = await changesOf(tenant, '?hostname=h999.'.concat(tenant.domain))
  expect(emptied).toMatchObject({ operation: 'update_certificate', omitted: true, hostnames: [], before: null })
})
