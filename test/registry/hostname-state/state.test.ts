import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { time } from '../../../src/testing/der.ts'
import { basicConstraints, keyUsage } from '../../../src/testing/extensions.ts'
import { crlTenant, crlTenantInUse, putCrl } from '../../support/crl.ts'
import { counted, edgeOf } from '../../support/edge-routes.ts'
import { add, get, put, siblingZone, type Tenant } from '../../support/family.ts'
import { NOW, pem } from '../../support/pki.ts'
import { freshId, freshTenant, freshToken } from '../../support/requests.ts'
import { addZone, zone } from '../../support/tenants.ts'
import { type Issued, issue } from '../../support/x509/chain.ts'
import { issueCrl } from '../../support/x509/make-crl.ts'

/** How things stand at a hostname. */

const CA = [basicConstraints(true), keyUsage(0x06, 1)]
const NO_TRAFFIC = { count: 0, share: 0, last_at: null }
const OLD_ENDS = '2026-09-01T00:00:00Z'

let old: Issued
let oldAgain: Issued
let young: Issued
let cross: Issued
beforeAll(async () => {
  old = await issue({ cn: 'Old Root', extensions: CA, notAfter: time(OLD_ENDS) })
  oldAgain = await issue({ cn: 'Old Root', extensions: CA, keys: old.keys })
  young = await issue({ cn: 'New Root', extensions: CA })
  cross = await issue({ cn: 'New Root', extensions: CA, keys: young.keys, by: old, notAfter: time(OLD_ENDS) })
})

type Json = Readonly<Record<string, unknown>>
type State = Json & {
  readonly certificates: readonly Json[]
  readonly certificates_total: number
  readonly overlaps: readonly (Json & { readonly certificates: readonly Json[] })[]
}
async function stateAt(
  tenant: Tenant,
  {
    hostname = tenant.domain,
    path = edgeOf('accounts', tenant.accountId),
    now = NOW,
    token = tenant.authorization,
  } = {},
): Promise<State> {
  const answer = await get(`${path}/hostnames/${hostname}`, token, { now })
  expect(answer.status).toBe(200)
  return JSON.parse(answer.text).result.state
}

const register = (tenant: Tenant, issued: readonly Issued[], path = tenant.accountPath, hostname = tenant.domain) =>
  add(path, tenant.authorization, {
    certificate: issued.map(({ der }) => pem(der)).join(''),
    associated_hostnames: [hostname],
    name: 'a CA',
  })

it('a hostname without anything has an empty state', async () => {
  expect(await stateAt(await freshTenant())).toEqual({
    forwarding: false,
    certificates: [],
    certificates_total: 0,
    traffic_since: '2026-05-25T00:00:00Z',
    overlaps: [],
    overlaps_total: 0,
    crls: [],
    crls_total: 0,
    next: null,
  })
})

it('has each certificate as it is read back by itself, with the name of its record: anchors first, and what expires first', async () => {
  const tenant = await freshTenant()
  const first = await register(tenant, [cross, young])
  const second = await register(tenant, [old], tenant.zonePath)
  const state = await stateAt(tenant)
  expect(state.certificates).toMatchObject([
    { certificate_id: second.id, subject: 'CN=Old Root', position: 1, role: 'anchor', not_after: OLD_ENDS },
    { certificate_id: first.id, subject: 'CN=New Root', position: 2, role: 'anchor' },
    { certificate_id: first.id, subject: 'CN=New Root', position: 1, role: 'intermediate', issuer: 'CN=Old Root' },
  ])
  for (const { id } of [first, second]) {
    const scope = id === first.id ? edgeOf('accounts', tenant.accountId) : edgeOf('zones', tenant.zoneId)
    const record = await get(`${scope}/certificates/${id}`, tenant.authorization)
    for (const { self_signed, issued_by, ...one } of JSON.parse(record.text).result.certificates) {
      expect([self_signed, issued_by]).toEqual([expect.any(Boolean), expect.toBeOneOf([null, 2])])
      expect(state.certificates).toContainEqual({
        ...one,
        certificate_id: id,
        name: 'a CA',
        valid: true,
        traffic: one.role === 'anchor' ? NO_TRAFFIC : null,
      })
    }
  }
  expect(state.certificates_total).toBe(3)
})

it.each<[string, () => readonly (readonly Issued[])[], readonly object[]]>([
  ['a root that was issued again with the same key', () => [[old], [oldAgain]], [{ code: 'same_key' }]],
  ['a new root that the old one certified', () => [[cross, old], [young]], [{ code: 'cross_signed' }]],
  ['a root in two records', () => [[old], [young, old]], [{ code: 'same_certificate' }]],
  ['two different roots', () => [[old], [young]], []],
])('says of %s how they overlap', async (_, records, expected) => {
  const tenant = await freshTenant()
  const ids: string[] = []
  for (const record of records()) ids.push((await register(tenant, record)).id)
  const { overlaps, overlaps_total } = await stateAt(tenant)
  expect(overlaps).toMatchObject(expected)
  expect(overlaps_total).toBe(expected.length)
  for (const { certificates, certificates_total, message } of overlaps) {
    expect(certificates.map(({ certificate_id }) => certificate_id).sort()).toEqual(ids.sort())
    expect([certificates_total, message]).toEqual([2, expect.stringMatching(/^CN=(?:Old|New) Root /)])
  }
})

it('lists 100 certificates and 10 of an overlap, and says how many there are', async () => {
  const tenant = await freshTenant()
  await env.DB.prepare('UPDATE accounts SET certificate_quota = 1000 WHERE id = ?1').bind(tenant.accountId).run()
  const roots: Issued[] = []
  for (let i = 0; i < 104; i += 1) roots.push(await issue({ cn: 'Old Root', extensions: CA, keys: old.keys }))
  for (let i = 0; i < 104; i += 13) await register(tenant, roots.slice(i, i + 13))
  const state = await stateAt(tenant)
  expect([state.certificates.length, state.certificates_total]).toEqual([100, 104])
  expect(state.overlaps).toMatchObject([{ code: 'same_key', certificates_total: 104 }])
  expect(state.overlaps[0]?.certificates).toHaveLength(10)
})

it('what was registered before roles and keys were kept has them computed, in the same round trip', async () => {
  const tenant = await freshTenant()
  await register(tenant, [old])
  const { id } = await register(tenant, [cross, young])
  const before = await stateAt(tenant)
  await env.DB.prepare(
    "UPDATE certificate_chain SET is_anchor = NULL, key_sha256 = '', name_key = '', ca_key = '' WHERE certificate_id = ?1",
  )
    .bind(id)
    .run()
  expect(await stateAt(tenant)).toEqual(before)
  const one = `${edgeOf('accounts', tenant.accountId)}/hostnames/${tenant.domain}`
  expect(await counted((options) => get(one, tenant.authorization, options))).toEqual({ status: 200, calls: ['batch'] })
  await env.DB.prepare("UPDATE certificate_chain SET der = x'00', is_anchor = NULL WHERE certificate_id = ?1")
    .bind(id)
    .run()
  expect((await stateAt(tenant)).certificates).toMatchObject([
    { role: 'anchor' },
    { role: 'intermediate' },
    { role: 'intermediate' },
  ])
})

describe('CRLs', () => {
  const NEXT_UPDATE = '2026-07-01T00:00:00Z'

  it('are listed with what they cover, when they go stale, and what then becomes of clients', async () => {
    const tenant = await crlTenantInUse()
    await putCrl(tenant, await issueCrl(tenant.ca))
    const crl = {
      certificate_id: tenant.id,
      issuer: expect.stringMatching(/^CN=CA /),
      covers: 'all',
      in_parts: false,
      this_update: '2026-05-31T00:00:00Z',
      next_update: NEXT_UPDATE,
      stale: false,
      stale_policy: 'hard',
      fetch: null,
    }
    const coverage = { crls: 1, in_parts: false, until: NEXT_UPDATE, stale: false }
    const next = { kind: 'crl', at: NEXT_UPDATE, certificate_id: tenant.id }
    const fresh = await stateAt(tenant)
    expect(fresh).toMatchObject({ crls: [crl], crls_total: 1, certificates: [{ coverage }], next })
    expect(fresh['next']).toMatchObject({
      message: expect.stringMatching(/^the CRL of CN=CA \w+ goes stale: .* are refused$/),
    })
    const later = await stateAt(tenant, { now: Date.parse(NEXT_UPDATE) / 1_000 + 1 })
    expect(later).toMatchObject({
      crls: [{ ...crl, stale: true }],
      certificates: [{ coverage: { ...coverage, stale: true } }],
      next: { kind: 'certificate' },
    })
    await put(`${tenant.edge}/revocation`, tenant.authorization, { stale_policy: 'soft' })
    expect(await stateAt(tenant)).toMatchObject({
      crls: [{ stale_policy: 'soft' }],
      next: { message: expect.stringMatching(/still let in, as the policy is soft$/) },
    })
  })

  it('of CAs below an anchor of the hostname count, wherever they were uploaded', async () => {
    const tenant = await freshTenant()
    const issuing = await issue({ cn: 'Issuing', extensions: CA, by: young })
    await register(tenant, [young])
    const { id, path } = await add(tenant.accountPath, tenant.authorization, {
      certificate: pem(issuing.der) + pem(young.der),
    })
    const crlPath = `${path.replace('/client/v4', '/edge/v1').replace('/access', '')}/crl`
    expect((await putCrl({ crlPath, authorization: tenant.authorization }, await issueCrl(issuing))).status).toBe(200)
    const state = await stateAt(tenant)
    expect(state).toMatchObject({
      crls: [{ certificate_id: id, issuer: 'CN=Issuing' }],
      certificates: [{ coverage: null }],
    })
  })

  it('are those of the account, and of CAs of the hostname', async () => {
    const [tenant, other] = [await crlTenantInUse(), await crlTenant()]
    await add(other.accountPath, other.authorization, {
      certificate: pem(tenant.ca.der),
      associated_hostnames: [other.domain],
    })
    await putCrl(tenant, await issueCrl(tenant.ca))
    await putCrl(other, await issueCrl(other.ca))
    expect(await stateAt(other)).toMatchObject({ crls: [], certificates: [{ coverage: null }] })
  })

  it('of CAs only do not cover clients', async () => {
    const tenant = await crlTenantInUse()
    await putCrl(tenant, await issueCrl(tenant.ca))
    await env.DB.prepare("UPDATE crls SET covers = 'ca' WHERE certificate_id = ?1").bind(tenant.id).run()
    expect(await stateAt(tenant)).toMatchObject({ crls: [{ covers: 'ca' }], certificates: [{ coverage: null }] })
  })

  it('from before CAs had names cover their certificate', async () => {
    const tenant = await crlTenantInUse(2)
    await putCrl(tenant, await issueCrl(tenant.ca))
    const before = await stateAt(tenant)
    const fingerprint = `(SELECT fingerprint_sha256 FROM certificate_chain WHERE certificate_id = ?1 AND position = 0)`
    const set = (sql: string) => env.DB.prepare(sql).bind(tenant.id)
    await env.DB.batch([
      set(
        `UPDATE crl_authorities SET ca_key = ${fingerprint} WHERE crl_id IN (SELECT id FROM crls WHERE certificate_id = ?1)`,
      ),
      set(`UPDATE crls SET issuer_key = '', ca_key = ${fingerprint} WHERE certificate_id = ?1`),
    ])
    expect(await stateAt(tenant)).toEqual(before)
    expect(before.certificates.map(({ coverage }) => coverage === null)).toContain(true)
  })

  it('that are fetched say how that stands', async () => {
    const tenant = await crlTenantInUse()
    await putCrl(tenant, await issueCrl(tenant.ca))
    const bindings = { env: { ...env, CRL_SOURCE_HOSTS: 'crl.example.com' } }
    await put(`${tenant.edge}/revocation`, tenant.authorization, { crl_url: 'https://crl.example.com/' }, bindings)
    expect(await stateAt(tenant)).toMatchObject({ crls: [{ fetch: { failures: 0, next_at: null } }] })
    await env.DB.prepare(
      "UPDATE crl_fetches SET failures = 3, failing_since = 1, error = 'x', next_at = ?2 WHERE certificate_id = ?1",
    )
      .bind(tenant.id, NOW)
      .run()
    expect(await stateAt(tenant)).toMatchObject({ crls: [{ fetch: { failures: 3, next_at: '2026-06-01T00:00:00Z' } }] })
  })
})

describe('the traffic of an anchor', () => {
  const DAY = 86_400
  const today = Math.floor(NOW / DAY)

  /** Notes requests over anchors as the edge does: [the anchor, days ago, how many]. */
  async function seen(tenant: Tenant, days: readonly (readonly [sha256: unknown, daysAgo: number, count: number])[]) {
    const row = env.DB.prepare(`INSERT INTO client_hostnames (account_id, zone_id, hostname_ascii, since, swept_day)
      VALUES (?1, ?2, ?3, ?4, 0) RETURNING id`)
    const id = await row.bind(tenant.accountId, tenant.zoneId, tenant.domain, NOW - 30 * DAY).first('id')
    const insert = env.DB.prepare(
      'INSERT INTO client_anchors (hostname_id, day, anchor, count, last_at) VALUES (?1, ?2, ?3, ?4, ?5)',
    )
    await env.DB.batch(days.map(([sha256, ago, count]) => insert.bind(id, today - ago, sha256, count, NOW - ago * DAY)))
  }

  it('is its share of the last week, with that of anchors that are gone', async () => {
    const tenant = await freshTenant()
    await register(tenant, [old])
    await register(tenant, [cross, young])
    const before = await stateAt(tenant)
    const [oldSha256, youngSha256] = before.certificates.map(({ fingerprint_sha256 }) => fingerprint_sha256)
    await seen(tenant, [
      [oldSha256, 8, 1_000],
      [oldSha256, 7, 20],
      [oldSha256, 2, 10],
      [youngSha256, 0, 60],
      ['0'.repeat(64), 1, 10],
    ])
    const state = await stateAt(tenant)
    expect(state.certificates.map(({ traffic }) => traffic)).toEqual([
      { count: 30, share: 0.3, last_at: '2026-05-30T00:00:00Z' },
      { count: 60, share: 0.6, last_at: '2026-06-01T00:00:00Z' },
      null,
    ])
    expect(state['traffic_since']).toBe('2026-05-25T00:00:00Z')
  })

  it('is not that of another zone which had the hostname', async () => {
    const tenant = await freshTenant()
    await register(tenant, [old])
    const [{ fingerprint_sha256 } = {}] = (await stateAt(tenant)).certificates
    await seen(tenant, [[fingerprint_sha256, 0, 10]])
    await env.DB.prepare('UPDATE client_hostnames SET zone_id = ?2 WHERE zone_id = ?1')
      .bind(tenant.zoneId, (await siblingZone(tenant)).id)
      .run()
    expect((await stateAt(tenant)).certificates).toMatchObject([{ traffic: NO_TRAFFIC }])
  })
})

describe('the next thing is', () => {
  it('the first certificate to expire that has not expired yet', async () => {
    const tenant = await freshTenant()
    await register(tenant, [old])
    const { id } = await register(tenant, [cross, young])
    const at = Date.parse(OLD_ENDS) / 1_000
    expect((await stateAt(tenant, { now: at }))['next']).toMatchObject({
      kind: 'certificate',
      at: OLD_ENDS,
      message: 'CN=Old Root expires: clients whose only path ends at it are refused',
    })
    const after = await stateAt(tenant, { now: at + 1 })
    expect(after['next']).toMatchObject({ kind: 'certificate', at: '2035-01-01T00:00:00Z', certificate_id: id })
    expect(after.certificates.map(({ valid }) => valid)).toEqual([false, true, false])
  })

  it('the end of report mode, where that comes first', async () => {
    const tenant = await freshTenant()
    await register(tenant, [old])
    await put(`${edgeOf('accounts', tenant.accountId)}/hostnames/${tenant.domain}`, tenant.authorization, {
      mode: 'report',
    })
    expect((await stateAt(tenant))['next']).toEqual({
      kind: 'report_mode',
      at: '2026-06-15T00:00:00Z',
      certificate_id: null,
      message: 'report mode ends: clients that it lets through are refused',
    })
  })

  it('nothing, after everything', async () => {
    const tenant = await freshTenant()
    await register(tenant, [old])
    expect((await stateAt(tenant, { now: Date.parse(OLD_ENDS) / 1_000 + 1 }))['next']).toBeNull()
  })
})

describe('what counts is', () => {
  const putForwarding = (tenant: Tenant, path: string, token = tenant.authorization) =>
    put(`${path}/settings`, token, { settings: [{ hostname: tenant.domain, client_certificate_forwarding: true }] })

  it('forwarding, unless a zone set it for what the account protects', async () => {
    const tenant = await freshTenant()
    await putForwarding(tenant, tenant.accountPath)
    expect((await stateAt(tenant))['forwarding']).toBe(true)
    const other = await freshTenant()
    const token = await freshToken([zone(other.zoneId, 'write')])
    await putForwarding(other, other.zonePath, token)
    expect((await stateAt(other))['forwarding']).toBe(true)
    await register(other, [old])
    expect((await stateAt(other))['forwarding']).toBe(false)
  })

  it('what the account and the owning zone registered, for both of them', async () => {
    const tenant = await freshTenant()
    await register(tenant, [old])
    await register(tenant, [young], tenant.zonePath)
    const whole = await stateAt(tenant)
    expect(whole.certificates).toMatchObject([{ subject: 'CN=Old Root' }, { subject: 'CN=New Root' }])
    const token = await freshToken([zone(tenant.zoneId, 'read')])
    expect(await stateAt(tenant, { path: edgeOf('zones', tenant.zoneId), token })).toEqual(whole)
  })

  it('nothing that another zone or account registered before it lost the hostname', async () => {
    const [tenant, other] = [await freshTenant(), await freshTenant()]
    const hostname = `a.${tenant.domain}`
    await register(tenant, [old], tenant.zonePath, hostname)
    await register(tenant, [young], tenant.accountPath, hostname)
    const inner = await addZone(tenant.accountId, hostname, { id: freshId() })
    expect((await stateAt(tenant, { hostname })).certificates).toMatchObject([{ subject: 'CN=New Root' }])
    await env.DB.prepare('UPDATE zones SET account_id = ?2 WHERE id = ?1').bind(inner, other.accountId).run()
    expect(await stateAt(other, { hostname })).toMatchObject({ certificates: [], certificates_total: 0, next: null })
  })
})
