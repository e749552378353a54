import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../support/api.ts'
import { get, type Tenant } from '../../support/family.ts'
import { NOW } from '../../support/pki.ts'
import { bare, freshId, freshTenant, freshToken } from '../../support/requests.ts'
import { account, zone } from '../../support/tenants.ts'

const API = '/client/v4'

let tenant: Tenant
let other: Tenant
beforeAll(async () => {
  tenant = await freshTenant()
  other = await freshTenant()
})

const INVALID = { account: 'Invalid account identifier', zone: 'Invalid zone identifier' }

describe('403 9109: what another account owns answers byte for byte like what does not exist', () => {
  it.each<[string, () => Promise<string>]>([
    ['write on another account', async () => other.authorization],
    ['another zone', () => freshToken([zone(other.zoneId)])],
    ['no grant', () => freshToken([])],
  ])('with %s', async (_, authorizationFor) => {
    const authorization = await authorizationFor()
    for (const [kind, id, path] of [
      ['zone', tenant.zoneId, '/zones/'],
      ['zone', tenant.accountId, '/zones/'],
      ['account', tenant.accountId, '/accounts/'],
      ['account', tenant.zoneId, '/accounts/'],
    ] as const) {
      const nobodys = await get(`${API}${path}${freshId()}`, authorization)
      const theirs = await get(`${API}${path}${id}`, authorization)
      const errors = [{ code: 9109, message: INVALID[kind] }]
      expect(theirs.status).toBe(403)
      expect(bare(theirs.body)).toStrictEqual({ result: null, success: false, errors, messages: [] })
      expect([theirs.status, theirs.text]).toEqual([nobodys.status, nobodys.text])
    }
    const listed = await get(`${API}/zones?name=${tenant.domain}`, authorization)
    const nobodys = await get(`${API}/zones?name=nobody.example`, authorization)
    expect([listed.status, listed.text]).toEqual([200, nobodys.text])
    const ofAccount = await get(`${API}/zones?account.id=${tenant.accountId}`, authorization)
    expect(ofAccount.text).toBe((await get(`${API}/zones?account.id=${freshId()}`, authorization)).text)
  })

  it('the account of a zone, to a token of that zone', async () => {
    const authorization = await freshToken([zone(tenant.zoneId)])
    expect((await get(`${API}/zones/${tenant.zoneId}`, authorization)).status).toBe(200)
    const { status, body } = await get(`${API}/accounts/${tenant.accountId}`, authorization)
    expect([status, body.errors]).toEqual([403, [{ code: 9109, message: INVALID.account }]])
  })
})

const PATHS = ['/accounts', '/zones', '/user', `/accounts/${'0'.repeat(32)}`, `/zones/${'0'.repeat(32)}`]

describe.each(PATHS)('%s', (path) => {
  it.each<[string, () => Promise<string>, string]>([
    ['an unknown token', async () => 'Bearer unknown', ''],
    ['an expired one', () => freshToken([], { expiresOn: NOW }), ': it expired on 2026-06-01T00:00:00Z'],
    [
      'one that is not valid yet',
      () => freshToken([], { notBefore: NOW + 1 }),
      ': it is not valid before 2026-06-01T00:00:01Z',
    ],
  ])('403 9109 for %s, whatever else is wrong', async (_, authorizationFor, why) => {
    const { status, body } = await get(`${API}${path}?page=x`, await authorizationFor())
    expect([status, body.errors]).toEqual([403, [{ code: 9109, message: `Invalid access token${why}` }]])
  })

  it('403 9103 for an unknown key', async () => {
    const headers = { 'x-auth-email': 'ops@key.example', 'x-auth-key': 'f'.repeat(40) }
    const { status, body } = await call(`${API}${path}`, { headers })
    expect([status, body.errors[0]?.code]).toEqual([403, 9103])
  })

  it('400 9106 without credentials', async () => {
    const { status, body } = await call(`${API}${path}`)
    expect([status, body.errors[0]?.code]).toEqual([400, 9106])
  })
})

it('403 9109 for a token that asks for its user', async () => {
  const { status, body } = await get(`${API}/user`, await freshToken([account(tenant.accountId)]))
  expect([status, body.errors]).toEqual([
    403,
    [
      {
        code: 9109,
        message: expect.stringMatching(/^Unauthorized to access requested resource: a token belongs to no user/),
      },
    ],
  ])
})

it.each(['/zones/x', '/accounts/x', `/zones/${'A'.repeat(32)}`, '/zones/63b92c05-8635-4a44-ae8d-45236af35d00'])(
  '404 7003 for %s',
  async (path) => {
    const { status, body } = await get(`${API}${path}`, tenant.authorization)
    expect([status, ...body.errors.map(({ code }) => code)]).toEqual([404, 7003, 7000])
  },
)

it.each([
  ['/zones?page=x', 'page must be a whole number from 1 to 999999999999999, given once'],
  ['/zones?per_page=1001', 'per_page must be a whole number from 1 to 1000, given once'],
  ['/zones?name=a.example&name=b.example', 'name must be given once'],
  ['/zones?account.id=a&account.id=b', 'account.id must be given once'],
  ['/accounts?name=a&name=b', 'name must be given once'],
  ['/accounts?per_page=-1', 'per_page must be a whole number from 1 to 1000, given once'],
])('400 12130 for %s', async (path, detail) => {
  const { status, body } = await get(`${API}${path}`, tenant.authorization)
  expect([status, body.errors]).toEqual([
    400,
    [{ code: 12130, message: `access.api.error.invalid_request: ${detail}` }],
  ])
})
