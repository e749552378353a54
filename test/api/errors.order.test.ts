import { describe, expect, it } from 'vitest'
import { type Answer, call, post } from '../support/api.ts'
import { root } from '../support/pki.ts'
import { certificatesOf, freshTenant, freshToken, soundBody, storedRows } from '../support/requests.ts'
import { account } from '../support/tenants.ts'

/**
 * Contract 4: credentials present, header syntax, route and id shape, method, credential valid, permission, Access
 * enabled, body size and JSON, fields, quota, conflict. Each request breaks two of these; the earlier decides the answer.
 */

interface Broken {
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: BodyInit
}

const first = (answer: Answer) => [answer.status, answer.body.errors[0]?.code]
const chain = ({ body }: Answer) => body.errors[0]?.error_chain?.map(({ code }) => code)

const BAD_ID = certificatesOf('accounts', 'X'.repeat(32))
const UNKNOWN_TOKEN = { authorization: 'Bearer unknown' }
const TOO_LARGE = 'x'.repeat(256 * 1024 + 1)

describe('before anything is read', () => {
  const send = async ({ path, method = 'POST', headers = {}, body = '{' }: Broken): Promise<Answer> =>
    call(path ?? certificatesOf('zones', '0'.repeat(32)), { method, headers, body })

  it.each<[string, Broken, readonly [number, number]]>([
    ['no credentials before an unknown path', { path: '/nothing' }, [400, 9106]],
    ['no credentials before a malformed id', { path: BAD_ID }, [400, 9106]],
    ['no credentials before the verb', { method: 'PATCH' }, [400, 9106]],
    ['no credentials before the body', { body: TOO_LARGE }, [400, 9106]],
    ['header syntax before an unknown path', { headers: { authorization: 'x' }, path: '/nothing' }, [400, 6003]],
    ['header syntax before a malformed id', { headers: { authorization: 'x' }, path: BAD_ID }, [400, 6003]],
    ['header syntax before the verb', { headers: { 'x-auth-key': 'x' }, method: 'PATCH' }, [400, 6003]],
    ['an unknown path before the verb', { headers: UNKNOWN_TOKEN, path: '/x', method: 'PATCH' }, [400, 7000]],
    ['an unknown path before the credential', { headers: UNKNOWN_TOKEN, path: '/x' }, [400, 7000]],
    ['a malformed id before the verb', { headers: UNKNOWN_TOKEN, path: BAD_ID, method: 'PATCH' }, [404, 7003]],
    ['a malformed id before the credential', { headers: UNKNOWN_TOKEN, path: BAD_ID }, [404, 7003]],
    ['the verb before the credential', { headers: UNKNOWN_TOKEN, method: 'PATCH' }, [405, 10405]],
    ['the credential before the body', { headers: UNKNOWN_TOKEN, body: TOO_LARGE }, [401, 10000]],
  ])('%s', async (_, broken, expected) => {
    expect(first(await send(broken))).toEqual(expected)
  })

  it('the answer names the Authorization header, also if a malformed key pair comes with it', async () => {
    const answer = await send({ headers: { authorization: 'x', 'x-auth-email': 'x', 'x-auth-key': 'x' } })
    expect(chain(answer)).toEqual([6111])
  })
})

describe('the credential before the permission', () => {
  it.each([
    ['expired', (id: string) => freshToken([account(id)], { expiresOn: 1 })],
    ['not yet valid', (id: string) => freshToken([account(id)], { notBefore: 2 ** 40 })],
    ['unknown', async () => 'Bearer unknown'],
  ])('%s', async (_, tokenFor) => {
    const [own, other] = [await freshTenant(), await freshTenant()]
    const authorization = await tokenFor(own.accountId)
    expect(first(await post(other.accountPath, authorization, soundBody()))).toEqual([401, 10000])
  })
})

describe('the permission before Access enabled', () => {
  it('of an account', async () => {
    const [own, disabled] = [await freshTenant(), await freshTenant({ enabled: false })]
    const answer = await post(disabled.accountPath, own.authorization, soundBody())
    expect(first(answer)).toEqual([403, 10000])
  })

  it('with a read grant only', async () => {
    const disabled = await freshTenant({ enabled: false })
    const authorization = await freshToken([account(disabled.accountId, 'read')])
    expect(first(await post(disabled.accountPath, authorization, soundBody()))).toEqual([403, 10000])
  })
})

const UNREADABLE: readonly (readonly [string, BodyInit, string])[] = [
  ['malformed JSON', '{', 'application/json'],
  ['a body that is too large', TOO_LARGE, 'application/json'],
  ['a body of another type', '{}', 'text/plain'],
  ['a body with no fields', '{}', 'application/json'],
  ['a body that is not an object', 'null', 'application/json'],
  ['a body with a private key', '{"x":"-----BEGIN PRIVATE KEY-----"}', 'application/json'],
]

describe.each(UNREADABLE)('before %s', (_, body, type) => {
  const send = (path: string, authorization: string) =>
    call(path, { method: 'POST', headers: { authorization, 'content-type': type }, body })

  it('the credential is checked', async () => {
    const { zonePath } = await freshTenant()
    expect(first(await send(zonePath, 'Bearer unknown'))).toEqual([401, 10000])
  })

  it('the permission is checked', async () => {
    const [own, other] = [await freshTenant(), await freshTenant()]
    expect(first(await send(other.zonePath, own.authorization))).toEqual([403, 10000])
  })

  it('Access enabled is checked', async () => {
    const { zonePath, authorization } = await freshTenant({ enabled: false })
    expect(first(await send(zonePath, authorization))).toEqual([403, 9999])
  })
})

describe('the body', () => {
  it('its size before its JSON', async () => {
    const { accountPath, authorization } = await freshTenant()
    expect(first(await post(accountPath, authorization, TOO_LARGE))).toEqual([413, 6008])
  })

  it('its JSON before the quota', async () => {
    const { accountPath, authorization } = await freshTenant({ certificateQuota: 0 })
    expect(first(await post(accountPath, authorization, '{'))).toEqual([400, 6007])
  })
})

describe('fields before quota before conflict', () => {
  const outcome = ({ status, body }: Answer) => [status, body.errors.map(({ source }) => source?.pointer)]

  it('a faulty name before the quota', async () => {
    const { accountPath, authorization } = await freshTenant({ certificateQuota: 0 })
    const answer = await post(accountPath, authorization, soundBody({ name: '' }))
    expect(outcome(answer)).toEqual([400, ['/name']])
  })

  it("another's hostname before the quota", async () => {
    const { accountPath, authorization } = await freshTenant({ certificateQuota: 0 })
    const answer = await post(accountPath, authorization, soundBody({ associated_hostnames: ['a.nobody.example'] }))
    expect(outcome(answer)).toEqual([400, ['/associated_hostnames/0']])
  })

  it.each([
    ['a faulty name', { name: 0 }, '/name'],
    ["another's hostname", { associated_hostnames: ['a.nobody.example'] }, '/associated_hostnames/0'],
  ])('%s before the conflict', async (_, more, pointer) => {
    const { accountPath, authorization } = await freshTenant()
    const certificate = root()
    expect((await post(accountPath, authorization, soundBody({ certificate }))).status).toBe(201)
    const before = await storedRows()
    const answer = await post(accountPath, authorization, soundBody({ certificate, ...more }))
    expect(outcome(answer)).toEqual([400, [pointer]])
    expect(await storedRows()).toEqual(before)
  })

  it('the quota before the conflict', async () => {
    const { accountPath, authorization } = await freshTenant({ certificateQuota: 1 })
    const body = soundBody()
    expect((await post(accountPath, authorization, body)).status).toBe(201)
    const answer = await post(accountPath, authorization, body)
    expect(answer.status).toBe(400)
    expect(answer.body.errors[0]?.message).toMatch(/maximum number of certificates has been reached$/)
  })
})
