import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Answer, call, post } from '../support/api.ts'
import { certificate, NOW, pem } from '../support/pki.ts'
import { bare, certificatesOf, freshId, freshTenant, freshToken, soundBody, storedRows } from '../support/requests.ts'
import { account } from '../support/tenants.ts'

type Tenant = Awaited<ReturnType<typeof freshTenant>>

interface Refused {
  readonly status: number
  readonly code: number
  readonly message: string
  readonly chain?: readonly (readonly [code: number, message: string])[]
  readonly pointer?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The whole answer, key by key: it must not have anything that is not in the contract. */
function expectRefused(answer: Answer, { status, code, message, chain, pointer, headers = {} }: Refused): void {
  expect(answer.status).toBe(status)
  const error = {
    code,
    message,
    ...(chain && { error_chain: chain.map(([code, message]) => ({ code, message })) }),
    ...(pointer !== undefined && { source: { pointer } }),
  }
  expect(bare(answer.body)).toStrictEqual({ result: null, success: false, errors: [error], messages: [] })
  expectHeaders(answer, headers)
}

function expectHeaders(answer: Answer, headers: Readonly<Record<string, string>>): void {
  expect(answer.headers.get('content-type')).toBe('application/json; charset=UTF-8')
  expect(answer.headers.get('cache-control')).toBe('no-store')
  for (const header of ['allow', 'x-should-retry']) expect(answer.headers.get(header)).toBe(headers[header] ?? null)
}

const AUTHENTICATION = 'Authentication error'
const KEY = 'a1'.repeat(19)
const REQUEST_HEADERS = 'Invalid request headers'

let before: unknown
beforeEach(async () => {
  before = await storedRows()
})
afterEach(async () => {
  expect(await storedRows()).toEqual(before)
})

describe('the gateway refuses', () => {
  const withHeaders = async (headers: Readonly<Record<string, string>>): Promise<Answer> => {
    const { accountPath } = await freshTenant()
    return call(accountPath, { method: 'POST', headers, body: JSON.stringify(soundBody()) })
  }

  it('400 9106: no credentials', async () => {
    const message = 'Missing X-Auth-Key, X-Auth-Email or Authorization headers'
    expectRefused(await withHeaders({}), { status: 400, code: 9106, message })
    expectRefused(await withHeaders({ cookie: 'a=b', 'x-auth-user-service-key': 'v1.0-x' }), {
      status: 400,
      code: 9106,
      message,
    })
  })

  it.each([
    ['another scheme', 'Basic dXNlcjpwYXNz'],
    ['the scheme alone', 'Bearer'],
    ['the scheme and a blank', 'Bearer '],
    ['no scheme', 'token-1'],
    ['nothing', ''],
    ['two tokens', 'Bearer one two'],
    ['a token in quotes', 'Bearer "one"'],
    ['a token with a comma', 'Bearer one,two'],
    ['padding inside the token', 'Bearer a=b'],
    ['padding alone', 'Bearer =='],
    ['no blank after the scheme', 'Bearerone'],
  ])('400 6003 6111: an Authorization header with %s', async (_, authorization) => {
    expectRefused(await withHeaders({ authorization }), {
      status: 400,
      code: 6003,
      message: REQUEST_HEADERS,
      chain: [[6111, 'Invalid format for Authorization header']],
    })
  })

  const badEmail = [6102, 'Invalid format for X-Auth-Email header'] as const
  const badKey = [6103, 'Invalid format for X-Auth-Key header'] as const

  it.each<[string, Readonly<Record<string, string>>, Refused['chain'] & object]>([
    ['an email without @', { 'x-auth-email': 'example.com', 'x-auth-key': KEY }, [badEmail]],
    ['an email without a dot', { 'x-auth-email': 'a@example', 'x-auth-key': KEY }, [badEmail]],
    ['an email with two @', { 'x-auth-email': 'a@b@example.com', 'x-auth-key': KEY }, [badEmail]],
    ['an empty email', { 'x-auth-email': '', 'x-auth-key': KEY }, [badEmail]],
    ['a key without email', { 'x-auth-key': KEY }, [badEmail]],
    ['a key of 36 digits', { 'x-auth-email': 'a@example.com', 'x-auth-key': 'a'.repeat(36) }, [badKey]],
    ['a key with a letter beyond f', { 'x-auth-email': 'a@example.com', 'x-auth-key': `${KEY}g` }, [badKey]],
    ['an empty key', { 'x-auth-email': 'a@example.com', 'x-auth-key': '' }, [badKey]],
    ['an email without key', { 'x-auth-email': 'a@example.com' }, [badKey]],
    ['neither well-formed', { 'x-auth-email': 'a', 'x-auth-key': 'b' }, [badEmail, badKey]],
    ['both empty', { 'x-auth-email': '', 'x-auth-key': '' }, [badEmail, badKey]],
  ])('400 6003 6102/6103: a key pair with %s', async (_, headers, chain) => {
    expectRefused(await withHeaders(headers), { status: 400, code: 6003, message: REQUEST_HEADERS, chain })
  })

  it.each([
    ['37 digits', 'a'.repeat(37)],
    ['more digits, in both cases', 'aB'.repeat(32)],
  ])('403 9103: an unknown key of %s', async (_, key) => {
    const answer = await withHeaders({ 'x-auth-email': 'nobody@example.com', 'x-auth-key': key })
    expectRefused(answer, { status: 403, code: 9103, message: 'Unknown X-Auth-Key or X-Auth-Email' })
  })

  it.each([
    ['a word', 'Bearer unknown'],
    ['all characters of a token', 'Bearer aZ0-._~+/=='],
    ['a scheme in lower case', 'bearer unknown'],
    ['more than one blank', 'Bearer   unknown'],
  ])('401 10000: an unknown token with %s', async (_, authorization) => {
    expectRefused(await withHeaders({ authorization }), { status: 401, code: 10000, message: AUTHENTICATION })
  })

  it('403 10000: no permission here', async () => {
    const [here, there] = [await freshTenant(), await freshTenant()]
    const answer = await post(here.accountPath, there.authorization, soundBody())
    expectRefused(answer, { status: 403, code: 10000, message: AUTHENTICATION })
  })
})

describe('Access refuses', () => {
  const refusal = (detail: string) => `access.api.error.${detail}`
  const tooMany = refusal('invalid_request: maximum number of certificates has been reached')
  const disabled = refusal('not_enabled: access is not enabled for this account or zone')
  const exists = {
    status: 409,
    code: 12132,
    message: refusal('conflict: certificate already exists'),
    headers: { 'x-should-retry': 'false' },
  } as const

  it('400 12130: a field that is missing', async () => {
    const { accountPath, authorization } = await freshTenant()
    const { name: _, ...body } = soundBody()
    const message = refusal('invalid_request: name is required')
    expectRefused(await post(accountPath, authorization, body), { status: 400, code: 12130, message, pointer: '/name' })
  })

  it('400 12130: a hostname outside the zones', async () => {
    const { accountPath, authorization, domain } = await freshTenant()
    const answer = await post(accountPath, authorization, soundBody({ associated_hostnames: ['a.elsewhere.example'] }))
    expectRefused(answer, {
      status: 400,
      code: 12130,
      message: refusal(`invalid_request: domain does not belong to zone: the zone of this account is ${domain}`),
      pointer: '/associated_hostnames/0',
    })
  })

  it.each(['accountPath', 'zonePath'] as const)('400 12130: any certificate if the quota is 0, %s', async (path) => {
    const tenant = await freshTenant({ certificateQuota: 0 })
    const answer = await post(tenant[path], tenant.authorization, soundBody())
    expectRefused(answer, { status: 400, code: 12130, message: tooMany })
  })

  it.each(['accountPath', 'zonePath'] as const)('403 9999: Access is not enabled, %s', async (path) => {
    const tenant = await freshTenant({ enabled: false })
    const answer = await post(tenant[path], tenant.authorization, soundBody())
    expectRefused(answer, { status: 403, code: 9999, message: disabled })
  })

  const again: readonly [string, keyof Tenant & `${string}Path`, keyof Tenant & `${string}Path`][] = [
    ['account, then account', 'accountPath', 'accountPath'],
    ['zone, then zone', 'zonePath', 'zonePath'],
    ['account, then its zone', 'accountPath', 'zonePath'],
    ['zone, then its account', 'zonePath', 'accountPath'],
  ]
  it.each(again)('409 12132: the same certificate again: %s', async (_, first, second) => {
    const tenant = await freshTenant()
    const body = soundBody()
    expect(await post(tenant[first], tenant.authorization, body)).toMatchObject({ status: 201 })
    before = await storedRows()
    expectRefused(await post(tenant[second], tenant.authorization, body), exists)
  })

  it('409 12132: the same DER in another PEM, under another name, for other hostnames, later', async () => {
    const { accountPath, authorization, domain } = await freshTenant()
    const sent = pem(certificate())
    expect(await post(accountPath, authorization, soundBody({ certificate: sent }))).toMatchObject({ status: 201 })
    before = await storedRows()
    const other = {
      name: 'other',
      certificate: `text\r\n${sent.replaceAll('\n', '\\n')}`,
      associated_hostnames: [domain],
    }
    expectRefused(await post(accountPath, authorization, other, { now: NOW + 60 }), exists)
  })

  it('400 12130: one certificate more than the quota, counting those of zones', async () => {
    const { accountId, accountPath, zonePath } = await freshTenant({ certificateQuota: 2 })
    const authorization = await freshToken([account(accountId)])
    expect(await post(accountPath, authorization, soundBody())).toMatchObject({ status: 201 })
    expect(await post(zonePath, authorization, soundBody())).toMatchObject({ status: 201 })
    before = await storedRows()
    for (const path of [accountPath, zonePath]) {
      expectRefused(await post(path, authorization, soundBody()), { status: 400, code: 12130, message: tooMany })
    }
  })
})

describe('an unknown id', () => {
  it.each(['accounts', 'zones'] as const)('of %s is answered like a missing permission', async (kind) => {
    const { authorization } = await freshTenant()
    const answer = await post(certificatesOf(kind, freshId()), authorization, soundBody())
    expectRefused(answer, { status: 403, code: 10000, message: AUTHENTICATION })
  })
})
