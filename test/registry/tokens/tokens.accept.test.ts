import { describe, expect, it } from 'vitest'
import { get, type Tenant } from '../../support/family.ts'
import { NOW } from '../../support/pki.ts'
import { freshId, freshTenant, freshToken } from '../../support/requests.ts'
import { account, addCredential, addZone, zone } from '../../support/tenants.ts'

const VERIFY = '/client/v4/user/tokens/verify'
const underAccount = (id: string) => `/client/v4/accounts/${id}/tokens/verify`

/** The exact body for a valid token. */
const active = (id: string, bounds: Readonly<Record<string, string>> = {}) =>
  JSON.stringify({
    result: { id, status: 'active', ...bounds },
    success: true,
    errors: [],
    messages: [{ code: 10000, message: 'This API Token is valid and active', type: null }],
  })

describe('GET /user/tokens/verify', () => {
  it('says that the token is active, by its id', async () => {
    const id = freshId()
    const authorization = await freshToken([], { id })
    for (const path of [VERIFY, VERIFY.replace('/client/v4', ''), `${VERIFY}?x=1`]) {
      const answer = await get(path, authorization)
      expect(answer.status).toBe(200)
      expect(answer.text).toBe(active(id))
      expect(answer.headers.get('content-type')).toBe('application/json; charset=UTF-8')
      expect(answer.headers.get('cache-control')).toBe('no-store')
    }
  })

  it.each<[string, { notBefore?: number; expiresOn?: number }, number, Readonly<Record<string, string>>]>([
    ['not_before', { notBefore: NOW }, NOW, { not_before: '2026-06-01T00:00:00Z' }],
    ['expires_on', { expiresOn: NOW + 1 }, NOW, { expires_on: '2026-06-01T00:00:01Z' }],
    [
      'both',
      { notBefore: NOW - 86_400, expiresOn: NOW + 86_400 },
      NOW,
      { not_before: '2026-05-31T00:00:00Z', expires_on: '2026-06-02T00:00:00Z' },
    ],
    ['a not_before long ago', { notBefore: 0 }, NOW, { not_before: '1970-01-01T00:00:00Z' }],
  ])('shows %s if set', async (_, more, now, bounds) => {
    const id = freshId()
    const authorization = await freshToken([], { id, ...more })
    expect((await get(VERIFY, authorization, { now })).text).toBe(active(id, bounds))
  })

  it.each<[string, (t: Tenant) => Parameters<typeof freshToken>[0]]>([
    ['no grant', () => []],
    ['a read grant', (t) => [account(t.accountId, 'read')]],
    ['grants on an account and a zone', (t) => [account(t.accountId), zone(t.zoneId)]],
  ])('accepts a token with %s', async (_, grantsFor) => {
    const id = freshId()
    const authorization = await freshToken(grantsFor(await freshTenant()), { id })
    expect((await get(VERIFY, authorization)).text).toBe(active(id))
  })

  it('accepts a token of an account where Access is not enabled', async () => {
    const { authorization } = await freshTenant({ enabled: false })
    expect((await get(VERIFY, authorization)).status).toBe(200)
  })

  it('uses the token if a key pair comes with it', async () => {
    const id = freshId()
    const authorization = await freshToken([], { id })
    const key = 'd4'.repeat(20)
    await addCredential(key, [], { id: freshId(), kind: 'key', email: 'a@verify.example' })
    const headers = { 'x-auth-email': 'a@verify.example', 'x-auth-key': key }
    expect((await get(VERIFY, authorization, { headers })).text).toBe(active(id))
  })
})

describe('GET /accounts/{id}/tokens/verify says the same of a token with', () => {
  it.each<[string, (t: Tenant, sibling: string) => Parameters<typeof freshToken>[0]]>([
    ['a write grant on the account', (t) => [account(t.accountId)]],
    ['a read grant on the account', (t) => [account(t.accountId, 'read')]],
    ['a grant on a zone of it', (t) => [zone(t.zoneId, 'read')]],
    ['a grant on another zone of it', (_, sibling) => [zone(sibling)]],
    ['both', (t) => [account(t.accountId), zone(t.zoneId)]],
  ])('%s', async (_, grantsFor) => {
    const tenant = await freshTenant()
    const sibling = await addZone(tenant.accountId, `${freshId()}.example`, { id: freshId() })
    const id = freshId()
    const authorization = await freshToken(grantsFor(tenant, sibling), { id, expiresOn: NOW + 60 })
    const path = underAccount(tenant.accountId)
    for (const one of [path, path.replace('/client/v4', '')]) {
      const answer = await get(one, authorization)
      expect(answer.status).toBe(200)
      expect(answer.text).toBe(active(id, { expires_on: '2026-06-01T00:01:00Z' }))
    }
  })

  it('grants on two accounts, under both', async () => {
    const tenants = [await freshTenant(), await freshTenant()]
    const id = freshId()
    const authorization = await freshToken(
      tenants.map(({ accountId }) => account(accountId)),
      { id },
    )
    for (const { accountId } of tenants)
      expect((await get(underAccount(accountId), authorization)).text).toBe(active(id))
  })
})
