import { expect } from 'vitest'
import { type Answer, type CallOptions, call, post } from './api.ts'
import { addedId, bare, certificatesOf, freshId, type freshTenant, soundBody } from './requests.ts'
import { addZone } from './tenants.ts'

/** Shared by the tests of the endpoint family: the other methods, lists, and tenants with content. */

export type Tenant = Awaited<ReturnType<typeof freshTenant>>
export type Item = Readonly<Record<string, unknown>>
/** Which of a tenant's two scopes a request goes to. */
export type PathKey = 'accountPath' | 'zonePath'

export const SCOPES = ['accountPath', 'zonePath'] as const satisfies readonly PathKey[]

/** A UUID v4 that no record has. */
export const NOBODY = '00000000-0000-4000-8000-000000000000'

export const get = (path: string, authorization: string, options: CallOptions = {}): Promise<Answer> =>
  call(path, { ...options, headers: { authorization, ...options.headers } })

export const put = (path: string, authorization: string, body: unknown, options: CallOptions = {}): Promise<Answer> =>
  post(path, authorization, body, { method: 'PUT', ...options })

export const remove = (path: string, authorization: string, options: CallOptions = {}): Promise<Answer> =>
  call(path, { method: 'DELETE', ...options, headers: { authorization, ...options.headers } })

/** The items of a list, which must be a successful answer. */
export function items({ status, text }: Answer): readonly Item[] {
  expect([200, 202]).toContain(status)
  return JSON.parse(text).result
}

/** The `result_info` of a list. */
export function resultInfo({ text }: Answer): unknown {
  return JSON.parse(text).result_info
}

/** Adds a certificate that must be accepted; returns its record. */
export async function add(path: string, authorization: string, more: Item = {}, options: CallOptions = {}) {
  const answer = await post(path, authorization, soundBody(more), options)
  expect(answer.status).toBe(201)
  return { ...answer.body.result, id: addedId(answer), path: `${path}/${addedId(answer)}` }
}

/** A record as in an answer: the result of `add` without the added path. */
export function shown({ path: _, ...record }: Awaited<ReturnType<typeof add>>): Item {
  return record
}

/** A second zone of a tenant's account. */
export async function siblingZone({ accountId }: Tenant) {
  const domain = `${freshId()}.example`
  const id = await addZone(accountId, domain, { id: freshId() })
  return { id, domain, path: certificatesOf('zones', id) }
}

/** Status and code of an answer. */
export const outcome = ({ status, body }: Answer) => [status, ...body.errors.map(({ code }) => code)]

export const NOT_FOUND = [404, 12135]
export const FORBIDDEN = [403, 10000]

/** Expects the whole 404 for a record that this scope does not have, key by key. */
export function expectNotFound({ status, headers, body }: Answer): void {
  expect(status).toBe(404)
  expect(headers.get('content-type')).toBe('application/json; charset=UTF-8')
  const error = { code: 12135, message: 'access.api.error.not_found: certificate not found' }
  expect(bare(body)).toStrictEqual({ result: null, success: false, errors: [error], messages: [] })
}

/** The faults of a 400, as pointer and detail; each must be an invalid_request. */
export function faults({ status, body }: Answer): (readonly [pointer: string | undefined, detail: string])[] {
  expect(status).toBe(400)
  expect(body).toMatchObject({ result: null, success: false, messages: [] })
  return body.errors.map(({ code, message, source }) => {
    expect(code).toBe(12130)
    expect(message).toMatch(/^access\.api\.error\.invalid_request: ./)
    return [source?.pointer, message.slice('access.api.error.invalid_request: '.length)]
  })
}

/** Records that a scope does not have, for any method: [why, the path for a tenant]. */
export const ELSEWHERE: readonly (readonly [string, (tenant: Tenant, other: Tenant) => Promise<string>])[] = [
  ['nobody has in the account', async (t) => `${t.accountPath}/${NOBODY}`],
  ['nobody has in the zone', async (t) => `${t.zonePath}/${NOBODY}`],
  ['the account has, in its zone', async (t) => `${t.zonePath}/${(await add(t.accountPath, t.authorization)).id}`],
  ['the zone has, in its account', async (t) => `${t.accountPath}/${(await add(t.zonePath, t.authorization)).id}`],
  [
    'another zone of the account has',
    async (t) => `${t.zonePath}/${(await add((await siblingZone(t)).path, t.authorization)).id}`,
  ],
  [
    'another account has, in the account',
    async (t, other) => `${t.accountPath}/${(await add(other.accountPath, other.authorization)).id}`,
  ],
  [
    "another account's zone has, in the zone",
    async (t, other) => `${t.zonePath}/${(await add(other.zonePath, other.authorization)).id}`,
  ],
]

/** Ids that are not a lower-case UUID v4. */
export const BAD_IDS: readonly (readonly [string, string])[] = [
  ['in upper case', '63B92C05-8635-4A44-AE8D-45236AF35D00'],
  ['with one digit in upper case', '63b92c05-8635-4a44-ae8d-45236af35d0F'],
  ['of version 1', '63b92c05-8635-1a44-ae8d-45236af35d00'],
  ['of version 7', '63b92c05-8635-7a44-ae8d-45236af35d00'],
  ['of version 0, as the nil UUID', '00000000-0000-0000-0000-000000000000'],
  ['of another variant', '63b92c05-8635-4a44-ce8d-45236af35d00'],
  ['of the variant before', '63b92c05-8635-4a44-7e8d-45236af35d00'],
  ['without hyphens', '63b92c0586354a44ae8d45236af35d00'],
  ['with a hyphen elsewhere', '63b92c058-635-4a44-ae8d-45236af35d00'],
  ['in braces', '%7B63b92c05-8635-4a44-ae8d-45236af35d00%7D'],
  ['of one digit less', '63b92c05-8635-4a44-ae8d-45236af35d0'],
  ['of one digit more', '63b92c05-8635-4a44-ae8d-45236af35d000'],
  ['with a letter beyond f', '63b92c05-8635-4a44-ae8d-45236af35d0g'],
  ['with a newline after it', '63b92c05-8635-4a44-ae8d-45236af35d00%0A'],
  ['with a percent-encoded digit', '%363b92c05-8635-4a44-ae8d-45236af35d00'],
  ['that is undefined in JavaScript', 'undefined'],
  ['that is a template', ':certificate_id'],
  ['that is settings in another case', 'Settings'],
  ['that begins with settings', 'settingsx'],
]
