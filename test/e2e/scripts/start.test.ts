import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  migratedFolder,
  readFirstRun,
  runCommand,
  runScript,
  type Server,
  startServer,
  temporaryFolder,
} from '../support/server.ts'

describe('npm start', () => {
  const folder = temporaryFolder()
  let server: Server

  beforeAll(async () => {
    server = await startServer(folder.path)
  })
  afterAll(async () => {
    await server.stop()
    folder.remove()
  })

  it('prints a curl that registers a root when pasted into a shell', async () => {
    const { curl } = readFirstRun(server.output())
    const run = await runCommand('sh', ['-c', `${curl} --silent --write-out '\\n%{http_code}'`])
    const [body = '', status] = run.stdout.split('\n')
    expect(status, run.stdout + run.stderr).toBe('201')
    expect(JSON.parse(body)).toMatchObject({
      success: true,
      result: { name: 'Example root', associated_hostnames: ['admin.example.com'] },
    })
  })

  it('logs requests, and makes none itself', async () => {
    await vi.waitFor(() =>
      expect(server.output()).toMatch(/POST \/client\/v4\/accounts\/\w+\/access\/certificates 201/),
    )
    expect(server.output().match(/\b(GET|HEAD|POST|PUT|OPTIONS) \/\S* \d{3}\b/g)).toHaveLength(1)
  })

  it('refuses a port that is in use, and names the option', async () => {
    const run = await runScript('start', ['--port', new URL(server.origin).port, '--persist-to', folder.path])
    expect(run).toMatchObject({ code: 2, stderr: expect.stringMatching(/port \d+ is taken; --port takes another/) })
  })

  it('keeps its data between runs, and shows a token only once', async () => {
    const { curl, token } = readFirstRun(server.output())
    const oldOrigin = server.origin
    await server.stop()
    server = await startServer(folder.path)
    expect(server.output()).toContain('npm run admin -- token create')
    expect(server.output()).not.toContain(token)
    const again = curl.replace(oldOrigin, server.origin)
    const run = await runCommand('sh', ['-c', `${again} --silent`])
    expect(JSON.parse(run.stdout)).toMatchObject({
      errors: [{ code: 12132, message: 'access.api.error.conflict: certificate already exists' }],
    })
  })

  it('leaves nothing listening after it was told to end', async () => {
    await server.stop()
    await expect(fetch(server.origin)).rejects.toThrow()
    server = await startServer(folder.path)
  })

  it('can be reached from this machine only', async () => {
    expect(server.output()).not.toContain('WARNING')
    await expect(fetch(server.origin.replace('127.0.0.1', otherAddress()))).rejects.toThrow()
  })

  it('listens on its port only: no inspector, no explorer, no server of its tools', () => {
    expect(listeningPorts(server.pid)).toEqual([Number(new URL(server.origin).port)])
  })

  it.each([
    '/cdn-cgi/local/explorer',
    '/cdn-cgi/local/explorer/api/d1/database',
    '/cdn-cgi/mf/scheduled',
    '/cdn-cgi/handler/scheduled',
    '/cdn-cgi/handler/email',
    '/__scheduled',
    '/json/list',
  ])('has no door at %s that does not ask for credentials', async (path) => {
    const answer = await fetch(`${server.origin}${path}`, { headers: { host: 'localhost' } })
    expect([answer.status, await answer.json()]).toMatchObject([400, { success: false, errors: [{ code: 9106 }] }])
  })

  it('opens the inspector when it is told to, and says what that means', async () => {
    const other = migratedFolder()
    const inspected = await startServer(other.path, '--inspect')
    const [, port = ''] = /WARNING: the inspector is open on 127\.0\.0\.1, port (\d+)/.exec(inspected.output()) ?? []
    const list = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()
    expect(list).toContainEqual(expect.objectContaining({ webSocketDebuggerUrl: expect.any(String) }))
    await inspected.stop()
    other.remove()
  })

  it('has a help text', async () => {
    const run = await runScript('start', ['--help'])
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('--persist DIR') })
  })

  it.each([
    ['a port that is not a number', ['--port', 'http'], /--port takes a whole number from 0 to 65535/],
    ['a port out of range', ['--port', '65536'], /--port takes a whole number from 0 to 65535/],
    ['a host that is not an address', ['--host', 'http://0.0.0.0'], /--host takes an IP address such as 0\.0\.0\.0/],
    ['a host that is not this machine’s', ['--host', '203.0.113.1'], /cannot listen on 203\.0\.113\.1, port 8787/],
    ['an unknown option', ['--prot', '1'], /accepted options: --port, --host, --persist, .*--help/],
  ])('refuses %s', async (_, args, message) => {
    const run = await runScript('start', args)
    expect(run).toMatchObject({ code: 2, stderr: expect.stringMatching(message) })
  })
})

/** The TCP ports on which a process and its descendants listen, at any address. Linux only. */
function listeningPorts(root: number): readonly number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [
          {
            pid: Number(name),
            parent: Number(readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]),
          },
        ]
      } catch {
        return []
      }
    })
  const family = new Set([root])
  for (let size = 0; size !== family.size; ) {
    size = family.size
    for (const { pid, parent } of parents) if (family.has(parent)) family.add(pid)
  }
  const sockets = new Set(
    [...family].flatMap((pid) =>
      readdirSync(`/proc/${pid}/fd`).map((fd) => {
        try {
          return readlinkSync(`/proc/${pid}/fd/${fd}`)
        } catch {
          return ''
        }
      }),
    ),
  )
  const LISTEN = '0A'
  const rows = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8').trim().split('\n').slice(1),
  )
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === LISTEN && sockets.has(`socket:[${inode}]`))
    .map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16))
}

/** Another address of this machine than 127.0.0.1: on Linux, all of 127.0.0.0/8 are. */
function otherAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.2'
}

describe('npm start -- --host 0.0.0.0', () => {
  const folder = migratedFolder()
  let server: Server
  let elsewhere: string

  beforeAll(async () => {
    server = await startServer(folder.path, '--host', '0.0.0.0')
    elsewhere = server.origin.replace('127.0.0.1', otherAddress())
  })
  afterAll(async () => {
    await server?.stop()
    folder.remove()
  })

  it('can be reached at the other addresses, and says what that means', async () => {
    expect(server.output()).toMatch(/WARNING: port \d+ is open on every address of this machine, .*no TLS/)
    const { accountId, token } = readFirstRun(server.output())
    const url = `${elsewhere}/client/v4/accounts/${accountId}/access/certificates`
    expect((await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200)
  })

  it('prints addresses that this machine can use', () => {
    expect(server.output()).toContain(`access-mtls answers on ${server.origin}/client/v4`)
    expect(readFirstRun(server.output()).curl).toContain(`curl ${server.origin}/`)
  })

  it.each(['', '/api/d1/database'])('does not serve wrangler’s explorer, which needs no token: %j', async (path) => {
    const url = `${elsewhere}/cdn-cgi/local/explorer${path}`
    const { stdout } = await runCommand('curl', ['--silent', '--header', 'Host: localhost', url])
    expect(JSON.parse(stdout)).toMatchObject({ success: false, errors: [{ code: 9106 }] })
  })
})
