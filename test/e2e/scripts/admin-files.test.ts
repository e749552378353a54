import { X509Certificate } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from '../../../scripts/cli/api-client.ts'
import { shortened, table } from '../../../scripts/cli/printable.ts'
import { type TestCa, testCa } from '../../../src/testing/index.ts'
import {
  admin,
  freePort,
  migratedFolder,
  readFirstRun,
  runScript,
  type Server,
  startServer,
} from '../support/server.ts'

const HOSTNAME = 'admin.example.com'
const der = (pem: string) => new X509Certificate(pem).raw

describe('commands that take files', () => {
  const folder = migratedFolder()
  let server: Server
  let env: NodeJS.ProcessEnv
  let root: TestCa
  let intermediate: TestCa
  let recordId = ''

  const run = (...args: readonly string[]) => runScript('admin', [...args, '--server', server.origin], env)
  const file = (name: string, content: string | Uint8Array) => {
    const path = join(folder.path, name)
    writeFileSync(path, content)
    return path
  }

  beforeAll(async () => {
    server = await startServer(folder.path)
    env = { ACCESS_MTLS_TOKEN: readFirstRun(server.output()).token }
    const notBefore = new Date(Date.now() - 30 * 86_400_000)
    root = await testCa({ subject: 'Root', notBefore })
    intermediate = await root.issue({ ca: true, subject: 'Issuing', notBefore })
  })
  afterAll(async () => {
    await server.stop()
    folder.remove()
  })

  describe('ca add', () => {
    it('registers a file of several certificates, and says with words what the API notes', async () => {
      const path = file('ca.pem', intermediate.certificate + root.certificate)
      const added = await run('--hostname', HOSTNAME, 'ca', 'add', path)
      expect(added).toMatchObject({ code: 0, stderr: '' })
      expect(added.stdout).toMatch(
        /^certificate {2}[0-9a-f-]{36}\nname {9}ca\.pem\nhostnames {4}admin\.example\.com\nexpires .*Z\nnote 12908 {3}/,
      )
      recordId = /[0-9a-f-]{36}/.exec(added.stdout)?.[0] ?? ''
    })

    it('ends with 1 and the sentence of the API where it is refused', async () => {
      const again = await run(
        'ca',
        'add',
        file('again.pem', intermediate.certificate + root.certificate),
        '--hostname',
        HOSTNAME,
      )
      expect(again).toMatchObject({
        code: 1,
        stdout: 'refused: 12132 access.api.error.conflict: certificate already exists\n',
      })
      const client = (await root.issue()).certificate
      const json = await run('ca', 'add', file('client.pem', client), '--hostname', HOSTNAME, '--json')
      expect(json.code).toBe(1)
      expect(JSON.parse(json.stdout)).toMatchObject({ refused: { status: 400, errors: [{ code: 12130 }] } })
    })

    it('takes DER', async () => {
      const other = await testCa({ subject: 'Other' })
      const added = await run(
        'ca',
        'add',
        file('other.cer', der(other.certificate)),
        '--hostname',
        'b.example.com',
        '--json',
      )
      expect(added).toMatchObject({ code: 0, stderr: '' })
      expect(JSON.parse(added.stdout)).toMatchObject({ name: 'other.cer', associated_hostnames: ['b.example.com'] })
    })

    it('sends no file with a private key in it', async () => {
      const path = file('both.pem', root.certificate + root.key)
      const requests = server.output()
      expect(await run('ca', 'add', path, '--hostname', HOSTNAME)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/both\.pem holds a private key\. Nothing was sent/),
      })
      expect(server.output()).toBe(requests)
    })
  })

  describe('crl push', () => {
    it('finds the certificate by the issuer of the CRL, and says which one it is', async () => {
      const pushed = await run('crl', 'push', file('issuing.crl', await intermediate.crl()))
      expect(pushed).toMatchObject({ code: 0, stderr: '' })
      expect(pushed.stdout).toMatch(
        new RegExp(
          `^certificate ${recordId} ca\\.pem, which has the issuer of the CRL\nCN=Issuing {2}number \\S+ {2}0 revoked {2}until `,
        ),
      )
      const pem = await root.crl()
      const octets = Buffer.from(pem.replace(/-----.*-----|\s/g, ''), 'base64')
      const named = await run('crl', 'push', file('root.crl', octets), '--certificate', recordId, '--json')
      expect(JSON.parse(named.stdout)).toMatchObject({ certificate_id: recordId, crls: [{ issuer: 'CN=Root' }] })
    })

    it('lists the certificates where several have the issuer', async () => {
      await run('ca', 'add', file('root.pem', root.certificate), '--hostname', 'c.example.com')
      const pushed = await run('crl', 'push', file('root-2.crl', await root.crl()))
      expect(pushed.code).toBe(2)
      expect(pushed.stderr).toMatch(/^error: several certificates have CN=Root, which issued the CRL; name one:\n/)
      expect(pushed.stderr.match(/^ {2}--certificate [0-9a-f-]{36} {2}(ca|root)\.pem$/gm)).toHaveLength(2)
      expect(pushed.stderr).toContain(recordId)
    })

    it.each([
      [
        'a CRL of a CA that is not here',
        async () => (await testCa({ subject: 'Stranger' })).crl(),
        /no certificate here is CN=Stranger/,
      ],
      ['a certificate', async () => root.certificate, /no\.crl holds certificates and no CRL/],
      ['a text', async () => 'hello', /no\.crl must be a CRL in PEM or DER/],
    ])('refuses %s', async (_, make, message) => {
      const path = file('no.crl', await make())
      expect(await run('crl', 'push', path)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(message),
      })
    })
  })

  describe('check', () => {
    const clients = join(folder.path, 'clients')
    const expired = new Date(Date.now() - 86_400_000)

    beforeAll(async () => {
      mkdirSync(join(clients, 'folder'), { recursive: true })
      const put = (name: string, content: string | Uint8Array) => writeFileSync(join(clients, name), content)
      const issue = (options: Parameters<TestCa['issue']>[0]) => intermediate.issue(options)
      const alice = await issue({ subject: 'alice' })
      put('alice.pem', alice.key + alice.certificate)
      put('bob.cer', der((await issue({ subject: 'bob' })).certificate))
      const old = await issue({ subject: 'old', notBefore: new Date(Date.now() - 9 * 86_400_000), notAfter: expired })
      put('old.crt', old.certificate + old.chain)
      const odd = await testCa({ subject: 'odd CA' })
      put('odd.pem', (await odd.issue({ subject: `\u001b[31mred\u202e` })).certificate)
      const below = await intermediate.issue({ ca: true, subject: 'Below' })
      const zoe = await below.issue({ subject: 'zoe' })
      put('zoe.pem', zoe.certificate)
      put('zoe-chain.pem', below.certificate)
      put('zoe-lost.pem', zoe.certificate)
      put('broken.pem', alice.certificate.replace('-----END', '*-----END'))
      put('alice.key', alice.key)
      put('ca.pem', root.certificate)
      put('notes.txt', 'hello')
    })

    it('prints who gets in, who does not and why, and ends with 1', async () => {
      const checked = await run('check', clients, '--hostname', HOSTNAME)
      const lines = checked.stdout.trimEnd().split('\n')
      const rows = lines.slice(0, lines.indexOf('')).map((line) => line.split(/ {2,}/))
      expect(rows.map(([name, subject, decision]) => [name, subject, decision])).toEqual([
        ['FILE', 'SUBJECT', 'DECISION'],
        ['alice.pem', 'CN=alice', 'accepted'],
        ['bob.cer', 'CN=bob', 'accepted'],
        ['broken.pem', 'unreadable', expect.stringMatching(/^certificate /)],
        ['odd.pem', expect.stringMatching(/^CN=.*red/), 'no_issuer'],
        ['old.crt', 'CN=old', 'expired'],
        ['zoe-lost.pem', 'CN=zoe', 'no_issuer'],
        ['zoe.pem + zoe-chain.pem', 'CN=zoe', 'accepted'],
      ])
      expect(lines.slice(lines.indexOf('') + 1)).toEqual([
        expect.stringMatching(/^admin\.example\.com at 20\S+Z: 3 get in, 4 do not$/),
        'not checked: alice.key (a private key)',
        "not checked: ca.pem (a CA's certificate)",
        'not checked: notes.txt (no certificate in it)',
      ])
      for (const character of ['\u001b', '\u202e']) expect(checked.stdout).not.toContain(character)
      expect(checked).toMatchObject({ code: 1, stderr: '' })
    })

    it('decides as of another time, with all of the reasons in JSON', async () => {
      const at = new Date(expired.getTime() - 86_400_000).toISOString().replace(/\.\d+/, '')
      const one = await run('check', join(clients, 'old.crt'), '--hostname', HOSTNAME, '--at', at, '--json')
      expect(one).toMatchObject({ code: 0, stderr: '' })
      expect(JSON.parse(one.stdout)).toEqual({
        hostname: HOSTNAME,
        at,
        clients: [{ file: 'old.crt', chain: null, subject: 'CN=old', accepted: true, code: 'accepted' }],
        not_checked: [],
      })
      const now = await run('check', join(clients, 'old.crt'), '--hostname', HOSTNAME, '--json')
      expect(JSON.parse(now.stdout).clients).toMatchObject([
        { accepted: false, code: 'expired', message: expect.any(String), suggestion: expect.any(String) },
      ])
    })

    it('finds the chain beside one file, and names a chain that is none', async () => {
      const path = join(clients, 'zoe.pem')
      const one = JSON.parse((await run('check', path, '--hostname', HOSTNAME, '--json')).stdout)
      expect(one).toMatchObject({
        clients: [{ file: 'zoe.pem', chain: 'zoe-chain.pem', accepted: true }],
        not_checked: [],
      })
      writeFileSync(join(clients, 'zoe-chain.pem'), 'hello')
      const none = JSON.parse((await run('check', path, '--hostname', HOSTNAME, '--json')).stdout)
      expect(none).toMatchObject({
        clients: [{ file: 'zoe.pem', chain: null, accepted: false }],
        not_checked: [{ file: 'zoe-chain.pem', why: 'no certificate in it' }],
      })
    })

    it('is refused as a whole where the hostname has no CA', async () => {
      expect(await run('check', clients, '--hostname', 'nobody.example.com')).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/^refused: 12130 .*hostname.*\n$/),
      })
    })
  })

  describe('status', () => {
    it('shows mode, CAs, CRLs and what comes next of a hostname', async () => {
      const one = await run('status', HOSTNAME)
      expect(one).toMatchObject({ code: 0, stderr: '' })
      const lines = one.stdout.trimEnd().split('\n')
      expect(lines).toEqual([
        'admin.example.com  required',
        expect.stringMatching(/^ {2}anchor {8}CN=Root {5}36\d\d days left {2}CRL until 20\S+Z$/),
        expect.stringMatching(/^ {2}intermediate {2}CN=Issuing {2}36\d\d days left {2}CRL until 20\S+Z$/),
        expect.stringMatching(/^ {2}next: 20\S+Z .*CRL/),
      ])
    })

    it('shows all hostnames that have certificates or a mode', async () => {
      const { accountId } = readFirstRun(server.output())
      await fetch(`${server.origin}/edge/v1/accounts/${accountId}/hostnames/open.example.com`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${env['ACCESS_MTLS_TOKEN']}`, 'content-type': 'application/json' },
        body: JSON.stringify({ mode: 'report' }),
      })
      const all = await run('status')
      expect(all.stdout.match(/^\S+ {2}\w+/gm)).toEqual([
        'admin.example.com  required',
        'b.example.com  required',
        'c.example.com  required',
        'open.example.com  report',
      ])
      expect(all.stdout).toContain('no CA: nobody gets in by a certificate')
      const json = JSON.parse((await run('status', '--json')).stdout)
      expect(json).toMatchObject({
        hostnames: [{ hostname: HOSTNAME, state: { certificates_total: 2 } }, {}, {}, {}],
        more: 0,
      })
      expect(await run('status', 'elsewhere.test')).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/^refused: /),
      })
    })
  })

  describe('which service and scope', () => {
    it('are named where the token may see several accounts', async () => {
      const [first, second] = [
        await admin(folder.path, 'account', 'add', '--name', 'one'),
        await admin(folder.path, 'account', 'add', '--name', 'two'),
      ]
      const grants = ['--account', first['id'] ?? '', '--account', second['id'] ?? '']
      const { token = '' } = await admin(folder.path, 'token', 'create', ...grants, '--permission', 'write')
      const ask = (...more: readonly string[]) =>
        run('ca', 'add', file('new.pem', root.certificate), '--hostname', HOSTNAME, '--token', token, ...more)
      const several = await ask()
      expect(several).toMatchObject({ code: 2, stdout: '' })
      expect(several.stderr).toBe(
        `error: the token may see several accounts; name one:\n  --account ${first['id']}  one\n  --account ${second['id']}  two\n`,
      )
      expect((await ask('--account', first['id'] ?? '')).stdout).toMatch(/^refused: 12130 /)
    })

    it('is the zone where the token may see one zone only', async () => {
      const { zoneId } = readFirstRun(server.output())
      const { token = '' } = await admin(folder.path, 'token', 'create', '--zone', zoneId, '--permission', 'write')
      const other = await testCa({ subject: 'Of the zone' })
      const added = await run(
        'ca',
        'add',
        file('zone.pem', other.certificate),
        '--hostname',
        HOSTNAME,
        '--token',
        token,
      )
      expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('zone.pem') })
    })

    it.each([
      [
        'no service',
        ['--server', 'http://127.0.0.1:1'],
        /nothing answers on http:\/\/127\.0\.0\.1:1 \(.*\): start it with npm start, or give --server/,
      ],
      ['a URL with a path', ['--server', 'http://127.0.0.1/edge'], /--server takes http:\/\/host/],
      ['an account and a zone', ['--account', '0'.repeat(32), '--zone', '0'.repeat(32)], /exclude each other/],
      ['no token', ['--token', ''], /set ACCESS_MTLS_TOKEN to a token, or give --token/],
      ['a database', ['--remote'], /accepted options: --server, --token/],
    ])('refuses %s and says what to do', async (_, args, message) => {
      const refused = await runScript('admin', ['check', folder.path, '--hostname', HOSTNAME, ...args], env)
      expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) })
    })
  })
})

describe('the client of the API', () => {
  let server: HttpServer
  const answers: (readonly [number, Readonly<Record<string, string>>, string])[] = []
  const seen: (string | undefined)[] = []
  let api: ApiClient

  beforeAll(async () => {
    const port = await freePort()
    server = createServer((request, response) => {
      seen.push(request.headers.authorization)
      const [status, headers, body] = answers.shift() ?? [500, {}, '']
      response.writeHead(status, headers).end(body)
    })
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    api = new ApiClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'secret')
  })
  afterAll(() => server.close())

  const envelope = (result: unknown, errors: readonly object[] = []) => JSON.stringify({ result, errors, messages: [] })

  it('waits as long as a rate limit says, and asks three times at most', async () => {
    const limited = [429, { 'retry-after': '0' }, envelope(null, [{ code: 1, message: 'slow down' }])] as const
    answers.push(limited, limited, [200, {}, envelope('in')])
    expect(await api.send('GET', '/')).toMatchObject({ result: 'in' })
    answers.push(limited, limited, limited, [200, {}, envelope('in')])
    await expect(api.send('GET', '/')).rejects.toThrow('1 slow down')
    answers.length = 0
    answers.push([429, { 'retry-after': '3600' }, limited[2]], [200, {}, envelope('in')])
    await expect(api.send('GET', '/')).rejects.toThrow('1 slow down')
    answers.length = 0
  })

  it('takes its token to no other server', async () => {
    seen.length = 0
    answers.push([302, { location: `${api.origin}/elsewhere` }, ''])
    await expect(api.send('GET', '/')).rejects.toThrow(/answered 302, to ".*elsewhere", and not as this API does/)
    expect(seen).toEqual(['Bearer secret'])
  })
})

describe('what is printed', () => {
  it('has no character that a terminal obeys or turns around', () => {
    const text = `a\u001b[2Jb\nc\u0085\u202ed\u2066\u200f\u2028`
    expect(table([[text, 'x']])).toBe('a\\u{1b}[2Jb\\u{a}c\\u{85}\\u{202e}d\\u{2066}\\u{200f}\\u{2028}  x')
    expect(shortened('abcdef', 4)).toBe('abc…')
  })
})
