import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, call } from '../../support/api.ts'
import { get, outcome, type Tenant } from '../../support/family.ts'
import { NOW } from '../../support/pki.ts'
import { bare, freshId, freshTenant, freshToken } from '../../support/requests.ts'
import { account, addCredential, zone } from '../../support/tenants.ts'

const VERIFY = '/client/v4/user/tokens/verify'
const underAccount = (id: string) => `/client/v4/accounts/${id}/tokens/verify`

let tenant: Tenant
beforeAll(async () => {
  tenant = await freshTenant()
})

function expectInvalid({ status, headers, body }: Answer, why = ''): void {
  expect(status).toBe(401)
  expect(headers.get('content-type')).toBe('application/json; charset=UTF-8')
  const errors = [{ code: 1000, message: `Invalid API Token${why}` }]
  expect(bare(body)).toStrictEqual({ result: null, success: false, errors, messages: [] })
}

type Headers = Readonly<Record<string, string>>

/** Credentials that are well formed but not valid now. Those that exist have a grant on the account. */
const BAD: readonly (readonly [string, (t: Tenant) => Promise<Headers>, why?: string])[] = [
  ['an unknown token', async () => ({ authorization: 'Bearer unknown' })],
  [
    'an expired token',
    async (t) => ({ authorization: await freshToken([account(t.accountId)], { expiresOn: NOW - 1 }) }),
    ': it expired on 2026-05-31T23:59:59Z',
  ],
  [
    'a token that expires this second',
    async (t) => ({ authorization: await freshToken([account(t.accountId)], { expiresOn: NOW }) }),
    ': it expired on 2026-06-01T00:00:00Z',
  ],
  [
    'a token that is valid from the next second on',
    async (t) => ({ authorization: await freshToken([account(t.accountId)], { notBefore: NOW + 1 }) }),
    ': it is not valid before 2026-06-01T00:00:01Z',
  ],
  [
    'a disabled token',
    async (t) => {
      const id = freshId()
      const authorization = await freshToken([account(t.accountId)], { id })
      expect((await get(VERIFY, authorization)).status).toBe(200)
      await env.DB.prepare("UPDATE credentials SET status = 'disabled' WHERE id = ?1").bind(id).run()
      return { authorization }
    },
  ],
  [
    'a good token in another case',
    async (t) => ({ authorization: t.authorization.replace('fresh-token', 'FRESH-token') }),
  ],
  [
    'a key pair that is good elsewhere',
    async (t) => {
      const email = `${freshId()}@example.com`
      const key = `e5${freshId()}${freshId()}`
      await addCredential(key, [account(t.accountId)], { id: freshId(), kind: 'key', email })
      const headers = { 'x-auth-email': email, 'x-auth-key': key }
      expect((await call(t.accountPath, { headers })).status).toBe(200)
      return headers
    },
  ],
  [
    'the key of a good pair as a token',
    async (t) => {
      const key = `e6${freshId()}${freshId()}`
      await addCredential(key, [account(t.accountId)], { id: freshId(), kind: 'key', email: 'a@bearer.example' })
      return { authorization: `Bearer ${key}` }
    },
  ],
  ['an unknown key pair', async () => ({ 'x-auth-email': 'nobody@example.com', 'x-auth-key': 'a'.repeat(37) })],
]

describe('401 1000', () => {
  it.each(BAD.map(([what, headersFor, why = '']) => [what, headersFor, why] as const))(
    '%s',
    async (_, headersFor, why) => {
      const headers = await headersFor(tenant)
      expectInvalid(await call(VERIFY, { headers }), why)
      expectInvalid(await call(underAccount(tenant.accountId), { headers }), why)
    },
  )
})

describe('403 10000 under an account, a good token', () => {
  it.each<[string, (t: Tenant, other: Tenant) => Parameters<typeof freshToken>[0]]>([
    ['of another account', (_, other) => [account(other.accountId)]],
    ['of a zone of another account', (_, other) => [zone(other.zoneId)]],
    ['without a grant', () => []],
  ])('%s: answered as for an unknown account', async (_, grantsFor) => {
    const authorization = await freshToken(grantsFor(tenant, await freshTenant()))
    expect((await get(VERIFY, authorization)).status).toBe(200)
    const answers = [
      await get(underAccount(tenant.accountId), authorization),
      await get(underAccount('0'.repeat(32)), authorization),
      await get(underAccount(tenant.zoneId), authorization),
    ]
    for (const answer of answers) expect(outcome(answer)).toEqual([403, 10000])
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  })
})

describe('before the token is looked up', () => {
  it.each<[string, string, Headers, readonly unknown[]]>([
    ['no credentials', VERIFY, {}, [400, 9106]],
    ['another scheme', VERIFY, { authorization: 'Basic eA==' }, [400, 6003]],
    ['an empty token', VERIFY, { authorization: 'Bearer ' }, [400, 6003]],
    ['a malformed key pair', VERIFY, { 'x-auth-key': 'x' }, [400, 6003]],
    ['a malformed account id', underAccount('x'), { authorization: 'Bearer x' }, [404, 7003, 7000]],
    ['an account id in upper case', underAccount('A'.repeat(32)), { authorization: 'Bearer x' }, [404, 7003, 7000]],
  ])('%s', async (_, path, headers, expected) => {
    expect(outcome(await call(path, { headers }))).toEqual(expected)
  })
})
