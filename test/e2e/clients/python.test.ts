import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../support/pki.ts'
import {
  admin,
  type FirstRun,
  migratedFolder,
  readFirstRun,
  runCommand,
  type Server,
  startServer,
  temporaryFolder,
} from '../support/server.ts'

/** The interpreter that has Debian's modules. */
const PYTHON = '/usr/bin/python3'
const CLIENT = fileURLToPath(new URL('../support/client.py', import.meta.url))

/** One call of the client. */
interface Call {
  readonly endpoint: string
  readonly method: 'get' | 'post' | 'put' | 'delete'
  readonly ids: readonly string[]
  readonly params?: Readonly<Record<string, string | number>>
  readonly data?: unknown
}

/** Its result: the client's `raw` answer, or its CloudFlareAPIError. */
interface Outcome {
  readonly result?: unknown
  readonly result_info?: Readonly<Record<string, number>>
  readonly error?: { readonly code: number; readonly message: string; readonly chain: readonly unknown[] }
}

/** Runs the client without our environment, so that only the given configuration counts. */
async function python(environment: Readonly<Record<string, string>>, call: Call): Promise<Outcome> {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const run = await runCommand('env', ['-i', ...variables, PYTHON, CLIENT], JSON.stringify(call))
  if (run.code !== 0) throw new Error(run.stderr)
  return JSON.parse(run.stdout)
}

const installed = await runCommand(PYTHON, ['-c', 'import CloudFlare']).then(
  ({ code }) => code === 0,
  () => false,
)

describe.skipIf(!installed)('Debian’s python3-cloudflare, with only its configuration changed', () => {
  let folder: ReturnType<typeof temporaryFolder>
  let home: ReturnType<typeof temporaryFolder>
  let server: Server
  let first: FirstRun
  /** In the environment: a token. */
  let byToken: Readonly<Record<string, string>>
  /** In ~/.cloudflare/cloudflare.cfg: an email and a key. */
  let byFile: Readonly<Record<string, string>>

  beforeAll(async () => {
    folder = migratedFolder()
    home = temporaryFolder()
    server = await startServer(folder.path)
    first = readFirstRun(server.output())
    const { email = '', key = '' } = await admin(
      folder.path,
      ...['key', 'create', '--email', 'ops@example.com', '--account', first.accountId, '--permission', 'write'],
    )
    const baseUrl = `${server.origin}/client/v4`
    byToken = {
      HOME: folder.path,
      CLOUDFLARE_API_URL: baseUrl,
      CLOUDFLARE_API_TOKEN: first.token,
      // The settings are not among the client's own endpoints.
      CLOUDFLARE_API_EXTRAS: '/accounts/:id/access/certificates/settings /zones/:id/access/certificates/settings',
    }
    byFile = { HOME: home.path }
    mkdirSync(join(home.path, '.cloudflare'))
    const lines = ['[CloudFlare]', `base_url = ${baseUrl}`, `email = ${email}`, `key = ${key}`]
    writeFileSync(join(home.path, '.cloudflare', 'cloudflare.cfg'), lines.join('\n'))
  })
  afterAll(async () => {
    await server?.stop()
    folder.remove()
    home.remove()
  })

  const CASES = [
    { scope: 'accounts', scheme: 'a token in the environment', given: () => byToken, id: () => first.accountId },
    { scope: 'zones', scheme: 'a token in the environment', given: () => byToken, id: () => first.zoneId },
    { scope: 'accounts', scheme: 'email and key in a file', given: () => byFile, id: () => first.accountId },
    { scope: 'zones', scheme: 'email and key in a file', given: () => byFile, id: () => first.zoneId },
  ] as const

  describe.each(CASES)('access.certificates of $scope with $scheme', ({ scope, given, id }) => {
    const endpoint = `${scope}.access.certificates`
    const certificate = root()
    let record: Readonly<Record<string, unknown>> = {}
    const call = (method: Call['method'], ids: readonly unknown[], more: Partial<Call> = {}) =>
      python(given(), { endpoint, method, ids: [id(), ...ids.map(String)], ...more })

    it('post creates a certificate', async () => {
      const data = { name: 'From Python', certificate, associated_hostnames: ['Py.example.com'] }
      const { result } = await call('post', [], { data })
      record = Object(result)
      expect(record).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        name: 'From Python',
        fingerprint: expect.stringMatching(/^MD5 Fingerprint=/),
        associated_hostnames: ['Py.example.com'],
        created_at: expect.any(String),
        updated_at: record['created_at'],
        expires_on: '2035-01-01T00:00:00Z',
      })
    })

    it('get lists it, with its page, and gets it by its id', async () => {
      const { result, result_info } = await call('get', [], { params: { page: 1, per_page: 100 } })
      expect(result).toContainEqual(record)
      const count = Object(result).length
      expect(result_info).toEqual({ count, page: 1, per_page: 100, total_count: count, total_pages: 1 })
      expect(await call('get', [record['id']])).toEqual({ result: record })
    })

    it('a second post of it fails with 12132', async () => {
      expect(await call('post', [], { data: { name: 'again', certificate } })).toEqual({
        error: { code: 12132, message: 'access.api.error.conflict: certificate already exists', chain: [] },
      })
    })

    it('put replaces the hostnames, and delete requires that there are none', async () => {
      const renamed = { name: 'Renamed', associated_hostnames: ['b.example.com', 'a.example.com'] }
      expect((await call('put', [record['id']], { data: renamed })).result).toMatchObject(renamed)
      expect(await call('delete', [record['id']])).toEqual({
        error: { code: 12132, message: 'access.api.error.conflict: certificate has active associations', chain: [] },
      })
      const cleared = await call('put', [record['id']], { data: { associated_hostnames: [] } })
      expect(cleared.result).toMatchObject({ name: 'Renamed', associated_hostnames: [] })
      expect(await call('delete', [record['id']])).toEqual({ result: { id: record['id'] } })
      expect(await call('get', [record['id']])).toEqual({
        error: { code: 12135, message: 'access.api.error.not_found: certificate not found', chain: [] },
      })
    })
  })

  it.each([
    ['accounts', () => first.accountId],
    ['zones', () => first.zoneId],
  ] as const)('%s.access.certificates.settings, an endpoint of its `extras`: put and get', async (scope, id) => {
    const endpoint = `${scope}.access.certificates.settings`
    const setting = { hostname: 'py.example.com', china_network: false, client_certificate_forwarding: true }
    const put = (settings: readonly object[]) =>
      python(byToken, { endpoint, method: 'put', ids: [id()], data: { settings } })
    expect(await put([setting])).toEqual({ result: [setting] })
    expect(await python(byToken, { endpoint, method: 'get', ids: [id()] })).toEqual({ result: [setting] })
    await put([{ hostname: 'py.example.com' }])
    expect(await python(byToken, { endpoint, method: 'get', ids: [id()] })).toEqual({ result: [] })
  })

  it('zones, accounts and user: get', async () => {
    const zones = await python(byToken, { endpoint: 'zones', method: 'get', ids: [], params: { name: 'example.com' } })
    expect(zones).toMatchObject({ result: [{ id: first.zoneId, account: { id: first.accountId } }] })
    const accounts = await python(byFile, { endpoint: 'accounts', method: 'get', ids: [] })
    expect(accounts).toMatchObject({ result: [{ id: first.accountId, type: 'standard' }] })
    const ofKey = await python(byFile, { endpoint: 'user', method: 'get', ids: [] })
    expect(ofKey).toMatchObject({ result: { email: 'ops@example.com' } })
    const ofToken = await python(byToken, { endpoint: 'user', method: 'get', ids: [] })
    expect(ofToken).toMatchObject({ error: { code: 9109 } })
  })

  it('user.tokens.verify', async () => {
    const verify = { endpoint: 'user.tokens.verify', method: 'get', ids: [] } as const
    expect(await python(byToken, verify)).toMatchObject({ result: { status: 'active' } })
    expect(await python({ ...byToken, CLOUDFLARE_API_TOKEN: 'x'.repeat(40) }, verify)).toMatchObject({
      error: { code: 1000, message: 'Invalid API Token' },
    })
  })

  it('shows the error chain of a malformed token', async () => {
    const list = { endpoint: 'accounts.access.certificates', method: 'get', ids: [first.accountId] } as const
    expect(await python({ ...byToken, CLOUDFLARE_API_TOKEN: '{no token}' }, list)).toEqual({
      error: {
        code: 6003,
        message: 'Invalid request headers',
        chain: [{ code: 6111, message: 'Invalid format for Authorization header' }],
      },
    })
  })
})
