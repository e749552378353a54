import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { ROUTES } from '../../src/api/routes.ts'
import { type Answer, call } from '../support/api.ts'
import { type CrlTenant, crlTenantInUse } from '../support/crl.ts'
import { siblingZone } from '../support/family.ts'
import { NOW } from '../support/pki.ts'
import { freshId, freshTenant, freshToken } from '../support/requests.ts'
import { isLookup, ROUTE_REQUESTS, type RouteOfScope, type RouteRequest } from '../support/route-requests.ts'
import { account, addCredential, zone } from '../support/tenants.ts'

/** Every route with every kind of credential. A route without a row in test/support/route-requests.ts fails. */

type Headers = Readonly<Record<string, string>>
/** Status and first code; `done`: the route's own success. */
type Expected = 'done' | readonly [status: number, code: number]

const NO_CREDENTIAL: Expected = [400, 9106]
const MALFORMED: Expected = [400, 6003]
const UNKNOWN: Expected = [401, 10000]
const UNKNOWN_KEY: Expected = [403, 9103]
const FORBIDDEN: Expected = [403, 10000]
const NOT_ENABLED: Expected = [403, 9999]
/** What look-ups answer in place of `UNKNOWN` and `FORBIDDEN`. */
const CANNOT_LOOK_UP: Expected = [403, 9109]
/** What /tokens/verify says of what is no valid token. */
const NO_TOKEN: Expected = [401, 1000]

interface Kind {
  readonly headers: (tenant: CrlTenant) => Headers | Promise<Headers>
  /** What is answered where an account or zone is asked for. */
  readonly expected: (route: RouteOfScope) => Expected
  /** The same of /tokens/verify, which takes tokens only, and asks for some grant in the account that its path names, if any. */
  readonly verify: (ofAccount: boolean) => Expected
}

const bearer = async (token: Promise<string>): Promise<Headers> => ({ authorization: await token })
const always = (expected: Expected) => ({ expected: () => expected, verify: () => expected })
const invalid = { expected: () => UNKNOWN, verify: () => NO_TOKEN }
const mayDo = { expected: (): Expected => 'done', verify: (): Expected => 'done' }
const foreign = {
  expected: () => FORBIDDEN,
  verify: (ofAccount: boolean): Expected => (ofAccount ? FORBIDDEN : 'done'),
}
const reads = {
  expected: ({ isWrite }: RouteOfScope): Expected => (isWrite ? FORBIDDEN : 'done'),
  verify: (): Expected => 'done',
}
const inZone = { expected: ({ scope }: RouteOfScope): Expected => (scope === 'zones' ? 'done' : FORBIDDEN) }

const whole = ({ accountId }: CrlTenant) => [account(accountId)]

async function key(tenant: CrlTenant, more: Headers = {}): Promise<Headers> {
  const id = freshId()
  const secret = id + id.slice(0, 8)
  await addCredential(secret, whole(tenant), { id, kind: 'key', email: `${id}@key.example` })
  return { 'x-auth-email': `${id}@key.example`, 'x-auth-key': secret, ...more }
}

async function disabled(tenant: CrlTenant): Promise<Headers> {
  const authorization = await freshToken(whole(tenant))
  const id = authorization.slice(-32)
  await env.DB.prepare("UPDATE credentials SET status = 'disabled' WHERE id = ?1").bind(id).run()
  return { authorization }
}

const KINDS: Readonly<Record<string, Kind>> = {
  'no credential': { headers: () => ({}), ...always(NO_CREDENTIAL) },
  'a malformed header': { headers: () => ({ authorization: 'Bearer a b' }), ...always(MALFORMED) },
  'half a key pair': { headers: () => ({ 'x-auth-email': 'ops@key.example' }), ...always(MALFORMED) },
  'an unknown token': { headers: () => ({ authorization: 'Bearer nobody' }), ...invalid },
  'an unknown key pair': {
    headers: (tenant) => key(tenant, { 'x-auth-key': 'f'.repeat(40) }),
    expected: () => UNKNOWN_KEY,
    verify: () => NO_TOKEN,
  },
  'a disabled token': { headers: disabled, ...invalid },
  'an expired token': { headers: (t) => bearer(freshToken(whole(t), { expiresOn: NOW })), ...invalid },
  'a token that is not valid yet': { headers: (t) => bearer(freshToken(whole(t), { notBefore: NOW + 1 })), ...invalid },
  'a token without a grant': { headers: () => bearer(freshToken([])), ...foreign },
  'write on another account': {
    headers: async () => ({ authorization: (await freshTenant()).authorization }),
    ...foreign,
  },
  'write on another zone of the account': {
    headers: async (t) => bearer(freshToken([zone((await siblingZone(t)).id)])),
    expected: () => FORBIDDEN,
    verify: () => 'done',
  },
  'write on another zone, and read on this': {
    headers: async (t) => bearer(freshToken([zone((await siblingZone(t)).id), zone(t.zoneId, 'read')])),
    expected: ({ scope, isWrite }) => (scope === 'zones' && !isWrite ? 'done' : FORBIDDEN),
    verify: () => 'done',
  },
  'write on this zone': { headers: (t) => bearer(freshToken([zone(t.zoneId)])), ...mayDo, ...inZone },
  'read on the account': { headers: (t) => bearer(freshToken([account(t.accountId, 'read')])), ...reads },
  'write on the account': { headers: (t) => bearer(freshToken(whole(t))), ...mayDo },
  'a key pair with write on the account': { headers: (t) => key(t), ...mayDo, verify: () => NO_TOKEN },
  'an unknown token, and a good key pair': {
    headers: (t) => key(t, { authorization: 'Bearer nobody' }),
    ...invalid,
  },
}

/** Status and first code, as the table has them. */
const told = ({ status, body }: Answer, success: number): Expected => {
  const [error] = body.errors
  return error === undefined && status === success ? 'done' : [status, error?.code ?? 0]
}

const tenants = { accounts: undefined, zones: undefined } as Record<'accounts' | 'zones', CrlTenant | undefined>
beforeAll(async () => {
  tenants.accounts = await crlTenantInUse()
  tenants.zones = await crlTenantInUse(1, 'zonePath')
})

const send = ({ method, path, type, body }: RouteRequest, headers: Headers): Promise<Answer> =>
  call(path, { method, headers: { ...headers, 'content-type': type }, ...(body === undefined ? {} : { body }) })

let cells = 0

async function row(route: RouteOfScope, expectedOf: (kind: Kind) => Expected, tenant: CrlTenant) {
  const answered: Record<string, Expected> = {}
  const expected: Record<string, Expected> = {}
  for (const [name, kind] of Object.entries(KINDS)) {
    expected[name] = expectedOf(kind)
    answered[name] = told(await send(await route.request(tenant), await kind.headers(tenant)), route.status)
    cells += 1
  }
  return { answered, expected }
}

const expectedFor = (route: RouteOfScope) => (kind: Kind) => {
  if (isLookup(route.summary)) return lookUp(route, kind)
  return route.permission === undefined ? kind.verify(route.scoped) : kind.expected(route)
}

/** A list needs a valid credential, the user a valid key, and an account or zone the permission to read it. */
function lookUp(route: RouteOfScope, kind: Kind): Expected {
  const expected = kind.expected(route)
  if (expected === UNKNOWN) return CANNOT_LOOK_UP
  if (route.summary === 'Get the user') return userOf(kind, expected)
  if (expected !== FORBIDDEN) return expected
  return route.permission === undefined ? 'done' : CANNOT_LOOK_UP
}

const isValid = (expected: Expected) => expected === 'done' || expected === FORBIDDEN
const userOf = (kind: Kind, expected: Expected) =>
  isValid(expected) && kind.verify(false) !== NO_TOKEN ? CANNOT_LOOK_UP : expected

describe.each(ROUTE_REQUESTS)('$method: $summary, in $scope', (route) => {
  it('answers each kind of credential as the table says', async () => {
    expect(route.hasRow).toBe(true)
    const { answered, expected } = await row(
      route,
      expectedFor(route),
      tenants[route.scope] ?? (await crlTenantInUse()),
    )
    expect(answered).toEqual(expected)
  })
})

describe.each(['account', 'zone'] as const)('where the %s is switched off', (off) => {
  it.each(['accounts', 'zones'] as const)('%s: every route refuses whoever may, and verifies tokens', async (scope) => {
    const tenant = await crlTenantInUse(1, scope === 'accounts' ? 'accountPath' : 'zonePath')
    const [table, id] = off === 'account' ? ['accounts', tenant.accountId] : ['zones', tenant.zoneId]
    const enable = (enabled: number) =>
      env.DB.prepare(`UPDATE ${table} SET enabled = ?1 WHERE id = ?2`).bind(enabled, id).run()
    const isOff = off === 'account' || scope === 'zones'
    for (const route of ROUTE_REQUESTS.filter((one) => one.scope === scope)) {
      const request = await route.request(tenant)
      await enable(0)
      const answer = await send(request, { authorization: tenant.authorization })
      await enable(1)
      const refused = isOff && !isLookup(route.summary) && route.permission !== undefined ? NOT_ENABLED : 'done'
      const expected = route.summary === 'Get the user' ? CANNOT_LOOK_UP : refused
      expect([route.summary, told(answer, route.status)]).toEqual([route.summary, expected])
      cells += 1
    }
  })
})

it('every route is in the table', () => {
  expect(new Set(ROUTE_REQUESTS.map(({ summary }) => summary)).size).toBe(ROUTES.length)
  expect(cells).toBe(ROUTE_REQUESTS.length * (Object.keys(KINDS).length + 2))
  console.log(`credentials: ${ROUTES.length} routes in ${ROUTE_REQUESTS.length} scopes, ${cells} answers`)
})
