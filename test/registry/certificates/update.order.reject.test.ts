import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, call } from '../../support/api.ts'
import { add, FORBIDDEN, NOBODY, NOT_FOUND, outcome, SCOPES, type Tenant } from '../../support/family.ts'
import { freshTenant, freshToken } from '../../support/requests.ts'
import { account } from '../../support/tenants.ts'

/**
 * Contract 4, order of checks: …, credential valid, permission, Access enabled, body size and JSON, object exists,
 * rules. Each request breaks two of these; the earlier decides the answer.
 */

let tenant: Tenant
beforeAll(async () => {
  tenant = await freshTenant()
})

const send = (path: string, authorization: string, body: BodyInit, type = 'application/json'): Promise<Answer> =>
  call(path, { method: 'PUT', headers: { authorization, 'content-type': type }, body })

const TOO_LARGE = `{"name":"${'n'.repeat(256 * 1024)}"}`

const UNREADABLE: readonly (readonly [string, BodyInit, string, readonly [number, number]])[] = [
  ['malformed JSON', '{', 'application/json', [400, 6007]],
  ['an empty body', '', 'application/json', [400, 6007]],
  ['a body that is not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'application/json', [400, 6007]],
  ['a body that is too large', TOO_LARGE, 'application/json', [413, 6008]],
  ['a body of another type', '{}', 'text/plain', [400, 6003]],
]

const FAULTY: readonly (readonly [string, string])[] = [
  ['a faulty name', '{"name":""}'],
  ['faulty hostnames', '{"associated_hostnames":1}'],
  ['a foreign hostname', '{"associated_hostnames":["a.nobody.example"]}'],
  ['a body that is not an object', 'null'],
  ['a private key', '{"x":"-----BEGIN PRIVATE KEY-----"}'],
]

describe.each(SCOPES)('in %s', (path) => {
  it.each(UNREADABLE)('%s is refused', async (_, body, type, expected) => {
    const record = await add(tenant[path], tenant.authorization)
    expect(outcome(await send(record.path, tenant.authorization, body, type))).toEqual(expected)
  })

  it.each(UNREADABLE)('%s comes before a certificate that is not there', async (_, body, type, expected) => {
    const answer = await send(`${tenant[path]}/${NOBODY}`, tenant.authorization, body, type)
    expect(outcome(answer)).toEqual(expected)
  })

  it.each(FAULTY)('a certificate that is not there comes before %s', async (_, body) => {
    expect(outcome(await send(`${tenant[path]}/${NOBODY}`, tenant.authorization, body))).toEqual(NOT_FOUND)
  })

  it.each(FAULTY)("another account's certificate comes before %s", async (_, body) => {
    const other = await freshTenant()
    const { id } = await add(other[path], other.authorization)
    expect(outcome(await send(`${tenant[path]}/${id}`, tenant.authorization, body))).toEqual(NOT_FOUND)
  })
})

describe.each([
  ...UNREADABLE.map(([what, body, type]) => [what, body, type] as const),
  ...FAULTY.map(([what, body]) => [what, body, 'application/json'] as const),
])('before %s', (_, body, type) => {
  it.each<[string, (t: Tenant) => Promise<readonly [string, string]>, readonly unknown[]]>([
    ['the id is checked', async (t) => [`${t.accountPath}/x`, t.authorization], [404, 7003, 7000]],
    ['the credential is checked', async (t) => [`${t.accountPath}/${NOBODY}`, 'Bearer unknown'], [401, 10000]],
    [
      'the permission is checked',
      async (t) => [`${t.zonePath}/${NOBODY}`, await freshToken([account(t.accountId, 'read')])],
      FORBIDDEN,
    ],
    [
      'Access enabled is checked',
      async () => {
        const { zonePath, authorization } = await freshTenant({ enabled: false })
        return [`${zonePath}/${NOBODY}`, authorization]
      },
      [403, 9999],
    ],
  ])('%s', async (_check, request, expected) => {
    const [path, authorization] = await request(tenant)
    expect(outcome(await send(path, authorization, body, type))).toEqual(expected)
  })
})
