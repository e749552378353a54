import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { buildPackage } from '../../../scripts/build/package.ts'
import { type TestCertificate, testCa } from '../../../src/testing/index.ts'
import { type Installed, installPackage, type Ready, startJson } from '../support/package.ts'
import { PROJECT, runCommand, temporaryFolder } from '../support/server.ts'

const filesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(folder, file)).isFile())
    .sort()

/** An older Node on the PATH, beside the one that runs the tests. */
async function olderNode(): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    const node = join(folder, 'node')
    const run = await runCommand(node, ['--version']).catch(() => undefined)
    if (run !== undefined && /^v(?:1\d|20|21)\./.test(run.stdout)) return node
  }
  return undefined
}

const OLDER_NODE = await olderNode()

it('dist/ is what npm run build makes of the sources', async () => {
  const fresh = temporaryFolder()
  await buildPackage(fresh.path)
  expect(filesOf(join(PROJECT, 'dist'))).toEqual(filesOf(fresh.path))
  for (const file of filesOf(fresh.path)) {
    const same = readFileSync(join(fresh.path, file)).equals(readFileSync(join(PROJECT, 'dist', file)))
    expect(same, `dist/${file} is not up to date: npm run build`).toBe(true)
  }
  fresh.remove()
})

describe('the package, installed in another project', () => {
  let installed: Installed
  let temporary: ReturnType<typeof temporaryFolder>

  beforeAll(async () => {
    installed = await installPackage(inject('packed'))
  })
  afterAll(() => installed?.remove())
  beforeEach(() => {
    temporary = temporaryFolder()
  })
  afterEach(() => temporary.remove())

  it('has what it runs, and no sources or tests', () => {
    const dist = filesOf(join(PROJECT, 'dist')).map((file) => `dist/${file}`)
    const { files, size } = inject('packed')
    expect(files.toSorted()).toEqual(['LICENSE', 'README.md', ...dist, 'package.json'].toSorted())
    console.log(`packed: ${size} bytes`)
    expect(size).toBeLessThan(400_000)
  })

  it('brings workerd and nothing else: no Node, no wrangler, no miniflare', () => {
    const modules = join(installed.folder, 'node_modules')
    const names = readdirSync(modules).filter((name) => !name.startsWith('.'))
    expect(names.toSorted()).toEqual(['@cloudflare', 'access-mtls', 'workerd'])
    expect(readdirSync(join(modules, '@cloudflare'))).toEqual([expect.stringMatching(/^workerd-/)])
    expect(readdirSync(join(modules, '.bin')).toSorted()).toEqual(['access-mtls', 'workerd'])
  })

  it('needs the workerd that the tests run', () => {
    const read = (path: string) => JSON.parse(readFileSync(join(PROJECT, path), 'utf8'))
    const { dependencies } = read('package.json')
    expect(dependencies).toEqual({ workerd: read('node_modules/miniflare/package.json').dependencies.workerd })
  })

  it('serves, says where in one line of JSON, and leaves nothing behind', async () => {
    const { ready, output, stop } = await startJson([installed.bin], temporary.path)
    const { certificate } = await testCa()
    expect(await register(ready, { name: 'Root', certificate })).toBe(201)
    expect(await stop()).toBe(0)
    expect(output.stdout).toBe(`${JSON.stringify(ready)}\n`)
    expect(Object.keys(ready)).toEqual(['url', 'account', 'zone', 'token'])
    expect(output.stderr).toMatch(/^POST \/client\/v4\/accounts\/\w+\/access\/certificates 201 \(\d+ ms\)\n$/)
    await expect(fetch(ready.url)).rejects.toThrow()
    expect(readdirSync(temporary.path)).toEqual([])
  })

  it('keeps its data where --persist says, and shows a token once', async () => {
    const command = [installed.bin, '--persist', join(temporary.path, 'data')]
    const first = await startJson(command, temporary.path)
    await first.stop()
    const second = await startJson(command, temporary.path)
    const { account, zone } = first.ready
    expect(second.ready).toEqual({ url: expect.any(String), account, zone, token: null })
    const headers = { authorization: `Bearer ${first.ready.token}` }
    expect((await fetch(`${second.ready.url}/client/v4/user/tokens/verify`, { headers })).status).toBe(200)
    await second.stop()
    expect(readdirSync(temporary.path)).toEqual(['data'])
  })

  it('runs the gateway behind a TLS server, for hostnames of a seed and an origin of the user’s', async () => {
    const ca = await testCa()
    const client = await ca.issue({ subject: 'robot' })
    const seed = {
      accounts: [
        {
          zones: [{ name: 'example.com' }],
          certificates: [{ name: 'Root', certificate: ca.certificate, associated_hostnames: ['admin.example.com'] }],
        },
      ],
    }
    const file = join(temporary.path, 'seed.json')
    writeFileSync(file, JSON.stringify(seed))
    const origin = createServer((incoming, outgoing) => outgoing.end(`origin of ${incoming.url}`))
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))
    const originUrl = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
    const command = [installed.bin, '--seed', file, '--gateway', '--origin', originUrl]
    const { ready, stop } = await startJson(command, temporary.path)
    try {
      expect(await ask(ready, 'admin.example.com', client)).toEqual({ status: 200, body: 'origin of /path' })
      const refused = await ask(ready, 'admin.example.com')
      expect([refused.status, JSON.parse(refused.body).reason.code]).toEqual([403, 'no_certificate'])
    } finally {
      await stop()
      origin.close()
    }
  })

  it('has access-mtls/testing', async () => {
    const script =
      "import { testCa } from 'access-mtls/testing'; console.log((await testCa()).serialNumber.length > 10)"
    writeFileSync(join(installed.folder, 'suite.js'), script)
    const run = await runCommand(process.execPath, [join(installed.folder, 'suite.js')])
    expect(run, run.stderr).toMatchObject({ code: 0, stdout: 'true\n' })
  })

  it('says its version, and what it takes', async () => {
    const { version } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'))
    expect(await runCommand(process.execPath, [installed.bin, '--version'])).toMatchObject({ stdout: `${version}\n` })
    const help = await runCommand(process.execPath, [installed.bin, '--help'])
    expect(help).toMatchObject({ code: 0, stdout: expect.stringMatching(/^access-mtls \[options\]/) })
  })

  it.skipIf(OLDER_NODE === undefined)('says in one line what it needs, on an older Node', async () => {
    const run = await runCommand(OLDER_NODE ?? '', [installed.bin, '--port', '0'])
    expect(run).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^access-mtls needs Node 22\.1 or newer; this is Node \d+\.\d+\.\d+\.\n$/),
    })
  })
})

/** Registers a certificate with the token; returns the status. */
async function register({ url, account, token }: Ready, body: object): Promise<number> {
  const response = await fetch(`${url}/client/v4/accounts/${account}/access/certificates`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ associated_hostnames: [], ...body }),
  })
  await response.text()
  return response.status
}

/** Asks the gateway for a hostname. */
function ask(
  { gateway }: Ready,
  servername: string,
  client?: TestCertificate,
): Promise<{ readonly status: number | undefined; readonly body: string }> {
  const { port, hostname: host } = new URL(gateway?.url ?? '')
  const identity = client && { cert: client.certificate + client.chain, key: client.key }
  return new Promise((resolve, reject) => {
    const headers = { host: `${servername}:${port}`, accept: 'application/json' }
    request({ host, port, path: '/path', servername, ca: gateway?.ca, headers, agent: false, ...identity })
      .on('response', async (response) => {
        const body = await response.setEncoding('utf8').reduce((text: string, part: string) => text + part, '')
        resolve({ status: response.statusCode, body })
      })
      .on('error', reject)
      .end()
  })
}
