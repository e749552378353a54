import { createHash, X509Certificate } from 'node:crypto'
import Cloudflare from 'cloudflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../support/pki.ts'
import { admin, type FirstRun, migratedFolder, readFirstRun, type Server, startServer } from '../support/server.ts'

interface Credentials {
  readonly apiToken?: string
  readonly apiEmail?: string
  readonly apiKey?: string
}

type ErrorClass = abstract new (...args: never[]) => Error

/** A certificate id that no record has. */
const NO_SUCH_ID = '63b92c05-8635-4a44-ae8d-45236af35d00'

const folder = migratedFolder()
let server: Server
let first: FirstRun
/** A key with the permissions of the first run's token, and a known key without permissions there. */
let key: Credentials
let otherKey: Credentials
/** What the SDK sent since this was last emptied, retries included. */
let sent: string[] = []

const run = (...args: readonly string[]) => admin(folder.path, ...args)

/** The SDK with only its baseURL changed, and a record of what it sends. */
function sdk(credentials: Credentials, change: (response: Response) => Response = (response) => response) {
  return new Cloudflare({
    apiToken: null,
    apiKey: null,
    apiEmail: null,
    ...credentials,
    baseURL: `${server.origin}/client/v4`,
    fetch: async (url, init) => {
      const { pathname, search } = new URL(String(url instanceof Request ? url.url : url))
      sent.push(`${init?.method?.toUpperCase() ?? 'GET'} ${pathname.replace('/client/v4', '')}${search}`)
      return change(await fetch(url, init))
    },
  })
}

async function keyFor(email: string, ...grants: readonly string[]): Promise<Credentials> {
  const { key: apiKey = '' } = await run('key', 'create', '--email', email, '--permission', 'write', ...grants)
  return { apiEmail: email, apiKey }
}

async function tokenFor(...grants: readonly string[]): Promise<Credentials> {
  const { token = '' } = await run('token', 'create', '--permission', 'write', ...grants)
  return { apiToken: token }
}

async function accountWith(...options: readonly string[]): Promise<{ id: string; token: Credentials }> {
  const { id = '' } = await run('account', 'add', '--name', 'another', ...options)
  return { id, token: await tokenFor('--account', id) }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

const fingerprint = (pem: string) => {
  const md5 = createHash('md5').update(new X509Certificate(pem).raw).digest('hex').toUpperCase()
  return `MD5 Fingerprint=${md5.replace(/..(?!$)/g, '$&:')}`
}

beforeAll(async () => {
  server = await startServer(folder.path)
  first = readFirstRun(server.output())
  key = await keyFor('ops@example.com', '--account', first.accountId)
  const { id: elsewhere = '' } = await run('account', 'add', '--name', 'elsewhere')
  otherKey = await keyFor('elsewhere@example.com', '--account', elsewhere)
})
afterAll(async () => {
  await server?.stop()
  folder.remove()
})

const SCOPES = {
  account: () => ({ account_id: first.accountId }),
  zone: () => ({ zone_id: first.zoneId }),
}

const SCHEMES: Readonly<Record<string, () => Credentials>> = {
  'a token': () => ({ apiToken: first.token }),
  'an email and a key': () => key,
  // The key has no permission here, so a success is due to the token.
  'a token beside a key of elsewhere': () => ({ apiToken: first.token, ...otherKey }),
}

const COMBINATIONS = Object.entries(SCOPES).flatMap(([scope, ids]) =>
  Object.entries(SCHEMES).map(([scheme, credentials]) => ({ scope, scheme, ids, credentials })),
)

describe.each(COMBINATIONS)('every method of the official TypeScript SDK, $scope, $scheme', ({ ids, credentials }) => {
  const pem = root()
  let id = ''
  const certificates = () => sdk(credentials()).zeroTrust.access.certificates

  it('certificates.create', async () => {
    const { data, response } = await certificates()
      .create({ ...ids(), certificate: pem, name: 'Family', associated_hostnames: ['B.example.com', 'a.example.com'] })
      .withResponse()
    expect(response.status).toBe(201)
    id = data.id ?? ''
    expect(data).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'Family',
      fingerprint: fingerprint(pem),
      associated_hostnames: ['B.example.com', 'a.example.com'],
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      updated_at: Reflect.get(data, 'created_at'),
      expires_on: '2035-01-01T00:00:00Z',
    })
  })

  it('certificates.get and certificates.list show what was created', async () => {
    const got = await certificates().get(id, ids())
    expect(got).toMatchObject({ id, name: 'Family', associated_hostnames: ['B.example.com', 'a.example.com'] })
    expect(await all(certificates().list(ids()))).toContainEqual(got)
  })

  it('certificates.update replaces hostnames and name, and keeps the name if none is given', async () => {
    const before = await certificates().get(id, ids())
    const renamed = await certificates().update(id, {
      ...ids(),
      name: 'Renamed',
      associated_hostnames: ['c.example.com', 'A.example.com'],
    })
    expect(renamed).toEqual({
      ...before,
      name: 'Renamed',
      associated_hostnames: ['c.example.com', 'A.example.com'],
      updated_at: expect.any(String),
    })
    expect(await certificates().get(id, ids())).toEqual(renamed)
    const one = await certificates().update(id, { ...ids(), associated_hostnames: ['a.example.com'] })
    expect(one).toMatchObject({ name: 'Renamed', associated_hostnames: ['a.example.com'] })
  })

  it('certificates.settings.update and .settings.get', async () => {
    const { settings } = certificates()
    const on = { hostname: 'set.example.com', china_network: false, client_certificate_forwarding: true }
    const { data, response } = await settings.update({ ...ids(), settings: [on] }).withResponse()
    expect(response.status).toBe(202)
    expect(data.result).toEqual([on])
    expect(await all(settings.get(ids()))).toEqual([on])
    const off = { ...on, client_certificate_forwarding: false }
    expect(await all(settings.update({ ...ids(), settings: [off] }))).toEqual([off])
    expect(await all(settings.get(ids()))).toEqual([])
  })

  it('certificates.delete is refused at once while there is a hostname, then succeeds', async () => {
    sent = []
    const refused = certificates().delete(id, ids())
    await expect(refused).rejects.toThrow(Cloudflare.ConflictError)
    await expect(refused).rejects.toMatchObject({
      status: 409,
      errors: [{ code: 12132, message: 'access.api.error.conflict: certificate has active associations' }],
    })
    expect(sent).toHaveLength(1)
    await certificates().update(id, { ...ids(), associated_hostnames: [] })
    expect(await certificates().delete(id, ids())).toEqual({ id })
    const gone = certificates().get(id, ids())
    await expect(gone).rejects.toThrow(Cloudflare.NotFoundError)
    const message = 'access.api.error.not_found: certificate not found'
    await expect(gone).rejects.toMatchObject({ errors: [{ code: 12135, message }] })
    expect((await all(certificates().list(ids()))).map((one) => one.id)).not.toContain(id)
  })
})

describe.each(Object.keys(SCOPES))('for await over the certificates of one %s', (scope) => {
  let ids: { account_id: string } | { zone_id: string }
  let client: Cloudflare
  const created: object[] = []

  beforeAll(async () => {
    const { id: account = '' } = await run('account', 'add', '--name', 'many', '--quota', '1000')
    client = sdk(await tokenFor('--account', account))
    ids = { account_id: account }
    if (scope !== 'zone') return
    const { id: zone = '' } = await run('zone', 'add', '--account', account, '--domain', 'many.example')
    ids = { zone_id: zone }
  })

  it.each([
    { count: 0, requests: 1 },
    { count: 1, requests: 2 },
    { count: 50, requests: 2 },
    { count: 51, requests: 3 },
    { count: 120, requests: 4 },
  ])('$count certificates, each once and in order, with $requests requests', async ({ count, requests }) => {
    while (created.length < count) {
      const name = `certificate ${created.length}`
      created.push(await client.zeroTrust.access.certificates.create({ ...ids, certificate: root(), name }))
    }
    sent = []
    const listed = await all(client.zeroTrust.access.certificates.list(ids))
    expect(sent).toHaveLength(requests)
    expect(listed).toEqual(created)
  })

  it('takes another page size', async () => {
    sent = []
    const pages = await all((await client.zeroTrust.access.certificates.list({ ...ids, per_page: 70 })).iterPages())
    expect(pages.map((page) => page.result.length)).toEqual([70, 50, 0])
    expect(pages.map((page) => page.result_info)).toEqual([
      { count: 70, page: 1, per_page: 70, total_count: 120, total_pages: 2 },
      { count: 50, page: 2, per_page: 70, total_count: 120, total_pages: 2 },
      { count: 0, page: 3, per_page: 70, total_count: 120, total_pages: 2 },
    ])
    expect(sent.map((request) => request.split('?')[1])).toEqual([
      'per_page=70',
      'per_page=70&page=2',
      'per_page=70&page=3',
    ])
  })
})

describe('token verification with the official TypeScript SDK', () => {
  it('user.tokens.verify and accounts.tokens.verify', async () => {
    const { id, token = '' } = await run(
      ...['token', 'create', '--account', first.accountId, '--permission', 'read'],
      ...['--not-before', '2020-01-01T00:00:00Z', '--expires-on', '2099-01-01T00:00:00Z'],
    )
    const expected = { id, status: 'active', not_before: '2020-01-01T00:00:00Z', expires_on: '2099-01-01T00:00:00Z' }
    const client = sdk({ apiToken: token })
    expect(await client.user.tokens.verify()).toEqual(expected)
    expect(await client.accounts.tokens.verify({ account_id: first.accountId })).toEqual(expected)
    const never = await tokenFor('--account', first.accountId, '--expires', 'never')
    const timeless = await sdk(never).user.tokens.verify()
    expect(timeless).toEqual({ id: expect.stringMatching(/^[0-9a-f]{32}$/), status: 'active' })
  })

  it('an unknown token is an AuthenticationError, code 1000, after one request', async () => {
    sent = []
    const verified = sdk({ apiToken: 'x'.repeat(40) }).user.tokens.verify()
    await expect(verified).rejects.toThrow(Cloudflare.AuthenticationError)
    await expect(verified).rejects.toMatchObject({ errors: [{ code: 1000, message: 'Invalid API Token' }] })
    expect(sent).toHaveLength(1)
  })
})

describe('error classes and codes of the official TypeScript SDK, each after one request', () => {
  const pem = root()
  const { BadRequestError, AuthenticationError, PermissionDeniedError, NotFoundError, ConflictError, APIError } =
    Cloudflare
  const certificates = (credentials: Credentials = { apiToken: first.token }) =>
    sdk(credentials).zeroTrust.access.certificates
  const create = (more: { name?: string; certificate?: string; associated_hostnames?: string[] } = {}) =>
    certificates().create({ account_id: first.accountId, name: 'x', certificate: root(), ...more })
  const setting = (hostname: string, china_network = false) => ({
    hostname,
    china_network,
    client_certificate_forwarding: true,
  })
  const put = (...settings: readonly ReturnType<typeof setting>[]) =>
    all(certificates().settings.update({ account_id: first.accountId, settings: [...settings] }))

  beforeAll(async () => {
    await create({ certificate: pem })
  })

  it.each<[string, number, number, ErrorClass, () => Promise<unknown>]>([
    ['a name that is empty', 400, 12130, BadRequestError, () => create({ name: '' })],
    ['a text that is not PEM', 400, 12130, BadRequestError, () => create({ certificate: 'none' })],
    ['a foreign hostname', 400, 12130, BadRequestError, () => create({ associated_hostnames: ['a.example.org'] })],
    ['a negative page', 400, 12130, BadRequestError, () => all(certificates().list({ ...SCOPES.account(), page: -1 }))],
    ['a setting of a foreign hostname', 400, 12036, BadRequestError, () => put(setting('a.example.org'))],
    ['a setting of the China network', 400, 12130, BadRequestError, () => put(setting('a.example.com', true))],
    [
      'a key of another form',
      400,
      6003,
      BadRequestError,
      () => all(certificates({ apiEmail: 'a@example.com', apiKey: 'zz' }).list(SCOPES.account())),
    ],
    [
      'a token that is unknown',
      401,
      10000,
      AuthenticationError,
      () => all(certificates({ apiToken: 'x'.repeat(40) }).list(SCOPES.account())),
    ],
    [
      'a token that is unknown beside a key that is good',
      401,
      10000,
      AuthenticationError,
      () => all(certificates({ ...key, apiToken: 'x'.repeat(40) }).list(SCOPES.account())),
    ],
    [
      'a key that is unknown',
      403,
      9103,
      PermissionDeniedError,
      () => all(certificates({ apiEmail: 'a@example.com', apiKey: 'a'.repeat(37) }).list(SCOPES.account())),
    ],
    [
      "another account's key",
      403,
      10000,
      PermissionDeniedError,
      () => all(certificates(otherKey).settings.get(SCOPES.zone())),
    ],
    ['an id that is not there', 404, 12135, NotFoundError, () => certificates().get(NO_SUCH_ID, SCOPES.account())],
    [
      'an id to delete that is not there',
      404,
      12135,
      NotFoundError,
      () => certificates().delete(NO_SUCH_ID, SCOPES.zone()),
    ],
    ['an id of another form', 404, 7003, NotFoundError, () => certificates().get('nonsense', SCOPES.account())],
    ['an account id of another form', 404, 7003, NotFoundError, () => all(certificates().list({ account_id: 'x' }))],
    ['the same certificate again', 409, 12132, ConflictError, () => create({ certificate: pem })],
    ['a body of 300 KiB', 413, 6008, APIError, () => create({ certificate: 'x'.repeat(300 * 1024) })],
  ])('%s: %i, %i', async (_, status, code, errorClass, call) => {
    sent = []
    const error = await call().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(errorClass)
    expect(error).toMatchObject({ status, errors: [{ code }, ...(code === 7003 ? [{ code: 7000 }] : [])] })
    expect(sent).toHaveLength(1)
  })

  it('a certificate of the account is not one of its zone', async () => {
    const { id = '' } = await create()
    const calls = [
      () => certificates().get(id, SCOPES.zone()),
      () => certificates().update(id, { ...SCOPES.zone(), associated_hostnames: [] }),
      () => certificates().delete(id, SCOPES.zone()),
    ]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ status: 404, errors: [{ code: 12135 }] })
  })

  it('a token that may only read: 403, 10000', async () => {
    const reader = certificates(await tokenFor('--account', first.accountId, '--permission', 'read'))
    await all(reader.list(SCOPES.account()))
    await all(reader.settings.get(SCOPES.account()))
    const writes = [
      () => reader.create({ ...SCOPES.account(), certificate: root(), name: 'x' }),
      () => reader.update(NO_SUCH_ID, { ...SCOPES.account(), associated_hostnames: [] }),
      () => reader.delete(NO_SUCH_ID, SCOPES.account()),
      () => all(reader.settings.update({ ...SCOPES.account(), settings: [] })),
    ]
    for (const write of writes) {
      const error = await write().catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(PermissionDeniedError)
      const message = 'Authentication error: this token may read here, but not write'
      expect(error).toMatchObject({ status: 403, errors: [{ code: 10000, message }] })
    }
  })

  it('an account that is not enabled: 403, 9999', async () => {
    const { id, token } = await accountWith('--disabled')
    await expect(all(certificates(token).list({ account_id: id }))).rejects.toMatchObject({
      status: 403,
      errors: [{ code: 9999, message: expect.stringMatching(/^access\.api\.error\.not_enabled: /) }],
    })
  })

  it('an account with a quota of 0 lists nothing, and accepts nothing', async () => {
    const { id, token } = await accountWith('--quota', '0')
    expect(await all(certificates(token).list({ account_id: id }))).toEqual([])
    const message = 'access.api.error.invalid_request: maximum number of certificates has been reached'
    const added = certificates(token).create({ account_id: id, certificate: root(), name: 'x' })
    await expect(added).rejects.toMatchObject({ status: 400, errors: [{ code: 12130, message }] })
  })

  it('would retry twice without x-should-retry', async () => {
    const forgetful = sdk({ apiToken: first.token }, (response) => {
      const headers = new Headers(response.headers)
      expect(headers.get('x-should-retry')).toBe('false')
      headers.delete('x-should-retry')
      return new Response(response.body, { status: response.status, headers })
    })
    sent = []
    await expect(
      forgetful.zeroTrust.access.certificates.create({ ...SCOPES.account(), certificate: pem, name: 'again' }),
    ).rejects.toThrow(ConflictError)
    expect(sent).toHaveLength(3)
  })
})
