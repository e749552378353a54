import Cloudflare from 'cloudflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assertNoPublicSuffix } from '../../../scripts/admin/public-suffix.ts'
import { publicRoot } from '../support/roots.ts'
import { admin, runScript, type Server, startServer, temporaryFolder } from '../support/server.ts'

/** Adds a zone to an unknown account, in a database that does not exist. */
const zoneOf = (domain: string, ...more: readonly string[]) => [
  ...['zone', 'add', '--account', '0'.repeat(32), '--domain', domain],
  ...more,
]

describe('npm run admin', () => {
  const folder = temporaryFolder()
  const atFolder = ['--persist-to', folder.path]
  let accountId = ''

  beforeAll(async () => {
    // No server has run yet: this command makes the tables.
    const account = await admin(
      folder.path,
      'account',
      'add',
      '--name',
      "O'Reilly; DROP TABLE accounts --",
      '--quota',
      '7',
    )
    accountId = account['id'] ?? ''
  })
  afterAll(() => folder.remove())

  it('adds an account with any characters in its name', async () => {
    expect(await admin(folder.path, 'account', 'list')).toMatchObject({
      accounts: [{ id: accountId, name: "O'Reilly; DROP TABLE accounts --", enabled: true, quota: 7 }],
    })
  })

  it('shows quotas, and sets the given ones', async () => {
    const before = await admin(folder.path, 'account', 'quota', accountId)
    expect(before).toMatchObject({
      id: accountId,
      quotas: {
        certificates: { limit: 7, used: 0 },
        settings: { limit: 1000, used: 0 },
        crl_entries: { limit: 3_000_000 },
      },
    })
    const given = ['--settings', '0', '--blocked-serials', '20000', '--certificates', '9']
    const after = await admin(folder.path, 'account', 'quota', accountId, ...given)
    const { quotas } = before as unknown as { readonly quotas: object }
    expect(after).toEqual({
      id: accountId,
      quotas: {
        ...quotas,
        settings: { limit: 0, used: 0 },
        blocked_serials: { limit: 20_000, used: 0 },
        certificates: { limit: 9, used: 0 },
      },
    })
    expect(await admin(folder.path, 'account', 'quota', accountId)).toEqual(after)
    expect(await runScript('admin', ['account', 'quota', accountId, ...atFolder])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^certificates: 0 of 9\nhostnames: 0 of 100000\nsettings: 0 of 0\n/),
    })
  })

  it('verifies the record of changes of an account, which has what was done here', async () => {
    const verified = await admin(folder.path, 'changes', 'verify', accountId)
    expect(verified).toEqual({ id: accountId, changes: 2, unsealed: 2, head: '', faults: [] })
    const args = ['changes', 'verify', accountId, '--seal', '0'.repeat(64), ...atFolder]
    expect(await runScript('admin', args)).toMatchObject({ code: 1, stdout: 'no change has the seal that was given\n' })
    const wrong = await runScript('admin', ['changes', 'verify', accountId, '--seal', 'x', ...atFolder])
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/--seal takes a seal: 64 lower-case/) })
  })

  it('takes options in any order, before the words of the command too', async () => {
    const options = ['--json', '--persist-to', folder.path]
    const first = await runScript('admin', [...options, 'account', '--certificates=9', 'quota', accountId])
    expect(first).toMatchObject({ code: 0, stderr: '' })
    const last = await runScript('admin', ['account', 'quota', '--certificates', '9', accountId, ...options])
    expect(first.stdout).toBe(last.stdout)
    expect(JSON.parse(first.stdout)).toMatchObject({ id: accountId, quotas: { certificates: { limit: 9 } } })
  })

  it('says in one line what --remote needs where nobody is logged in', async () => {
    const nowhere = { CLOUDFLARE_API_BASE_URL: 'http://127.0.0.1:1', CLOUDFLARE_API_TOKEN: '', HOME: folder.path }
    const run = await runScript('admin', ['account', 'list', '--remote'], { ...nowhere, XDG_CONFIG_HOME: folder.path })
    expect(run).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: wrangler is not logged in: run npx wrangler login, or set CLOUDFLARE_API_TOKEN\n',
    })
  })

  it('adds a zone in A-label form', async () => {
    const zone = await admin(folder.path, 'zone', 'add', '--account', accountId, '--domain', 'Bücher.example')
    expect(zone).toMatchObject({ account_id: accountId, domain: 'xn--bcher-kva.example', enabled: true })
  })

  it('creates a token, lists it without its secret, and disables it', async () => {
    const { id = '', token = '' } = await admin(
      folder.path,
      'token',
      'create',
      '--account',
      accountId,
      '--permission',
      'read',
      '--expires-on',
      '2030-01-01T00:00:00+01:00',
    )
    expect(token).toMatch(/^[A-Za-z0-9_-]{40}$/)
    const listed = await runScript('admin', ['token', 'list', '--json', ...atFolder])
    expect(listed.stdout).not.toContain(token)
    expect(JSON.parse(listed.stdout).tokens).toMatchObject([
      {
        id,
        status: 'active',
        expires_on: '2029-12-31T23:00:00Z',
        grants: [{ account: accountId, zone: null, permission: 'read' }],
      },
    ])
    expect(await admin(folder.path, 'token', 'disable', id)).toEqual({ id, status: 'disabled' })
    expect(await admin(folder.path, 'token', 'list')).toMatchObject({ tokens: [{ id, status: 'disabled' }] })
  })

  it('makes tokens and keys that may only read and expire in a year, by default', async () => {
    const inAYear = (from: number) => (from + 365 * 86_400_000) / 1000
    const seconds = (time: unknown) => Date.parse(String(time)) / 1000
    const began = Date.now()
    const grant = ['--account', accountId]
    const token = await admin(folder.path, 'token', 'create', ...grant)
    const key = await admin(folder.path, 'key', 'create', '--email', 'a@example.com', ...grant, '--expires', 'never')
    const later = ['--not-before', '2031-01-01T00:00:00Z', '--permission', 'write', '--name', 'later']
    await admin(folder.path, 'token', 'create', ...grant, ...later)
    expect(token).toMatchObject({ permission: 'read', expires_on: expect.stringMatching(/^20\d\d-.*Z$/) })
    expect(seconds(token['expires_on'])).toBeGreaterThanOrEqual(Math.floor(inAYear(began)))
    expect(seconds(token['expires_on'])).toBeLessThanOrEqual(inAYear(Date.now()))
    expect(key).toMatchObject({ permission: 'read', expires_on: null })
    const { stdout } = await runScript('admin', ['token', 'list', '--json', ...atFolder])
    const tokens: { id: string; name: string; expires_on: string }[] = JSON.parse(stdout).tokens
    expect(tokens.find(({ id }) => id === token['id'])).toMatchObject({
      expires_on: token['expires_on'],
      grants: [{ account: accountId, permission: 'read' }],
    })
    expect(tokens.find(({ name }) => name === 'later')).toMatchObject({
      not_before: '2031-01-01T00:00:00Z',
      expires_on: '2032-01-01T00:00:00Z',
      grants: [{ permission: 'write' }],
    })
  })

  it.each([
    ['no command', ['tokens', 'create'], /commands: account add, .*token create/],
    ['an unknown option', ['account', 'add', '--nam', 'x'], /accepted options: .*--name/],
    ['an account without a name', ['account', 'add'], /--name takes 1 to 350 characters/],
    ['a quota that is not a number', ['account', 'add', '--name', 'x', '--quota', '-1x'], /--quota/],
    [
      'one of several quotas that is not a number',
      ['account', 'quota', '0'.repeat(32), '--crl-entries', '1e9'],
      /--crl-entries takes a whole number from 0 to 200000000/,
    ],
    ['an unknown quota', ['account', 'quota', '--zones', '1'], /accepted options: .*--blocked-serials/],
    [
      'quotas of an unknown account',
      ['account', 'quota', 'f'.repeat(32), '--crls', '1', ...atFolder],
      /no account with id f/,
    ],
    ['a zone without an account', ['zone', 'add', 'example.org'], /needs --account ID/],
    [
      'a domain with a scheme',
      ['zone', 'add', 'https://example.org', '--account', '0'.repeat(32)],
      /such as example\.com/,
    ],
    ['a registry’s suffix', zoneOf('co.uk'), /co\.uk is a public suffix.*such as example\.co\.uk/],
    ['it in capitals', zoneOf('CO.UK'), /co\.uk is a public suffix/],
    ['one with the option --public-suffix', zoneOf('co.uk', '--public-suffix'), /co\.uk is a public suffix/],
    ['one that a wildcard of the list covers', zoneOf('anything.ck'), /anything\.ck is a public suffix/],
    ['one in U-labels', zoneOf('公司.cn'), /xn--55qx5d\.cn is a public suffix/],
    ['a private suffix', zoneOf('workers.dev'), /if workers\.dev itself is yours, say so with --public-suffix/],
    ['a token without a grant', ['token', 'create'], /needs --account ID or --zone ID/],
    [
      'a permission of another kind',
      ['token', 'create', '--account', '0'.repeat(32), '--permission', 'edit'],
      /read, write/,
    ],
    ['an id of another shape', ['token', 'create', '--account', 'ABC'], /32 lower-case hex digits/],
    [
      'a time without a zone',
      ['token', 'create', '--account', '0'.repeat(32), '--not-before', '2026-01-01'],
      /such as 2027/,
    ],
    [
      'a lifetime that is not a duration',
      ['token', 'create', '--account', '0'.repeat(32), '--expires', '90d'],
      /--expires takes a time such as .*, or never/,
    ],
    [
      'two lifetimes',
      [
        'key',
        'create',
        '--email',
        'a@b.example',
        '--account',
        '0'.repeat(32),
        '--expires',
        'never',
        '--expires-on',
        'x',
      ],
      /are the same option/,
    ],
    ['a key without an email', ['key', 'create', '--account', '0'.repeat(32)], /--email takes an address/],
    ['an account to delete without its id', ['account', 'delete'], /account delete takes an id of 32/],
    [
      'a token to rotate with an option too many',
      ['token', 'rotate', '--grace', '1h'],
      /accepted options: .*--expires/,
    ],
    ['an id that is not a token', ['token', 'disable', 'f'.repeat(32), ...atFolder], /no token with id/],
    [
      'an account that is not there',
      ['token', 'create', '--account', 'f'.repeat(32), ...atFolder],
      /no account or zone with that id/,
    ],
  ])('refuses %s and says what is accepted', async (_, args, message) => {
    const run = await runScript('admin', args)
    expect(run).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) })
  })

  it.each([
    ['a name under a suffix', 'example.co.uk', []],
    ['an exception to a wildcard', 'www.ck', []],
    ['a name under a private suffix', 'mine.workers.dev', []],
    ['a private suffix that is the user’s', 'workers.dev', ['--public-suffix']],
    ['a name in a domain that is not on the list', 'corp.internal', []],
  ])('takes %s as a domain', (_, domain, more) => {
    expect(() => assertNoPublicSuffix(domain, more.length > 0)).not.toThrow()
  })

  it('refuses a domain that is already a zone', async () => {
    const args = ['zone', 'add', 'xn--BCHER-kva.example', '--account', accountId, ...atFolder]
    expect(await runScript('admin', args)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/is a zone already/),
    })
  })

  it('has a help text', async () => {
    expect(await runScript('admin', ['--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('token disable ID'),
    })
  })

  it('explains every command in its help text', async () => {
    const { stdout } = await runScript('admin', ['--help'])
    const { stderr } = await runScript('admin', ['none'])
    const commands = stderr
      .slice(stderr.indexOf('commands: ') + 'commands: '.length)
      .trim()
      .split(', ')
    expect(commands.length).toBeGreaterThan(20)
    for (const command of commands) {
      const [noun, verb = ''] = command.split(' ')
      expect(stdout).toMatch(new RegExp(`^ {2}${noun} .*\\b${verb}\\b`, 'm'))
    }
  })

  describe('beside a running server', () => {
    let server: Server

    beforeAll(async () => {
      server = await startServer(folder.path)
    })
    afterAll(() => server.stop())

    it('makes a token that works at once, and stops it at once', async () => {
      const { id = '', token = '' } = await admin(
        folder.path,
        ...['token', 'create', '--account', accountId, '--permission', 'write'],
      )
      const client = new Cloudflare({ apiToken: token, baseURL: `${server.origin}/client/v4` })
      const { certificates } = client.zeroTrust.access
      await certificates.create({ account_id: accountId, certificate: publicRoot(0), name: 'one' })
      await admin(folder.path, 'token', 'disable', id)
      await expect(
        certificates.create({ account_id: accountId, certificate: publicRoot(1), name: 'two' }),
      ).rejects.toThrow(Cloudflare.AuthenticationError)
    })

    it('makes a key that works with its email', async () => {
      const { email = '', key = '' } = await admin(
        folder.path,
        'key',
        'create',
        '--email',
        'Ops@Example.com',
        '--account',
        accountId,
        '--permission',
        'write',
      )
      expect(key).toMatch(/^[0-9a-f]{37}$/)
      const client = new Cloudflare({ apiEmail: email, apiKey: key, baseURL: `${server.origin}/client/v4` })
      const added = await client.zeroTrust.access.certificates.create({
        account_id: accountId,
        certificate: publicRoot(2),
        name: 'three',
      })
      expect(added.name).toBe('three')
    })

    /** Status and first code of the answer to a scope's list. */
    const listed = async (scope: string, token: string) => {
      const headers = { authorization: `Bearer ${token}` }
      const response = await fetch(`${server.origin}/client/v4/${scope}/access/certificates`, { headers })
      const { errors } = (await response.json()) as { readonly errors: readonly { readonly code: number }[] }
      return [response.status, errors[0]?.code]
    }

    it('rotates a token: the old secret is invalid at once, the new one has the same grants', async () => {
      const account = `accounts/${accountId}`
      const { id = '', token: old = '' } = await admin(folder.path, 'token', 'create', '--account', accountId)
      expect(await listed(account, old)).toEqual([200, undefined])
      const rotated = await admin(folder.path, 'token', 'rotate', id)
      expect(rotated).toMatchObject({ id, token: expect.stringMatching(/^[A-Za-z0-9_-]{40}$/) })
      expect(await listed(account, old)).toEqual([401, 10000])
      expect(await listed(account, rotated['token'] ?? '')).toEqual([200, undefined])
      expect(await admin(folder.path, 'token', 'disable', id)).toEqual({ id, status: 'disabled' })
      expect(await listed(account, rotated['token'] ?? '')).toEqual([401, 10000])
      expect(await admin(folder.path, 'token', 'enable', id)).toEqual({ id, status: 'active' })
      expect(await listed(account, rotated['token'] ?? '')).toEqual([200, undefined])
      expect(await admin(folder.path, 'token', 'delete', id)).toEqual({ id, deleted: true })
      expect(await listed(account, rotated['token'] ?? '')).toEqual([401, 10000])
    })

    it('switches a zone off and on, and deletes it once nothing depends on it', async () => {
      const { id: zoneId = '' } = await admin(folder.path, 'zone', 'add', '--account', accountId, 'gone.example')
      const { id = '', token = '' } = await admin(folder.path, 'token', 'create', '--zone', zoneId)
      expect(await admin(folder.path, 'zone', 'disable', zoneId)).toEqual({ id: zoneId, enabled: false })
      expect(await listed(`zones/${zoneId}`, token)).toEqual([403, 9999])
      expect(await admin(folder.path, 'zone', 'enable', zoneId)).toEqual({ id: zoneId, enabled: true })
      expect(await listed(`zones/${zoneId}`, token)).toEqual([200, undefined])
      expect(await runScript('admin', ['zone', 'delete', zoneId, ...atFolder])).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining(`zone ${zoneId} is in use (grants: 1)`),
      })
      await admin(folder.path, 'token', 'delete', id)
      expect(await admin(folder.path, 'zone', 'delete', zoneId)).toEqual({ id: zoneId, deleted: true })
    })

    it('does not delete an account that has zones, certificates and tokens', async () => {
      const run = await runScript('admin', ['account', 'delete', accountId, ...atFolder])
      expect(run).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/in use \(zones: 1, certificates: 2, grants: \d+\)/),
      })
    })
  })
})
