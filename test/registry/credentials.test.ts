import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { toHex } from '../../src/core/bytes.ts'
import type { NewCredential, NewGrant } from '../../src/store/provisioning.ts'
import { type Answer, type CallOptions, call } from '../support/api.ts'
import { NOW } from '../support/pki.ts'
import { certificatesOf, freshId, freshTenant, freshToken, soundBody, storedRows } from '../support/requests.ts'
import { account, addCredential, addZone, zone } from '../support/tenants.ts'

type Headers = Readonly<Record<string, string>>
type Tenant = Awaited<ReturnType<typeof freshTenant>>

/** Status and code of a POST with these headers. */
async function outcome(path: string, headers: Headers, options: CallOptions = {}) {
  const { status, body } = await send(path, headers, options)
  return [status, body.errors[0]?.code]
}

const send = (path: string, headers: Headers, options: CallOptions = {}): Promise<Answer> =>
  call(path, { method: 'POST', headers, body: new TextEncoder().encode(JSON.stringify(soundBody())), ...options })

const CREATED = [201, undefined]
const UNKNOWN_TOKEN = [401, 10000]
const UNKNOWN_KEY = [403, 9103]
const FORBIDDEN = [403, 10000]
const NOT_ENABLED = [403, 9999]

const presentToken = async (grants: readonly NewGrant[], more: Partial<NewCredential> = {}): Promise<Headers> => ({
  authorization: await freshToken(grants, more),
})

let keys = 0

/** Adds a key; returns the headers that present it. */
async function presentKey(grants: readonly NewGrant[], more: Partial<NewCredential> = {}): Promise<Headers> {
  keys += 1
  const secret = `c0ffee${keys.toString(16).padStart(34, '0')}`
  const email = `admin${keys}@example.com`
  await addCredential(secret, grants, { id: freshId(), kind: 'key', email, ...more })
  return { 'x-auth-email': email, 'x-auth-key': secret }
}

const KINDS = [
  ['token', presentToken, UNKNOWN_TOKEN],
  ['key', presentKey, UNKNOWN_KEY],
] as const

let tenant: Tenant
beforeAll(async () => {
  tenant = await freshTenant({ certificateQuota: 1000 })
})

describe.each(KINDS)('a %s', (_, present, refused) => {
  it('with a write grant on the account covers the account and its zones', async () => {
    const headers = await present([account(tenant.accountId)])
    expect(await outcome(tenant.accountPath, headers)).toEqual(CREATED)
    expect(await outcome(tenant.zonePath, headers)).toEqual(CREATED)
  })

  it('with a write grant on a zone covers that zone only', async () => {
    const headers = await present([zone(tenant.zoneId)])
    const sibling = await addZone(tenant.accountId, `${freshId()}.example`, { id: freshId() })
    expect(await outcome(tenant.zonePath, headers)).toEqual(CREATED)
    expect(await outcome(tenant.accountPath, headers)).toEqual(FORBIDDEN)
    expect(await outcome(certificatesOf('zones', sibling), headers)).toEqual(FORBIDDEN)
  })

  it.each([
    ['on the account', (t: Tenant) => [account(t.accountId, 'read')]],
    ['on the zone', (t: Tenant) => [zone(t.zoneId, 'read')]],
    ['on both', (t: Tenant) => [account(t.accountId, 'read'), zone(t.zoneId, 'read')]],
  ])('with a read grant %s may not write', async (_grant, grantsFor) => {
    const headers = await present(grantsFor(tenant))
    expect(await outcome(tenant.accountPath, headers)).toEqual(FORBIDDEN)
    expect(await outcome(tenant.zonePath, headers)).toEqual(FORBIDDEN)
    expect((await call(tenant.zonePath, { headers })).status).toBe(200)
  })

  it('with read on the account and write on its zone may write in the zone only', async () => {
    const headers = await present([account(tenant.accountId, 'read'), zone(tenant.zoneId)])
    expect(await outcome(tenant.zonePath, headers)).toEqual(CREATED)
    expect(await outcome(tenant.accountPath, headers)).toEqual(FORBIDDEN)
  })

  it('without a grant may do nothing', async () => {
    const headers = await present([])
    expect(await outcome(tenant.accountPath, headers)).toEqual(FORBIDDEN)
  })

  it('with grants on two accounts covers both', async () => {
    const other = await freshTenant()
    const headers = await present([account(tenant.accountId), account(other.accountId)])
    expect(await outcome(tenant.accountPath, headers)).toEqual(CREATED)
    expect(await outcome(other.zonePath, headers)).toEqual(CREATED)
  })

  it.each([
    ['a second before not_before', { notBefore: NOW }, NOW - 1, false],
    ['at not_before', { notBefore: NOW }, NOW, true],
    ['a second after not_before', { notBefore: NOW }, NOW + 1, true],
    ['a second before expires_on', { expiresOn: NOW }, NOW - 1, true],
    ['at expires_on', { expiresOn: NOW }, NOW, false],
    ['a second after expires_on', { expiresOn: NOW }, NOW + 1, false],
    ['in its only second', { notBefore: NOW, expiresOn: NOW + 1 }, NOW, true],
    ['after its only second', { notBefore: NOW, expiresOn: NOW + 1 }, NOW + 1, false],
  ])('%s: good is %o %i %s', async (_moment, bounds, now, good) => {
    const headers = await present([account(tenant.accountId)], bounds)
    expect(await outcome(tenant.accountPath, headers, { now })).toEqual(good ? CREATED : refused)
  })

  it('works until it is disabled', async () => {
    const id = freshId()
    const headers = await present([account(tenant.accountId)], { id })
    expect(await outcome(tenant.accountPath, headers)).toEqual(CREATED)
    await env.DB.prepare("UPDATE credentials SET status = 'disabled' WHERE id = ?1").bind(id).run()
    expect(await outcome(tenant.accountPath, headers)).toEqual(refused)
  })

  it("gets the same bytes for another tenant's id and for an unknown one", async () => {
    const other = await freshTenant()
    const headers = await present([account(tenant.accountId)])
    const answers = []
    for (const [kind, id] of [
      ['accounts', other.accountId],
      ['accounts', freshId()],
      ['zones', other.zoneId],
      ['zones', freshId()],
      // Ids in the path of the other kind of scope.
      ['accounts', other.zoneId],
      ['zones', other.accountId],
    ] as const) {
      const { status, text, headers: answered } = await send(certificatesOf(kind, id), headers)
      // A name that each request has, whatever it is answered.
      answered.delete('x-request-id')
      answers.push(JSON.stringify([status, text, [...answered]]))
    }
    expect(JSON.parse(answers[0] ?? '')[0]).toBe(403)
    expect(new Set(answers).size).toBe(1)
  })

  it.each([
    ['an account that is not enabled', { enabled: false }, {}, [NOT_ENABLED, NOT_ENABLED]],
    ['a zone that is not enabled', {}, { enabled: false }, [CREATED, NOT_ENABLED]],
    ['neither enabled', { enabled: false }, { enabled: false }, [NOT_ENABLED, NOT_ENABLED]],
  ])('needs Access to be enabled: %s', async (_state, ofAccount, ofZone, expected) => {
    const { accountId, accountPath } = await freshTenant(ofAccount)
    const zoneId = await addZone(accountId, `${freshId()}.example`, { id: freshId(), ...ofZone })
    const headers = await present([account(accountId)])
    const paths = [accountPath, certificatesOf('zones', zoneId)]
    expect(await Promise.all(paths.map((path) => outcome(path, headers)))).toEqual(expected)
  })
})

describe('a key', () => {
  it.each([
    ['upper case', (email: string) => email.toUpperCase()],
    ['mixed case', (email: string) => email.replace('admin', 'aDmIn')],
  ])('is accepted with its email in %s', async (_, written) => {
    const headers = await presentKey([account(tenant.accountId)])
    const email = written(headers['x-auth-email'] ?? '')
    expect(email).not.toBe(headers['x-auth-email'])
    expect(await outcome(tenant.accountPath, { ...headers, 'x-auth-email': email })).toEqual(CREATED)
  })

  it("is refused with another key's email", async () => {
    const [one, other] = [await presentKey([account(tenant.accountId)]), await presentKey([account(tenant.accountId)])]
    const mixed = { ...one, 'x-auth-email': other['x-auth-email'] ?? '' }
    expect(await outcome(tenant.accountPath, mixed)).toEqual(UNKNOWN_KEY)
  })

  it('is refused with one digit changed', async () => {
    const headers = await presentKey([account(tenant.accountId)])
    const changed = `${headers['x-auth-key']?.slice(0, -1)}f`
    expect(await outcome(tenant.accountPath, { ...headers, 'x-auth-key': changed })).toEqual(UNKNOWN_KEY)
  })

  it('is not accepted as a token', async () => {
    const headers = await presentKey([account(tenant.accountId)])
    const authorization = `Bearer ${headers['x-auth-key']}`
    expect(await outcome(tenant.accountPath, { authorization })).toEqual(UNKNOWN_TOKEN)
  })
})

describe('a token', () => {
  it('is not accepted as a key, with any email', async () => {
    const secret = 'd'.repeat(40)
    await addCredential(secret, [account(tenant.accountId)], { id: freshId() })
    expect(await outcome(tenant.accountPath, { authorization: `Bearer ${secret}` })).toEqual(CREATED)
    const asKey = { 'x-auth-email': 'admin1@example.com', 'x-auth-key': secret }
    expect(await outcome(tenant.accountPath, asKey)).toEqual(UNKNOWN_KEY)
  })

  it('is compared with regard to case', async () => {
    const { authorization = '' } = await presentToken([account(tenant.accountId)])
    const changed = authorization.replace('fresh-token', 'Fresh-Token')
    expect(await outcome(tenant.accountPath, { authorization: changed })).toEqual(UNKNOWN_TOKEN)
  })

  it.each(['bearer', 'BEARER', 'Bearer  '])('is accepted with the scheme written %s', async (scheme) => {
    const { authorization = '' } = await presentToken([account(tenant.accountId)])
    const written = authorization.replace('Bearer', scheme)
    expect(await outcome(tenant.accountPath, { authorization: written })).toEqual(CREATED)
  })
})

describe('if a token and a key are sent together, the token decides', () => {
  it.each([
    ['a key that is unknown', { 'x-auth-email': 'a@example.com', 'x-auth-key': 'a'.repeat(40) }],
    ['a key that is malformed', { 'x-auth-email': 'x', 'x-auth-key': 'y' }],
    ['an email alone', { 'x-auth-email': 'a@example.com' }],
  ])('a good token, with %s', async (_, key) => {
    const token = await presentToken([account(tenant.accountId)])
    expect(await outcome(tenant.accountPath, { ...token, ...key })).toEqual(CREATED)
  })

  it.each([
    ['unknown', { authorization: 'Bearer unknown' }, UNKNOWN_TOKEN],
    ['malformed', { authorization: 'Basic eA==' }, [400, 6003]],
    ['empty', { authorization: '' }, [400, 6003]],
  ])('a good key, with a token that is %s', async (_, token, expected) => {
    const key = await presentKey([account(tenant.accountId)])
    const before = await storedRows()
    expect(await outcome(tenant.accountPath, { ...key, ...token })).toEqual(expected)
    expect(await storedRows()).toEqual(before)
  })

  it('a good key, with a token without permission', async () => {
    const key = await presentKey([account(tenant.accountId)])
    const token = await presentToken([])
    expect(await outcome(tenant.accountPath, { ...key, ...token })).toEqual(FORBIDDEN)
  })
})

it('only the SHA-256 of a secret is stored', async () => {
  const { authorization = '' } = await presentToken([account(tenant.accountId)])
  const key = await presentKey([account(tenant.accountId)])
  const secrets = [authorization.slice('Bearer '.length), key['x-auth-key'] ?? '']
  const { results } = await env.DB.prepare('SELECT * FROM credentials').all()
  const dump = JSON.stringify(results)
  for (const secret of secrets) {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret)))
    expect(dump).toContain(toHex(digest))
    expect(dump).not.toContain(secret)
  }
})
