import { env } from 'cloudflare:workers'
import * as pkijs from 'pkijs'
import { expect, vi } from 'vitest'
import { newIsolate } from '../../src/api/router.ts'
import type { LogEntry } from '../../src/core/log.ts'
import { runJobs } from '../../src/jobs/index.ts'
import { name } from '../../src/testing/extensions.ts'
import { type Afterwards, call, post } from './api.ts'
import { crlTenantInUse, issueCa, putCrl } from './crl.ts'
import { edgeOf, edgePath } from './edge-routes.ts'
import { add, get, put, remove } from './family.ts'
import { jobAmbient } from './jobs.ts'
import { type Carried, meteredD1 } from './metered-db.ts'
import { certificate, NOW, pem } from './pki.ts'
import { client, setUp, tlsClientAuth } from './protected.ts'
import { freshToken, soundBody } from './requests.ts'
import { issue } from './x509/chain.ts'
import { issueCrl, manyEntries } from './x509/make-crl.ts'

/** Sends all statements of `access-mtls` to the database: requests of every kind that succeed, and some that do not. */

/** A statement, with the functions that caused it. */
export interface Spoken extends Carried {
  readonly functions: ReadonlySet<string>
}

/** More than one batch of a CRL upload takes: 20,000 (src/registry/crls/upload-sql.ts). */
const MANY_ENTRIES = 20_001

/** All different statements of the service, each with its first values. */
export async function everyStatement(): Promise<readonly Spoken[]> {
  const { db, carried } = meteredD1()
  const spoken = new Map<string, Spoken>()
  const note = () => {
    for (const one of carried.splice(0)) {
      const functions = new Set([...(spoken.get(one.sql)?.functions ?? []), ...functionsOf(one.stack)])
      spoken.set(one.sql, { ...(spoken.get(one.sql) ?? one), functions })
    }
  }
  const options = { env: { ...env, DB: db } }
  for (const scope of ['accountPath', 'zonePath'] as const) await requests(scope, options)
  await requestsOfCrls(options)
  await requestsOfGateway(options)
  await requestsOfOperator(options)
  note()
  return [...spoken.values()]
}

/** Awaits an answer, which must have this status. */
async function send(expected: number, answer: ReturnType<typeof call>): Promise<void> {
  const { status, text } = await answer
  expect([status, text]).toEqual([expected, text])
}

/** What an operator sets. */
const OPERATOR = {
  CRL_SOURCE_HOSTS: 'crl.example.com',
  WEBHOOK_URL: 'https://hooks.example.com/',
  WEBHOOK_SECRET: 's'.repeat(32),
  METRICS_TOKEN: 'm'.repeat(32),
}

/** What needs a setting of the operator's: CRLs that are fetched, metrics, and the jobs of the cron trigger. */
async function requestsOfOperator({ env: bindings }: Options): Promise<void> {
  const options = { env: { ...bindings, ...OPERATOR } }
  const { edge, authorization } = await crlTenantInUse()
  await send(200, put(`${edge}/revocation`, authorization, { crl_url: 'https://crl.example.com/' }, options))
  await send(200, get(`${edge}/crl_fetch`, authorization, options))
  await send(200, get('/edge/v1/metrics', `Bearer ${OPERATOR.METRICS_TOKEN}`, options))
  const log = ({ level, event, cause }: LogEntry) => {
    if (event !== 'crl_fetch_failed') expect([level, cause]).toEqual(['info', undefined])
  }
  await runJobs(options.env, jobAmbient(NOW, { log }))
}

type Options = Readonly<{ env: typeof env }>

/** Certificates, settings, modes, blocked serial numbers and decisions. */
async function requests(scope: 'accountPath' | 'zonePath', options: Options): Promise<void> {
  const tenant = await crlTenantInUse(1, scope)
  const { authorization, domain } = tenant
  const path = tenant[scope]
  const edge = scope === 'accountPath' ? edgeOf('accounts', tenant.accountId) : edgeOf('zones', tenant.zoneId)
  const setting = (hostname: string, on: boolean) => ({
    hostname,
    china_network: false,
    client_certificate_forwarding: on,
  })

  const one = await add(path, authorization, { associated_hostnames: [domain, `a.${domain}`] }, options)
  await send(400, post(path, authorization, soundBody({ associated_hostnames: ['nobody.test'] }), options))
  await send(400, post(path, authorization, soundBody({ certificate: '' }), options))
  await send(200, get(path, authorization, options))
  await send(200, get(one.path, authorization, options))
  await details(edge, authorization, edgePath(one.path), domain, options)
  await send(200, put(one.path, authorization, { associated_hostnames: [`b.${domain}`] }, options))
  await send(400, put(one.path, authorization, { name: '' }, options))
  await send(
    202,
    put(
      `${path}/settings`,
      authorization,
      { settings: [setting(domain, true), setting(`a.${domain}`, false)] },
      options,
    ),
  )
  await send(202, put(`${path}/settings`, authorization, {}, options))
  await send(200, get(`${path}/settings`, authorization, options))
  await send(200, get(`${edge}/quotas`, authorization, options))
  await send(200, get(`${edge}/hostnames`, authorization, options))
  await send(200, get(`${edge}/hostnames/${domain}`, authorization, options))
  await send(200, get(`${edge}/hostnames/${domain}/clients`, authorization, options))
  for (const [hostname, mode] of [
    [domain, 'report'],
    [domain, 'required'],
    [`o.${domain}`, 'open'],
  ]) {
    await send(200, put(`${edge}/hostnames/${hostname}`, authorization, { mode }, options))
  }
  for (const identities of [[{ common_name: 'client' }], []]) {
    await send(200, put(`${edge}/hostnames/${domain}`, authorization, { mode: 'required', identities }, options))
  }
  await send(
    200,
    post(
      `${edge}/verify`,
      authorization,
      { hostname: domain, certificate: pem((await issue({ by: tenant.ca })).der) },
      options,
    ),
  )
  const record = edgePath(one.path)
  await send(200, put(`${record}/revocation`, authorization, { stale_policy: 'soft' }, options))
  await send(200, get(`${record}/revocation`, authorization, options))
  await send(200, get(`${edge}/expiry`, authorization, options))
  for (const serial of ['0a', '10', '0A:0B'])
    await send(200, put(`${record}/blocked_serials/${serial}`, authorization, '', options))
  await send(200, get(`${record}/blocked_serials`, authorization, options))
  await send(200, remove(`${record}/blocked_serials/0a`, authorization, options))
  await send(200, put(one.path, authorization, {}, { ...options, headers: { 'if-match': '*' } }))
  await send(200, remove(one.path, authorization, options))
  await changes(edge, authorization, [one.id, domain], options)
  await send(200, get('/client/v4/user/tokens/verify', authorization, options))
  await send(200, get(`/client/v4/accounts/${tenant.accountId}/tokens/verify`, authorization, options))

  const id = `account.id=${tenant.accountId}`
  const filters = ['', '?name=contains:x', `?${id}&account.name=x&match=any`, '?order=account.name&direction=desc']
  for (const path of ['accounts', `accounts/${tenant.accountId}`, `zones/${tenant.zoneId}`, `zones?name=${domain}`]) {
    await send(200, get(`/client/v4/${path}`, authorization, options))
  }
  for (const filter of filters) {
    await send(200, get(`/client/v4/zones${filter}`, authorization, options))
    await send(200, get(`/client/v4/accounts${filter}`, authorization, options))
  }
  await send(403, get('/client/v4/user', authorization, options))

  // Much to decode, or many hostnames: access is checked first. pkijs disagrees: the stored record is deleted again.
  const many = Array.from({ length: 16 }, (_, i) => pem(certificate({ subject: name(`${scope} ${i}`) }))).join('')
  await send(201, post(path, authorization, soundBody({ certificate: many + ' '.repeat(16_384) }), options))
  const decoded = vi.spyOn(pkijs.Certificate.prototype, 'fromSchema').mockImplementation(() => {
    throw new Error('unreadable')
  })
  await send(400, post(path, authorization, soundBody(), options))
  decoded.mockRestore()
  await send(200, call('/edge/v1/health', { ...options, now: Math.floor(Date.now() / 1_000) }))
  await send(200, get(`${edge}/refusals`, authorization, options))
  const afterwards: Afterwards[] = []
  await send(401, get(path, 'Bearer unknown', { ...options, isolate: newIsolate(), afterwards }))
  for (const { work } of afterwards) await work()
  await send(403, get(path, await freshToken([]), options))
}

/** Lists of changes by every filter, and the newest ones taken back. */
async function changes(edge: string, authorization: string, [id, domain]: readonly string[], options: Options) {
  const time = '2026-06-01T00:00:00Z'
  const filters = [
    '',
    `certificate_id=${id}`,
    `hostname=${domain}`,
    `credential_id=${'0'.repeat(32)}`,
    `since=${time}`,
    `until=${time}`,
  ]
  for (const filter of [...filters, filters.slice(1).join('&')]) {
    expect((await get(`${edge}/changes?${filter}`, authorization, options)).status).toBe(200)
  }
  const listed = JSON.parse((await get(`${edge}/changes`, authorization, options)).text).result
  for (const change of listed) {
    expect((await get(`${edge}/changes/${change.id}`, authorization, options)).status).toBe(200)
    const { status } = await post(`${edge}/changes/${change.id}/revert`, authorization, '', options)
    expect([201, 400, 409]).toContain(status)
  }
}

/** Certificates read back, with each way to search, and with all of them. */
async function details(edge: string, authorization: string, one: string, domain: string, options: Options) {
  const filters = [
    '',
    `hostname=${domain}`,
    `fingerprint=${'0'.repeat(64)}`,
    `fingerprint=${'0'.repeat(32)}`,
    'subject=test',
    'expires_before=2030-01-01T00:00:00Z',
  ]
  for (const filter of [...filters, `${filters[1]}&${filters[2]}&${filters[4]}&${filters[5]}`]) {
    expect((await get(`${edge}/certificates?${filter}`, authorization, options)).status).toBe(200)
  }
  expect((await get(one, authorization, options)).status).toBe(200)
}

/** Uploads of CRLs: small, large, of a CA elsewhere in the account, for records from before CAs had keys. */
async function requestsOfCrls(options: Options): Promise<void> {
  const tenant = await crlTenantInUse()
  const { authorization, accountPath, domain, record } = tenant
  const upload = async (to: Pick<typeof tenant, 'crlPath'>, body: BodyInit, status = 200) => {
    const answer = await putCrl({ ...to, authorization }, body, options)
    expect([answer.status, answer.text]).toEqual([status, answer.text])
  }
  await env.DB.prepare(
    "UPDATE certificate_chain SET ca_key = '', name_key = '', key_sha256 = '' WHERE certificate_id = ?1",
  )
    .bind(tenant.id)
    .run()
  await upload(tenant, await issueCrl(tenant.ca, { revoked: manyEntries(MANY_ENTRIES) }))
  await upload(tenant, await issueCrl(tenant.ca, { number: 2, revoked: [{ serial: 7 }] }))
  await upload(tenant, await issueCrl(await issueCa()), 400)
  expect((await get(tenant.crlPath, authorization, options)).status).toBe(200)
  // A record that loses hostnames, a deleted record, and deleted CRLs: what they covered is looked up.
  expect((await put(record, authorization, { associated_hostnames: [`a.${domain}`] }, options)).status).toBe(200)
  expect((await remove(tenant.crlPath, authorization, options)).status).toBe(200)
  await changes(edgeOf('accounts', tenant.accountId), authorization, [tenant.id, domain], options)
  const ca = await issueCa()
  const other = await add(accountPath, authorization, { certificate: pem(ca.der) }, options)
  await upload({ crlPath: `${edgePath(other.path)}/crl` }, await issueCrl(ca))
  expect((await remove(other.path, authorization, options)).status).toBe(200)
}

/** Clients at the gateway: hostnames with and without CRLs, and trust that is already known. */
async function requestsOfGateway({ env: { DB } }: Options): Promise<void> {
  const {
    root,
    send: sendThrough,
    tenant,
    hostname,
    certificates,
    id,
    afterwards,
  } = await setUp('every-statement.example', true)
  const auth = tlsClientAuth(await client(root))
  expect((await sendThrough({ auth, env: { DB } })).status).toBe(200)
  const path = `${edgeOf('accounts', tenant.accountId)}/certificates/${id}/crl`
  expect((await putCrl({ crlPath: path, authorization: tenant.authorization }, await issueCrl(root))).status).toBe(200)
  expect((await sendThrough({ auth, env: { DB }, at: NOW * 1_000 + 10_000 })).status).toBe(200)
  for (const { work } of afterwards) await work()
  // Dry runs decide on the clients that were seen.
  const mode = `${edgeOf('accounts', tenant.accountId)}/hostnames/${hostname}?dry_run=true`
  const tried = await put(mode, tenant.authorization, { mode: 'required', identities: [] }, { env: { ...env, DB } })
  expect(tried).toMatchObject({ status: 200, body: { result: { impact: { clients_evaluated: 1 } } } })
  const options = { env: { ...env, DB } }
  await send(200, post(`/client/v4${certificates}?dry_run=true`, tenant.authorization, soundBody(), options))
  const one = `/client/v4${certificates}/${id}?dry_run=true`
  await send(200, put(one, tenant.authorization, { associated_hostnames: [] }, options))
  await send(409, remove(one, tenant.authorization, options))
  const record = `${edgeOf('accounts', tenant.accountId)}/certificates/${id}`
  for (const serial of ['0a', '10']) {
    await send(200, put(`${record}/blocked_serials/${serial}?dry_run=true`, tenant.authorization, '', options))
  }
  await send(404, remove(`${record}/blocked_serials/0a?dry_run=true`, tenant.authorization, options))
  await send(200, remove(`${record}/crl?dry_run=true`, tenant.authorization, options))
}

/** Names of the functions in a stack, nearest first. */
function functionsOf(stack: string): readonly string[] {
  return [...stack.matchAll(/\bat (?:async )?([\w$]+) \(/g)].map(([, name = '']) => name)
}
