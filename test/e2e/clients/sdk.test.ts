import { X509Certificate } from 'node:crypto'
import Cloudflare from 'cloudflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rfc3339 } from '../../../src/core/rfc3339.ts'
import { publicRoot } from '../support/roots.ts'
import { admin, type FirstRun, migratedFolder, readFirstRun, type Server, startServer } from '../support/server.ts'

/** The example answer of the API reference, "Add an mTLS certificate". */
const REFERENCE_EXAMPLE = {
  id: 'f174e90a-fafe-4643-bbbc-4a0ed4fc8415',
  associated_hostnames: ['admin.example.com'],
  created_at: '2014-01-01T05:20:00.12345Z',
  expires_on: '2014-01-01T05:20:00.12345Z',
  fingerprint: 'MD5 Fingerprint=1E:80:0F:7A:FD:31:55:96:DE:D5:CB:E2:F0:91:F6:91',
  name: 'Allow devs',
  updated_at: '2014-01-01T05:20:00.12345Z',
}

describe('the official TypeScript SDK, with only its baseURL changed', () => {
  const folder = migratedFolder()
  let server: Server
  let first: FirstRun
  let requests = 0

  /** Counts the requests that the SDK sends, retries included. */
  const client = (options: { apiToken?: string | null; apiKey?: string | null; apiEmail?: string | null }) =>
    new Cloudflare({
      apiToken: null,
      apiKey: null,
      apiEmail: null,
      ...options,
      baseURL: `${server.origin}/client/v4`,
      fetch: (url, init) => {
        requests += 1
        return fetch(url, init)
      },
    })

  beforeAll(async () => {
    server = await startServer(folder.path)
    first = readFirstRun(server.output())
  })
  afterAll(async () => {
    await server.stop()
    folder.remove()
  })

  it('adds a certificate to an account; every field has the form of the API reference', async () => {
    const pem = publicRoot(0)
    const added = await client({ apiToken: first.token }).zeroTrust.access.certificates.create({
      account_id: first.accountId,
      certificate: pem,
      name: 'Allow devs',
      associated_hostnames: ['admin.example.com'],
    })
    expect(Object.keys(added).sort()).toEqual(Object.keys(REFERENCE_EXAMPLE).sort())
    const { validTo } = new X509Certificate(pem)
    expect(added).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      name: REFERENCE_EXAMPLE.name,
      associated_hostnames: REFERENCE_EXAMPLE.associated_hostnames,
      fingerprint: expect.stringMatching(/^MD5 Fingerprint=(?:[0-9A-F]{2}:){15}[0-9A-F]{2}$/),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      updated_at: Reflect.get(added, 'created_at'),
      expires_on: rfc3339(Date.parse(validTo) / 1_000),
    })
  })

  it('adds a certificate to a zone', async () => {
    const added = await client({ apiToken: first.token }).zeroTrust.access.certificates.create({
      zone_id: first.zoneId,
      certificate: publicRoot(1),
      name: 'zone root',
    })
    expect(added).toMatchObject({ name: 'zone root', associated_hostnames: [] })
  })

  it('works with an email and a key, and with a token beside them, which decides', async () => {
    const { email = '', key = '' } = await admin(
      folder.path,
      'key',
      'create',
      '--email',
      'a@example.com',
      '--zone',
      first.zoneId,
      '--permission',
      'write',
    )
    const { certificates } = client({ apiEmail: email, apiKey: key }).zeroTrust.access
    await certificates.create({ zone_id: first.zoneId, certificate: publicRoot(2), name: 'by key' })
    // The key has no grant on the account; the token has one.
    const both = client({ apiToken: first.token, apiEmail: email, apiKey: key }).zeroTrust.access.certificates
    await both.create({ account_id: first.accountId, certificate: publicRoot(3), name: 'by token' })
    await expect(
      certificates.create({ account_id: first.accountId, certificate: publicRoot(4), name: 'by key' }),
    ).rejects.toThrow(Cloudflare.PermissionDeniedError)
  })

  it('finds the account and the zone by name, as far as its credential may see them', async () => {
    const { zones, accounts, user } = client({ apiToken: first.token })
    const found = await zones.list({ name: 'example.com', account: { id: first.accountId }, match: 'all' })
    expect(found.result.map(({ id, name, status }) => [id, name, status])).toEqual([
      [first.zoneId, 'example.com', 'active'],
    ])
    expect(found.result_info).toMatchObject({ page: 1, per_page: 20 })
    expect(await zones.get({ zone_id: first.zoneId })).toEqual(found.result[0])
    const seen = []
    for await (const account of accounts.list({ per_page: 1 })) seen.push(account)
    expect(seen.map(({ id }) => id)).toEqual([first.accountId])
    expect(await accounts.get({ account_id: first.accountId })).toEqual(seen[0])
    expect((await zones.list({ name: 'example.org' })).result).toEqual([])
    await expect(zones.get({ zone_id: '0'.repeat(32) })).rejects.toMatchObject({
      status: 403,
      errors: [{ code: 9109, message: 'Invalid zone identifier' }],
    })
    await expect(user.get()).rejects.toThrow(Cloudflare.PermissionDeniedError)
    const { email = '', key = '' } = await admin(
      folder.path,
      ...['key', 'create', '--email', 'who@example.com', '--zone', first.zoneId, '--permission', 'read'],
    )
    expect(await client({ apiEmail: email, apiKey: key }).user.get()).toMatchObject({ email, suspended: false })
  })

  it('gets a ConflictError for a certificate that was already added, after one request', async () => {
    const { certificates } = client({ apiToken: first.token }).zeroTrust.access
    requests = 0
    const again = certificates.create({ account_id: first.accountId, certificate: publicRoot(0), name: 'again' })
    await expect(again).rejects.toMatchObject({
      status: 409,
      errors: [{ code: 12132, message: 'access.api.error.conflict: certificate already exists' }],
    })
    await expect(again).rejects.toThrow(Cloudflare.ConflictError)
    expect(requests).toBe(1)
  })

  it('gets a BadRequestError with every fault of a body', async () => {
    const { certificates } = client({ apiToken: first.token }).zeroTrust.access
    await expect(
      certificates.create({
        account_id: first.accountId,
        certificate: 'not a certificate',
        name: '',
        associated_hostnames: ['https://admin.example.com', 'admin.example.org'],
      }),
    ).rejects.toMatchObject({
      status: 400,
      errors: [
        { code: 12130, source: { pointer: '/name' } },
        { code: 12130, source: { pointer: '/certificate' } },
        { code: 12130, source: { pointer: '/associated_hostnames/0' } },
        { code: 12130, source: { pointer: '/associated_hostnames/1' } },
      ],
    })
  })

  it('gets an AuthenticationError for a wrong token', async () => {
    const { certificates } = client({ apiToken: 'wrong' }).zeroTrust.access
    await expect(
      certificates.create({ account_id: first.accountId, certificate: publicRoot(5), name: 'x' }),
    ).rejects.toThrow(Cloudflare.AuthenticationError)
  })

  it('is told that a quota of 0 is reached', async () => {
    const account = await admin(folder.path, 'account', 'add', '--name', 'no entitlement', '--quota', '0')
    const { token = '' } = await admin(
      folder.path,
      ...['token', 'create', '--account', account['id'] ?? '', '--permission', 'write'],
    )
    await expect(
      client({ apiToken: token }).zeroTrust.access.certificates.create({
        account_id: account['id'] ?? '',
        certificate: publicRoot(5),
        name: 'x',
      }),
    ).rejects.toMatchObject({
      errors: [
        { code: 12130, message: 'access.api.error.invalid_request: maximum number of certificates has been reached' },
      ],
    })
  })
})
