import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, call, post } from '../support/api.ts'
import { get, NOBODY, put, remove, type Tenant } from '../support/family.ts'
import { NOW } from '../support/pki.ts'
import { certificatesOf, freshId, freshTenant, freshToken, soundBody } from '../support/requests.ts'
import { account, addCredential, zone } from '../support/tenants.ts'

/** A denied request gets the reason if its sender may know it; status and code stay the same. */
let tenant: Tenant
let other: Tenant
beforeAll(async () => {
  tenant = await freshTenant()
  other = await freshTenant()
})

const first = ({ status, body }: Answer) => [status, body.errors[0]?.code, body.errors[0]?.message]

const ITS_AN_ACCOUNT =
  'Authentication error: this is the id of an account: put it behind /accounts/, or the id of a zone behind /zones/'
const ITS_A_ZONE =
  'Authentication error: this is the id of a zone: put it behind /zones/, or the id of its account behind /accounts/'

describe('a write with read permission is told so', () => {
  const READ_ONLY = [403, 10000, 'Authentication error: this token may read here, but not write']

  it.each<[string, (t: Tenant) => Parameters<typeof freshToken>[0], readonly ('accountPath' | 'zonePath')[]]>([
    ['on the account', (t) => [account(t.accountId, 'read')], ['accountPath', 'zonePath']],
    ['on the zone', (t) => [zone(t.zoneId, 'read')], ['zonePath']],
  ])('%s', async (_, grants, paths) => {
    const authorization = await freshToken(grants(tenant))
    for (const path of paths) {
      expect(first(await post(tenant[path], authorization, soundBody()))).toEqual(READ_ONLY)
      expect(first(await put(`${tenant[path]}/${NOBODY}`, authorization, {}))).toEqual(READ_ONLY)
      expect(first(await remove(`${tenant[path]}/${NOBODY}`, authorization))).toEqual(READ_ONLY)
    }
  })

  it('with a key', async () => {
    const [email, key] = ['reader@denied.example', `ab${freshId()}${freshId()}`]
    await addCredential(key, [account(tenant.accountId, 'read')], { id: freshId(), kind: 'key', email })
    const headers = { 'x-auth-email': email, 'x-auth-key': key }
    const answer = await call(tenant.accountPath, { method: 'POST', headers, body: '{}' })
    expect(first(answer)).toEqual([403, 10000, 'Authentication error: this key may read here, but not write'])
  })

  it('but not without read permission there', async () => {
    const authorization = await freshToken([zone(tenant.zoneId, 'read'), account(other.accountId, 'read')])
    expect(first(await post(tenant.accountPath, authorization, soundBody()))).toEqual([
      403,
      10000,
      'Authentication error',
    ])
  })
})

describe('an id of the other kind of scope is named', () => {
  const paths = (t: Tenant) => [certificatesOf('accounts', t.zoneId), certificatesOf('zones', t.accountId)]

  it.each(['read', 'write'] as const)('with the permission to %s the account, hence both', async (permission) => {
    const authorization = await freshToken([account(tenant.accountId, permission)])
    for (const [index, path] of paths(tenant).entries()) {
      const words = index === 0 ? ITS_A_ZONE : ITS_AN_ACCOUNT
      expect(first(await get(path, authorization))).toEqual([403, 10000, words])
      expect(first(await post(path, authorization, soundBody()))).toEqual([403, 10000, words])
    }
  })

  it.each<[string, () => Promise<string>]>([
    ['a token of another account', async () => other.authorization],
    ['a token of one of the zones', () => freshToken([zone(tenant.zoneId)])],
    ['a token without grants', () => freshToken([])],
  ])('but not to %s: it gets the same bytes as for an unknown id', async (_, authorizationFor) => {
    const authorization = await authorizationFor()
    const nobody = await get(certificatesOf('zones', freshId()), authorization)
    expect(first(nobody)).toEqual([403, 10000, 'Authentication error'])
    for (const path of paths(tenant)) expect((await get(path, authorization)).text).toBe(nobody.text)
  })

  it('if it is that of a certificate in place of a scope, or the other way round, by its form alone', async () => {
    const swapped: readonly [string, RegExp][] = [
      [certificatesOf('accounts', NOBODY), /is invalid\? A UUID is the id of a certificate: .* 32 hexadecimal digits$/],
      [certificatesOf('zones', NOBODY), /is invalid\? A UUID is the id of a certificate/],
      [
        `${tenant.accountPath}/${tenant.accountId}`,
        /is invalid\? 32 hexadecimal digits are the id of an account or zone/,
      ],
      [`${tenant.zonePath}/${freshId()}`, /is invalid\? 32 hexadecimal digits are the id of an account or zone/],
    ]
    for (const [path, words] of swapped) {
      for (const authorization of [tenant.authorization, 'Bearer unknown']) {
        expect(first(await get(path, authorization))).toEqual([404, 7003, expect.stringMatching(words)])
      }
    }
  })
})

describe('an expired or not yet valid secret is told so', () => {
  it.each<[string, object, string]>([
    ['expired', { expiresOn: NOW - 60 }, ': this token expired on 2026-05-31T23:59:00Z'],
    ['not valid yet', { notBefore: NOW + 60 }, ': this token is not valid before 2026-06-01T00:01:00Z'],
    ['both', { notBefore: NOW - 120, expiresOn: NOW - 60 }, ': this token expired on 2026-05-31T23:59:00Z'],
  ])('a token: %s', async (_, bounds, why) => {
    // With any grants and on any path, since the sender knows the secret.
    const authorization = await freshToken([account(tenant.accountId)], bounds)
    for (const path of [tenant.accountPath, other.zonePath, certificatesOf('zones', freshId())]) {
      expect(first(await get(path, authorization))).toEqual([401, 10000, `Authentication error${why}`])
    }
  })

  it('a key', async () => {
    const [email, key] = ['late@denied.example', `cd${freshId()}${freshId()}`]
    const bounds = { id: freshId(), kind: 'key', email, expiresOn: NOW } as const
    await addCredential(key, [account(tenant.accountId)], bounds)
    const answer = await call(tenant.accountPath, { headers: { 'x-auth-email': email, 'x-auth-key': key } })
    const words = 'Unknown X-Auth-Key or X-Auth-Email: this key expired on 2026-06-01T00:00:00Z'
    expect(first(answer)).toEqual([403, 9103, words])
    const stranger = await call(tenant.accountPath, {
      headers: { 'x-auth-email': 'x@denied.example', 'x-auth-key': key },
    })
    expect(first(stranger)).toEqual([403, 9103, 'Unknown X-Auth-Key or X-Auth-Email'])
  })

  it.each<[string, object]>([
    ['expired', { expiresOn: NOW - 60 }],
    ['not valid yet', { notBefore: NOW + 60 }],
    ['valid for a while already', { notBefore: NOW - 60 }],
  ])('but not a disabled one: it gets the same bytes as an unknown one: %s', async (_, bounds) => {
    const id = freshId()
    const authorization = await freshToken([account(tenant.accountId)], { id, ...bounds })
    await env.DB.prepare("UPDATE credentials SET status = 'disabled' WHERE id = ?1").bind(id).run()
    for (const path of [tenant.accountPath, '/client/v4/user/tokens/verify']) {
      const unknown = await get(path, 'Bearer unknown')
      expect((await get(path, authorization)).text).toBe(unknown.text)
      expect(unknown.body.errors[0]?.message).toMatch(/^(?:Authentication error|Invalid API Token)$/)
    }
  })
})
