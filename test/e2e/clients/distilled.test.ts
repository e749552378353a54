import * as accounts from '@distilled.cloud/cloudflare/accounts'
import { fromApiKey, fromApiToken } from '@distilled.cloud/cloudflare/Credentials'
import * as user from '@distilled.cloud/cloudflare/user'
import * as zeroTrust from '@distilled.cloud/cloudflare/zero-trust'
import * as zones from '@distilled.cloud/cloudflare/zones'
import { Effect, Layer, Stream } from 'effect'
import { Fetch, layer as fetchLayer } from 'effect/unstable/http/FetchHttpClient'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../support/pki.ts'
import { admin, type FirstRun, migratedFolder, readFirstRun, type Server, startServer } from '../support/server.ts'

/** A client that checks every answer with a schema, and has an error class for each code that it knows. */

/** A certificate id that no record has. */
const NO_SUCH_ID = '63b92c05-8635-4a44-ae8d-45236af35d00'

const folder = migratedFolder()
let server: Server
let first: FirstRun
let key: { readonly email: string; readonly apiKey: string }
/** What the client sent since this was last emptied, retries included. */
let sent: string[] = []

beforeAll(async () => {
  server = await startServer(folder.path)
  first = readFirstRun(server.output())
  const email = 'effect@example.com'
  const { key: apiKey = '' } = await admin(
    folder.path,
    ...['key', 'create', '--email', email, '--account', first.accountId, '--permission', 'write'],
  )
  key = { email, apiKey }
})
afterAll(async () => {
  await server?.stop()
  folder.remove()
})

type Credentials = ReturnType<typeof fromApiToken>

/** The client appends paths to the base URL unchanged, so a slash at its end is doubled. */
const apiBaseUrl = (end: string) => `${server.origin}/client/v4${end}`
const byToken = (apiToken = first.token, end = '/') => fromApiToken({ apiToken, apiBaseUrl: apiBaseUrl(end) })
const byKey = (end = '') => fromApiKey({ ...key, apiBaseUrl: apiBaseUrl(end) })

type Needs = Effect.Services<ReturnType<typeof zeroTrust.getAccessCertificateForAccount>>

/** Runs one call to its end; `change` can alter the answer of the service. */
function run<A, E>(
  call: Effect.Effect<A, E, Needs>,
  credentials: Credentials = byToken(),
  change: (response: Response) => Promise<Response> = async (response) => response,
): Promise<A> {
  const recorded: typeof fetch = async (url, init) => {
    sent.push(`${init?.method ?? 'GET'} ${String(url).replace(server.origin, '')}`)
    return change(await fetch(url, init))
  }
  const transport = fetchLayer.pipe(Layer.provide(Layer.succeed(Fetch, recorded)))
  return Effect.runPromise(call.pipe(Effect.provide(Layer.mergeAll(transport, credentials))))
}

const failure = <A, E>(call: Effect.Effect<A, E, Needs>, credentials?: Credentials) =>
  run(call.pipe(Effect.flip), credentials)

/** Its operations on one scope. */
const SCOPES = {
  account: () => {
    const scope = { accountId: first.accountId }
    const to = (certificateId: string) => ({ ...scope, certificateId })
    return {
      create: (body: NewCertificate) => zeroTrust.createAccessCertificateForAccount({ ...scope, ...body }),
      get: (id: string) => zeroTrust.getAccessCertificateForAccount(to(id)),
      update: (id: string, body: Change) => zeroTrust.updateAccessCertificateForAccount({ ...to(id), ...body }),
      remove: (id: string) => zeroTrust.deleteAccessCertificateForAccount(to(id)),
      list: (page: Page) => zeroTrust.listAccessCertificatesForAccount.items({ ...scope, ...page }),
      put: (settings: Setting[]) => zeroTrust.putAccessCertificateSettingForAccount({ ...scope, settings }),
      settings: () => zeroTrust.getAccessCertificateSettingForAccount(scope),
    }
  },
  zone: () => {
    const scope = { zoneId: first.zoneId }
    const to = (certificateId: string) => ({ ...scope, certificateId })
    return {
      create: (body: NewCertificate) => zeroTrust.createAccessCertificateForZone({ ...scope, ...body }),
      get: (id: string) => zeroTrust.getAccessCertificateForZone(to(id)),
      update: (id: string, body: Change) => zeroTrust.updateAccessCertificateForZone({ ...to(id), ...body }),
      remove: (id: string) => zeroTrust.deleteAccessCertificateForZone(to(id)),
      list: (page: Page) => zeroTrust.listAccessCertificatesForZone.items({ ...scope, ...page }),
      put: (settings: Setting[]) => zeroTrust.putAccessCertificateSettingForZone({ ...scope, settings }),
      settings: () => zeroTrust.getAccessCertificateSettingForZone(scope),
    }
  },
} as const

type NewCertificate = Omit<zeroTrust.CreateAccessCertificateForAccountRequest, 'accountId'>
type Change = Omit<zeroTrust.UpdateAccessCertificateForAccountRequest, 'accountId' | 'certificateId'>
type Setting = zeroTrust.PutAccessCertificateSettingForAccountRequest['settings'][number]
type Page = { readonly perPage?: number }

const CASES = (['account', 'zone'] as const).flatMap((scope) => [
  { scope, scheme: 'a token', credentials: () => byToken() },
  { scope, scheme: 'an email and a key', credentials: () => byKey() },
])

describe.each(CASES)('distilled.cloud’s client, $scope, $scheme', ({ scope, credentials }) => {
  const certificate = root()
  let id = ''
  const ask = <A, E>(call: (of: ReturnType<(typeof SCOPES)[typeof scope]>) => Effect.Effect<A, E, Needs>) =>
    run(call(SCOPES[scope]()), credentials())

  it('creates, gets and lists a certificate', async () => {
    const body = { certificate, name: 'Effect', associatedHostnames: ['B.example.com', 'a.example.com'] }
    const created = await ask(({ create }) => create(body))
    id = created.id ?? ''
    expect(created).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'Effect',
      fingerprint: expect.stringMatching(/^MD5 Fingerprint=(?:[0-9A-F]{2}:){15}[0-9A-F]{2}$/),
      associatedHostnames: ['B.example.com', 'a.example.com'],
      expiresOn: '2035-01-01T00:00:00Z',
    })
    expect(await ask(({ get }) => get(id))).toEqual(created)
    const listed = await ask(({ list }) => Stream.runCollect(list({ perPage: 1 })))
    expect([...listed]).toContainEqual(created)
  })

  it('puts and gets settings', async () => {
    const on = { hostname: 'effect.example.com', chinaNetwork: false, clientCertificateForwarding: true }
    const off = { ...on, clientCertificateForwarding: false }
    expect((await ask(({ put }) => put([on]))).result).toEqual([on])
    expect((await ask(({ settings }) => settings())).result).toEqual([on])
    expect((await ask(({ put }) => put([off]))).result).toEqual([off])
    expect((await ask(({ settings }) => settings())).result).toEqual([])
  })

  it('updates and deletes it', async () => {
    const inUse = await ask(({ remove }) => remove(id).pipe(Effect.flip))
    expect(inUse).toMatchObject({
      _tag: 'Conflict',
      message: 'access.api.error.conflict: certificate has active associations',
    })
    const renamed = await ask(({ update }) => update(id, { associatedHostnames: [], name: 'Renamed' }))
    expect(renamed).toMatchObject({ id, name: 'Renamed', associatedHostnames: [] })
    expect(await ask(({ remove }) => remove(id))).toEqual({ id })
    const gone = await ask(({ get }) => get(id).pipe(Effect.flip))
    expect(gone).toMatchObject({
      _tag: 'AccessCertificateNotFound',
      code: 12135,
      message: 'access.api.error.not_found: certificate not found',
    })
  })
})

it('its schemas read zones, accounts and the user', async () => {
  const found = await run(zones.listZones({ name: 'example.com', account: { id: first.accountId } }))
  expect(found.result.map(({ id }) => id)).toEqual([first.zoneId])
  expect(await run(zones.getZone({ zoneId: first.zoneId }))).toEqual(found.result[0])
  const { result } = await run(accounts.listAccounts({}))
  expect(result.map(({ id }) => id)).toEqual([first.accountId])
  expect(await run(accounts.getAccount({ accountId: first.accountId }))).toEqual(result[0])
  expect(await run(user.getUser({}), byKey())).toMatchObject({ email: key.email, suspended: false })
  expect(await failure(zones.getZone({ zoneId: '0'.repeat(32) }))).toMatchObject({ _tag: 'InvalidZoneIdentifier' })
})

it('its pages have each certificate once, in order', async () => {
  const { create, list } = SCOPES.account()
  const ids: unknown[] = []
  for (const name of ['one', 'two', 'three', 'four', 'five']) {
    ids.push((await run(create({ certificate: root(), name }))).id)
  }
  sent = []
  const listed = [...(await run(Stream.runCollect(list({ perPage: 2 }))))]
  expect(listed.map((one) => one.id)).toEqual(ids)
  // The last page is empty, since the client does not use total_pages.
  expect(sent).toHaveLength(4)
})

it('its base URL may end in a slash, which the client doubles', async () => {
  sent = []
  await run(SCOPES.account().settings(), byToken(first.token, '/'))
  expect(sent).toEqual([`GET /client/v4//accounts/${first.accountId}/access/certificates/settings`])
})

it('its schema refuses an answer of another shape', async () => {
  const { create, remove } = SCOPES.account()
  const { id = '' } = await run(create({ certificate: root(), name: 'shape' }))
  const wrong = async (response: Response) =>
    new Response((await response.text()).replace(/"fingerprint":"[^"]*"/, '"fingerprint":5'), response)
  const refused = run(SCOPES.account().get(id ?? ''), byToken(), wrong)
  await expect(refused).rejects.toMatchObject({ statusText: 'Schema decode failed' })
  await run(remove(id ?? ''))
})

describe('each error has its class in the client, after one request', () => {
  const account = () => SCOPES.account()
  const known = root()
  const create = (more: Partial<NewCertificate>) => account().create({ certificate: root(), name: 'x', ...more })

  beforeAll(() => run(create({ certificate: known })))

  it.each([
    ['an empty name', 'BadRequest', () => failure(create({ name: '' }))],
    ['a foreign hostname', 'BadRequest', () => failure(create({ associatedHostnames: ['a.example.org'] }))],
    ['the same certificate again', 'Conflict', () => failure(create({ certificate: known }))],
    ['an unknown token', 'Unauthorized', () => failure(account().settings(), byToken('x'.repeat(40)))],
    ['a malformed token', 'Unauthorized', () => failure(account().settings(), byToken('{no token}'))],
    ['an id of another form', 'InvalidRoute', () => failure(account().get('nonsense'))],
    ['an id that is not there', 'AccessCertificateNotFound', () => failure(account().remove(NO_SUCH_ID))],
  ])('%s: %s', async (_, tag, call) => {
    sent = []
    expect(await call()).toMatchObject({ _tag: tag })
    expect(sent).toHaveLength(1)
  })

  it('a reached quota: AccessCertificateQuotaExceeded', async () => {
    const { id: accountId = '' } = await admin(folder.path, 'account', 'add', '--name', 'none', '--quota', '0')
    const { token } = await admin(folder.path, 'token', 'create', '--account', accountId, '--permission', 'write')
    const call = zeroTrust.createAccessCertificateForAccount({ accountId, certificate: root(), name: 'x' })
    expect(await failure(call, byToken(token))).toMatchObject({ _tag: 'AccessCertificateQuotaExceeded', code: 12130 })
  })
})
