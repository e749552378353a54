import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { changesOf, headOf, newestChange, revert } from '../../support/changes.ts'
import { type CrlTenant, crlsOf, crlTenant, putCrl } from '../../support/crl.ts'
import { edgeOf } from '../../support/edge-routes.ts'
import { add, get, items, put, remove } from '../../support/family.ts'
import { NOW } from '../../support/pki.ts'
import { freshTenant, freshToken } from '../../support/requests.ts'
import { account, addZone, limit } from '../../support/tenants.ts'
import { issueCrl } from '../../support/x509/make-crl.ts'

/** A change can be taken back: what it took away comes back, as a new change. */

const edge = ({ accountId }: { readonly accountId: string }) => edgeOf('accounts', accountId)

/** Takes the newest change back; returns the answer. */
async function revertNewest(tenant: CrlTenant) {
  const { id } = await newestChange(tenant)
  return { id, answer: await revert(edge(tenant), id, tenant.authorization) }
}

async function fullTenant() {
  const tenant = await crlTenant()
  const { authorization, edge: path } = tenant
  await putCrl(tenant, await issueCrl(tenant.ca, { revoked: [{ serial: 7 }, { serial: 8 }] }))
  await put(`${path}/blocked_serials/0a`, authorization, '')
  // It is stored with its negative twin.
  await put(`${path}/blocked_serials/00ff`, authorization, '')
  await put(`${path}/revocation`, authorization, { stale_policy: 'soft', uncovered: 'refuse' })
  return tenant
}

/** All that a record consists of, as the API answers it. */
async function stateOf({ record, edge: path, authorization, ...tenant }: CrlTenant) {
  const [certificate, policy, blocked] = await Promise.all(
    [record, `${path}/revocation`, `${path}/blocked_serials`].map(
      async (one) => JSON.parse((await get(one, authorization)).text).result,
    ),
  )
  const entries = await env.DB.prepare(
    "SELECT count(*) AS n FROM crl_entries e JOIN crls k ON k.id = e.crl_id WHERE k.certificate_id = ?1 AND k.state = 'current'",
  )
    .bind(tenant.id)
    .first<number>('n')
  const chain = await env.DB.prepare('SELECT * FROM certificate_chain WHERE certificate_id = ?1').bind(tenant.id).all()
  const authorities = await env.DB.prepare(
    'SELECT a.ca_key FROM crl_authorities a JOIN crls k ON k.id = a.crl_id WHERE k.certificate_id = ?1',
  )
    .bind(tenant.id)
    .all()
  const counters = await env.DB.prepare(
    'SELECT certificates, crls, crl_entries, blocked_serials FROM accounts WHERE id = ?1',
  )
    .bind(tenant.accountId)
    .first()
  return {
    certificate,
    policy,
    blocked,
    crls: await crlsOf({ record, edge: path, authorization, ...tenant }),
    entries,
    chain: chain.results,
    authorities: authorities.results,
    counters,
  }
}

describe('what comes back', () => {
  it('a deleted record, under its id, with CRLs, blocked serial numbers and policy', async () => {
    const tenant = await fullTenant()
    const before = await stateOf(tenant)
    expect((await remove(tenant.record, tenant.authorization, { now: NOW + 60 })).status).toBe(200)
    const { id, answer } = await revertNewest(tenant)
    expect(answer.status).toBe(201)
    expect(answer.body.result).toMatchObject({
      id: id + 1,
      operation: 'add_certificate',
      certificate_id: tenant.id,
      reverts: id,
    })
    expect(await stateOf(tenant)).toEqual(before)
    for (const table of ['deleted_records', 'deleted_crls']) {
      const left = await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE account_id = ?1`)
        .bind(tenant.accountId)
        .first<number>('n')
      expect(left).toBe(0)
    }
  })

  it('a deleted record without CRLs that were too many to be kept, and says so', async () => {
    const tenant = await crlTenant()
    const revoked = Array.from({ length: 40_001 }, (_, serial) => ({ serial: serial + 1 }))
    await putCrl(tenant, await issueCrl(tenant.ca, { revoked }))
    await remove(tenant.record, tenant.authorization)
    const { answer } = await revertNewest(tenant)
    expect([answer.status, answer.body.messages]).toEqual([
      201,
      [
        {
          code: 12944,
          message: '1 CRL of the certificate was not kept: upload it again, or clients that it revoked may get in',
        },
      ],
    ])
    expect(await crlsOf(tenant)).toEqual([])
  })

  it('an emptied list of hostnames, and the name', async () => {
    const tenant = await crlTenant()
    const { record, authorization, domain } = tenant
    await put(record, authorization, { name: 'one', associated_hostnames: [`BÜCHER.${domain}`, domain] })
    await put(record, authorization, { name: 'two' })
    expect((await revertNewest(tenant)).answer.status).toBe(201)
    const { body } = await get(record, authorization)
    expect(body.result).toMatchObject({ name: 'one', associated_hostnames: [`BÜCHER.${domain}`, domain] })
  })

  it.each<[string, (t: CrlTenant) => Promise<unknown>, (t: CrlTenant) => Promise<unknown>, (t: CrlTenant) => string]>([
    [
      'a mode',
      (t) =>
        put(`${edge(t)}/hostnames/${t.domain}`, t.authorization, { mode: 'report', until: '2026-06-10T00:00:00Z' }),
      (t) => put(`${edge(t)}/hostnames/${t.domain}`, t.authorization, { mode: 'required' }),
      (t) => `${edge(t)}/hostnames/${t.domain}`,
    ],
    [
      'a policy',
      (t) => put(`${t.edge}/revocation`, t.authorization, { uncovered: 'refuse' }),
      (t) => put(`${t.edge}/revocation`, t.authorization, { stale_policy: 'soft', uncovered: 'allow' }),
      (t) => `${t.edge}/revocation`,
    ],
    [
      'a blocked serial number',
      (t) => put(`${t.edge}/blocked_serials/00ff`, t.authorization, ''),
      (t) => remove(`${t.edge}/blocked_serials/00ff`, t.authorization),
      (t) => `${t.edge}/blocked_serials`,
    ],
    [
      'settings',
      (t) =>
        put(`${t.accountPath}/settings`, t.authorization, {
          settings: [{ hostname: t.domain, client_certificate_forwarding: true }],
        }),
      (t) => put(`${t.accountPath}/settings`, t.authorization, { settings: [{ hostname: t.domain }] }),
      (t) => `${t.accountPath}/settings`,
    ],
    [
      'CRLs',
      async (t) => putCrl(t, await issueCrl(t.ca, { revoked: [{ serial: 7 }] })),
      (t) => remove(t.crlPath, t.authorization),
      (t) => t.crlPath,
    ],
  ])('%s', async (_, set, takeAway, path) => {
    const tenant = await crlTenant()
    await set(tenant)
    const before = (await get(path(tenant), tenant.authorization)).text
    await takeAway(tenant)
    expect((await get(path(tenant), tenant.authorization)).text).not.toBe(before)
    expect((await revertNewest(tenant)).answer.status).toBe(201)
    expect((await get(path(tenant), tenant.authorization)).text).toBe(before)
  })

  it('settings whose hostname was spelled otherwise', async () => {
    const tenant = await crlTenant()
    const path = `${tenant.accountPath}/settings`
    const set = (hostname: string, on: boolean) =>
      put(path, tenant.authorization, { settings: [{ hostname, client_certificate_forwarding: on }] })
    await set(tenant.domain.toUpperCase(), true)
    const before = (await get(path, tenant.authorization)).text
    await set(tenant.domain, false)
    expect((await revertNewest(tenant)).answer.status).toBe(201)
    expect((await get(path, tenant.authorization)).text).toBe(before)
  })

  it('counts for clients: CRLs that come back give the account another version', async () => {
    const tenant = await crlTenant()
    await putCrl(tenant, await issueCrl(tenant.ca, { revoked: [{ serial: 7 }] }))
    await remove(tenant.crlPath, tenant.authorization)
    const version = () =>
      env.DB.prepare('SELECT trust_version AS v FROM accounts WHERE id = ?1').bind(tenant.accountId).first<string>('v')
    const before = await version()
    await revertNewest(tenant)
    expect(await version()).not.toBe(before)
  })

  it('a revert can be taken back in its turn', async () => {
    const tenant = await crlTenant()
    await put(`${tenant.edge}/revocation`, tenant.authorization, { stale_policy: 'soft' })
    await revertNewest(tenant)
    await revertNewest(tenant)
    expect((await get(`${tenant.edge}/revocation`, tenant.authorization)).body.result).toMatchObject({
      stale_policy: 'soft',
    })
  })
})

describe('what was taken back stands in no way', () => {
  it('of a change before it', async () => {
    const tenant = await crlTenant()
    const { record, authorization, domain } = tenant
    await put(record, authorization, { associated_hostnames: [domain] })
    await put(record, authorization, {})
    await remove(record, authorization)
    const back = (id: number) => revert(edge(tenant), id, authorization)
    expect((await back(4)).status).toBe(201)
    expect((await back(3)).status).toBe(201)
    expect((await get(record, authorization)).body.result).toMatchObject({ associated_hostnames: [domain] })
  })

  it('unless that was taken back in its turn', async () => {
    const tenant = await crlTenant()
    const { record, authorization } = tenant
    for (const name of ['one', 'two']) await put(record, authorization, { name })
    const back = (id: number) => revert(edge(tenant), id, authorization)
    expect((await back(3)).status).toBe(201)
    expect((await back(4)).status).toBe(201)
    expect((await back(2)).body.errors[0]?.message).toContain('change 3 set the same thing later')
    expect((await back(5)).status).toBe(201)
  })
})

describe('is refused, and changes nothing', () => {
  const conflict = (why: string) => [409, `access.api.error.conflict: the change cannot be taken back: ${why}`]
  const TOOK_NOTHING = conflict('it took nothing away. Delete what it added, or send what you want instead')

  async function refusal(tenant: CrlTenant, id: number, scope = edge(tenant), authorization = tenant.authorization) {
    const head = await headOf(tenant.accountId)
    const answer = await revert(scope, id, authorization)
    expect(await headOf(tenant.accountId)).toBe(head)
    return [answer.status, answer.body.errors[0]?.message]
  }

  it.each<[string, (t: CrlTenant) => Promise<unknown>]>([
    ['an added record', (t) => add(t.accountPath, t.authorization)],
    ['a blocked serial number', (t) => put(`${t.edge}/blocked_serials/0a`, t.authorization, '')],
    ['an upload of CRLs', async (t) => putCrl(t, await issueCrl(t.ca))],
  ])('what took nothing away: %s', async (_, send) => {
    const tenant = await crlTenant()
    await send(tenant)
    expect(await refusal(tenant, (await newestChange(tenant)).id)).toEqual(TOOK_NOTHING)
  })

  it('where a later change set the same thing, the first of them', async () => {
    const tenant = await crlTenant()
    for (const name of ['one', 'two', 'three']) await put(tenant.record, tenant.authorization, { name })
    expect(await refusal(tenant, 2)).toEqual(conflict('change 3 set the same thing later: take that one back first'))
    await remove(tenant.record, tenant.authorization)
    expect(await refusal(tenant, 4)).toEqual(conflict('change 5 set the same thing later: take that one back first'))
  })

  it('twice', async () => {
    const tenant = await crlTenant()
    await remove(tenant.record, tenant.authorization)
    const { id } = await revertNewest(tenant)
    expect(await refusal(tenant, id)).toEqual(
      conflict(`change ${id + 1} set the same thing later: take that one back first`),
    )
  })

  it('where the same certificates are registered again', async () => {
    const tenant = await crlTenant()
    const certificate = `-----BEGIN CERTIFICATE-----\n${tenant.ca.der.toBase64()}\n-----END CERTIFICATE-----\n`
    await remove(tenant.record, tenant.authorization)
    const { id } = await newestChange(tenant)
    await add(tenant.accountPath, tenant.authorization, { certificate })
    expect(await refusal(tenant, id)).toEqual([409, 'access.api.error.conflict: certificate already exists'])
  })

  it('where other CRLs stand in the place of those that were deleted', async () => {
    const tenant = await crlTenant()
    await putCrl(tenant, await issueCrl(tenant.ca, { number: 1 }))
    await remove(tenant.crlPath, tenant.authorization)
    const { id } = await newestChange(tenant)
    await putCrl(tenant, await issueCrl(tenant.ca, { number: 2 }))
    expect(await refusal(tenant, id)).toEqual(
      conflict('other CRLs have been uploaded in the place of those that it deleted'),
    )
  })

  it('where the CRLs were too many to be kept', async () => {
    const tenant = await crlTenant()
    const revoked = Array.from({ length: 40_001 }, (_, serial) => ({ serial: serial + 1 }))
    await putCrl(tenant, await issueCrl(tenant.ca, { revoked }))
    await remove(tenant.crlPath, tenant.authorization)
    const { id } = await newestChange(tenant)
    expect(await refusal(tenant, id)).toEqual(conflict('what it deleted is not kept any more. Upload it again'))
  })

  it.each([
    ['certificates', { certificates: 0 }],
    ['crls', { crls: 0 }],
    ['blocked', { blockedSerials: 1 }],
  ])('where the quota of %s has no room', async (name, limits) => {
    const tenant = await fullTenant()
    await remove(tenant.record, tenant.authorization)
    const { id } = await newestChange(tenant)
    await limit(tenant.accountId, limits)
    const [status, message] = await refusal(tenant, id)
    expect([status, message]).toEqual([400, expect.stringMatching(new RegExp(name, 'i'))])
  })

  it('hostnames that are another account’s now', async () => {
    const [tenant, other] = [await crlTenant(), await freshTenant()]
    const inner = `inner.${tenant.domain}`
    await put(tenant.record, tenant.authorization, { associated_hostnames: [inner] })
    await put(tenant.record, tenant.authorization, {})
    await addZone(other.accountId, inner)
    const [status, message] = await refusal(tenant, (await newestChange(tenant)).id)
    expect([status, message]).toEqual([400, expect.stringContaining('invalid_request')])
  })

  it('a report mode that would have ended', async () => {
    const tenant = await crlTenant()
    const path = `${edge(tenant)}/hostnames/${tenant.domain}`
    await put(path, tenant.authorization, { mode: 'report', until: '2026-06-01T00:01:00Z' })
    await put(path, tenant.authorization, { mode: 'required' })
    const { id } = await newestChange(tenant)
    const answer = await revert(edge(tenant), id, tenant.authorization, { now: NOW + 120 })
    expect(answer.status).toBe(400)
    expect(items(await get(`${edge(tenant)}/hostnames`, tenant.authorization))).toEqual([])
  })

  it('what a zone’s path changed, at the account’s', async () => {
    const tenant = await crlTenant(1, 'zonePath')
    await remove(tenant.record, tenant.authorization)
    const { id } = await newestChange(tenant)
    expect(await refusal(tenant, id)).toEqual(conflict(`it was made under /zones/${tenant.zoneId}: take it back there`))
    expect((await revert(edgeOf('zones', tenant.zoneId), id, tenant.authorization)).status).toBe(201)
    expect((await get(tenant.record, tenant.authorization)).status).toBe(200)
  })

  it('what an operator did', async () => {
    const tenant = await crlTenant()
    const insert = `INSERT INTO changes (account_id, position, at, actor, actor_name, operation, before)
      VALUES (?1, 2, ?2, 'operator', 'root', 'set_quotas', '{}')`
    await env.DB.prepare(insert).bind(tenant.accountId, NOW).run()
    expect(await refusal(tenant, 2)).toEqual(conflict('an operator made it. npm run admin takes it back'))
  })

  it('a change of nobody, or of another account, and for who may only read', async () => {
    const [tenant, other] = [await crlTenant(), await crlTenant()]
    await remove(tenant.record, tenant.authorization)
    expect((await refusal(tenant, 99))[0]).toBe(404)
    expect((await refusal(other, 2))[0]).toBe(404)
    const reader = await freshToken([account(tenant.accountId, 'read')])
    expect((await refusal(tenant, 2, edge(tenant), reader))[0]).toBe(403)
    expect((await changesOf(tenant)).length).toBe(2)
  })
})
