import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { type Answer, type CallOptions, call, post } from '../support/api.ts'
import { changesOf, headOf } from '../support/changes.ts'
import { countingDatabase } from '../support/counting-db.ts'
import { type CrlTenant, crlTenant, putCrl } from '../support/crl.ts'
import { edgeOf } from '../support/edge-routes.ts'
import { add, get, put, remove } from '../support/family.ts'
import { freshTenant, freshToken, soundBody } from '../support/requests.ts'
import { account } from '../support/tenants.ts'
import { issueCrl } from '../support/x509/make-crl.ts'

/** Entity tags, and requests that depend on them (RFC 9110 8.8.3, 13.1). */

const ETAG = /^"[0-9a-f]{32}"$/
const etag = ({ headers }: Answer) => headers.get('etag') ?? ''
const ifMatch = (tag: string): CallOptions => ({ headers: { 'if-match': tag } })
const ifNoneMatch = (tag: string): CallOptions => ({ headers: { 'if-none-match': tag } })

/** What can be read, and a write that changes it, on the same path. */
const RESOURCES: readonly (readonly [
  string,
  (t: CrlTenant) => string,
  (t: CrlTenant, options?: CallOptions) => Promise<Answer>,
])[] = [
  ['a certificate', (t) => t.record, (t, options) => put(t.record, t.authorization, { name: 'new' }, options)],
  [
    'settings',
    (t) => `${t.accountPath}/settings`,
    (t, options) =>
      put(
        `${t.accountPath}/settings`,
        t.authorization,
        { settings: [{ hostname: t.domain, client_certificate_forwarding: true }] },
        options,
      ),
  ],
  [
    'a mode',
    (t) => `${edgeOf('accounts', t.accountId)}/hostnames/${t.domain}`,
    (t, options) =>
      put(`${edgeOf('accounts', t.accountId)}/hostnames/${t.domain}`, t.authorization, { mode: 'report' }, options),
  ],
  [
    'a policy',
    (t) => `${t.edge}/revocation`,
    (t, options) => put(`${t.edge}/revocation`, t.authorization, { stale_policy: 'soft' }, options),
  ],
  ['CRLs', (t) => t.crlPath, async (t, options) => putCrl(t, await issueCrl(t.ca, { number: 9 }), options)],
]

describe('an answer has the tag', () => {
  it.each(RESOURCES)('of %s: another one when it has changed, and only then', async (_, path, change) => {
    const tenant = await crlTenant()
    const read = () => get(path(tenant), tenant.authorization)
    const before = etag(await read())
    expect(before).toMatch(ETAG)
    expect(etag(await read())).toBe(before)
    expect([200, 202]).toContain((await change(tenant)).status)
    expect(etag(await read())).not.toBe(before)
  })

  it('of what was added or changed, as GET has it after', async () => {
    const { accountPath, authorization } = await freshTenant()
    const added = await post(accountPath, authorization, soundBody())
    const path = `${accountPath}/${added.body.result?.['id']}`
    expect(etag(added)).toBe(etag(await get(path, authorization)))
    const changed = await put(path, authorization, { name: 'new', associated_hostnames: [] })
    expect(etag(changed)).toBe(etag(await get(path, authorization)))
  })

  it('of a mode, whatever else of its hostname changes: what a PUT sets has the tag', async () => {
    const tenant = await crlTenant()
    const path = `${edgeOf('accounts', tenant.accountId)}/hostnames/${tenant.domain}`
    const set = await put(path, tenant.authorization, { mode: 'report' })
    const before = await get(path, tenant.authorization)
    expect(etag(before)).toBe(etag(set))
    await put(tenant.record, tenant.authorization, { associated_hostnames: [tenant.domain] })
    const after = await get(path, tenant.authorization)
    expect(after.body).not.toEqual(before.body)
    expect(etag(after)).toBe(etag(set))
    expect((await put(path, tenant.authorization, { mode: 'required' }, ifMatch(etag(set)))).status).toBe(200)
    expect((await put(path, tenant.authorization, { mode: 'report' }, ifMatch(etag(set)))).status).toBe(412)
  })

  it('not where it refuses, deletes, or answers with something else', async () => {
    const tenant = await crlTenant()
    const { record, authorization, accountPath, domain } = tenant
    const settings = { settings: [{ hostname: domain, client_certificate_forwarding: true }] }
    for (const answer of [
      await put(record, authorization, { name: '' }),
      await get(record, 'Bearer unknown'),
      await put(`${accountPath}/settings`, authorization, settings),
      await remove(record, authorization),
    ]) {
      expect(answer.headers.has('etag')).toBe(false)
    }
  })
})

describe('If-None-Match', () => {
  /** The answer itself: a 304 has no body to parse. */
  async function status(tag: string, of: (own: string) => string) {
    const { accountPath, authorization } = await freshTenant()
    const { path } = await add(accountPath, authorization)
    const own = etag(await get(path, authorization))
    return call(path, { headers: { authorization, ...ifNoneMatch(tag === '' ? of(own) : tag).headers } })
  }

  it.each<[string, (own: string) => string]>([
    ['the tag', (own) => own],
    ['the tag as a weak one', (own) => `W/${own}`],
    ['the tag among others', (own) => `"x", ${own}, "y"`],
    ['any', () => '*'],
  ])('with %s: 304, without a body', async (_, of) => {
    const answer = await status('', of)
    expect([answer.status, answer.text]).toEqual([304, ''])
    expect(etag(answer)).toMatch(ETAG)
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  it('on a path that shows more than its tag covers: 200', async () => {
    const tenant = await freshTenant()
    const path = `${edgeOf('accounts', tenant.accountId)}/hostnames/${tenant.domain}`
    const tag = etag(await get(path, tenant.authorization))
    for (const known of [tag, '*']) {
      const answer = await get(path, tenant.authorization, ifNoneMatch(known))
      expect([answer.status, etag(answer)]).toEqual([200, tag])
    }
  })

  it('with another tag: 200', async () => {
    expect((await status('"0123"', (own) => own)).status).toBe(200)
  })
})

describe('If-Match', () => {
  it.each(RESOURCES)('with the tag of %s, the write is made, once', async (_, path, change) => {
    const tenant = await crlTenant()
    const tag = etag(await get(path(tenant), tenant.authorization))
    const head = await headOf(tenant.accountId)
    expect([200, 202]).toContain((await change(tenant, ifMatch(tag))).status)
    expect(await headOf(tenant.accountId)).toBe(head + 1)
  })

  it.each(RESOURCES)('with an earlier tag of %s: 412, and nothing is changed', async (_, path, change) => {
    const tenant = await crlTenant()
    const tag = etag(await get(path(tenant), tenant.authorization))
    await change(tenant)
    const [head, now] = [await headOf(tenant.accountId), etag(await get(path(tenant), tenant.authorization))]
    const answer = await change(tenant, ifMatch(tag))
    expect([answer.status, answer.body.errors]).toMatchObject([
      412,
      [{ code: 12412, message: expect.stringContaining(`what is there has the ETag ${now}`) }],
    ])
    expect([await headOf(tenant.accountId), etag(await get(path(tenant), tenant.authorization))]).toEqual([head, now])
  })

  it('DELETE of a certificate and of CRLs', async () => {
    const tenant = await crlTenant()
    await putCrl(tenant, await issueCrl(tenant.ca))
    for (const path of [tenant.crlPath, tenant.record]) {
      const tag = etag(await get(path, tenant.authorization))
      expect((await remove(path, tenant.authorization, ifMatch('"0"'))).status).toBe(412)
      expect((await remove(path, tenant.authorization, ifMatch(tag))).status).toBe(200)
    }
  })

  it.each<[string, (own: string) => string, number]>([
    ['any', () => '*', 200],
    ['the tag among others', (own) => `"x", ${own}`, 200],
    // The comparison is strong.
    ['the tag as a weak one', (own) => `W/${own}`, 412],
    ['nothing', () => '', 412],
    ['the tag without quotes', (own) => own.replaceAll('"', ''), 412],
  ])('with %s', async (_, of, expected) => {
    const { record, authorization } = await crlTenant()
    const own = etag(await get(record, authorization))
    expect((await put(record, authorization, { name: 'new' }, ifMatch(of(own)))).status).toBe(expected)
  })

  it('on a path that cannot be read: 412', async () => {
    const tenant = await crlTenant()
    const answer = await put(`${tenant.edge}/blocked_serials/0a`, tenant.authorization, '', ifMatch('*'))
    expect([answer.status, answer.body.errors[0]?.message]).toEqual([
      412,
      'access.api.error.precondition_failed: nothing can be got at this path, so it has no ETag: leave If-Match out',
    ])
  })

  it('tells nothing to who has no access, and 404 of what is not there', async () => {
    const tenant = await crlTenant()
    const reader = await freshToken([account(tenant.accountId, 'read')])
    expect((await put(tenant.record, reader, {}, ifMatch('"0"'))).status).toBe(403)
    expect((await put(tenant.record, 'Bearer unknown', {}, ifMatch('"0"'))).status).toBe(401)
    expect(
      (await put(`${tenant.accountPath}/00000000-0000-4000-8000-000000000000`, tenant.authorization, {}, ifMatch('*')))
        .status,
    ).toBe(404)
  })

  it('holds in the transaction that writes: a change that comes between is seen', async () => {
    const tenant = await crlTenant()
    const tag = etag(await get(tenant.record, tenant.authorization))
    const { db, calls } = countingDatabase(env.DB, async (call) => {
      // After the tag was found to hold.
      if (call === 2) await put(tenant.record, tenant.authorization, { name: 'of another' })
    })
    const answer = await put(tenant.record, tenant.authorization, { name: 'new' }, { ...ifMatch(tag), env: { DB: db } })
    expect(answer.status).toBe(412)
    expect(calls).toHaveLength(5)
    expect((await get(tenant.record, tenant.authorization)).body.result).toMatchObject({ name: 'of another' })
  })

  it('a change of something else that comes between is no obstacle, unless there is one each time', async () => {
    const tenant = await crlTenant()
    const tag = etag(await get(tenant.record, tenant.authorization))
    const renamed = (name: string, between: (call: number) => boolean) => {
      let serial = 16
      const { db } = countingDatabase(env.DB, async (call) => {
        if (!between(call)) return
        serial += 1
        await put(`${tenant.edge}/blocked_serials/${serial}`, tenant.authorization, '')
      })
      return put(tenant.record, tenant.authorization, { name }, { ...ifMatch(tag), env: { DB: db } })
    }
    const busy = await renamed('new', (call) => [2, 5, 8].includes(call))
    expect([busy.status, busy.body.errors[0]?.message]).toEqual([
      412,
      'access.api.error.precondition_failed: something else in the account was changed at the same time: send it again',
    ])
    expect((await renamed('new', (call) => call === 2)).status).toBe(200)
    expect((await changesOf(tenant))[0]).toMatchObject({ operation: 'update_certificate' })
  })

  it('costs who does not send it nothing', async () => {
    const tenant = await crlTenant()
    const { db, calls } = countingDatabase(env.DB)
    await put(tenant.record, tenant.authorization, { name: 'new' }, { env: { DB: db } })
    expect(calls).toEqual(['batch'])
  })
})
