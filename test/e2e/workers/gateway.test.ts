import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endTree } from '../../../scripts/cli/process-tree.ts'
import { startWrangler } from '../../../scripts/wrangler/wrangler.ts'
import { freePort, migratedFolder } from '../support/server.ts'

/** The gateway in workerd between a client and an origin, with real sockets on both sides. */
const HOSTNAME = 'www.example.com'

/** RFC 6455 1.3. */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Request lines that might carry an identity past the gateway. Each contains `forged`. */
const SMUGGLED: readonly (readonly [string, readonly string[]])[] = [
  ['in its usual spelling', ['Client-Cert: forged']],
  ['in lower case', ['client-cert: forged']],
  ['in mixed case', ['cLiEnT-cErT: forged']],
  ['twice', ['Client-Cert: forged', 'Client-Cert: forged']],
  ['with underscores', ['Client_Cert: forged']],
  ['with an underscore and a hyphen', ['CF-CLIENT_CERT-SHA256: forged']],
  ['with dots', ['Client.Cert: forged']],
  ['after a harmless one that is folded', ['X-Kept: a', ' Client-Cert: forged']],
  ['folded itself', ['Client-Cert:', ' forged']],
  ['with a blank before the colon', ['Client-Cert : forged']],
  ['with a blank before the name', [' Client-Cert: forged']],
  ['with a tab after the name', ['Client-Cert\t: forged']],
  ['after a bare line feed', ['X-Kept: a\nClient-Cert: forged']],
  ['after a bare carriage return', ['X-Kept: a\rClient-Cert: forged']],
  ['after a NUL', ['X-Kept: a\0\r\nClient-Cert: forged']],
  ['as Cloudflare’s', ['Cf-Client-Cert-Der-Base64: forged', 'Cf-Client-Cert-Sha256: forged']],
  ['as a chain', ['Client-Cert-Chain: forged', 'client-cert-chain: forged']],
  ['as ours', ['Access-Mtls-Client: forged']],
]

describe('a request on the wire', () => {
  const folder = migratedFolder()
  const arrived: IncomingMessage[] = []
  let origin: Server
  let gateway: ChildProcess
  let port = 0

  /** Sends octets, and returns the answer up to what is expected, or up to the end or a pause of the connection. */
  const send = (text: string, until = /^HTTP\/1\.1 \d{3}[\s\S]*\r\n\r\n/): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text))
      let answer = ''
      const done = () => {
        socket.destroy()
        resolve(answer)
      }
      socket.setTimeout(3_000, done)
      socket.setEncoding('latin1').on('data', (chunk) => {
        answer += chunk
        if (until.test(answer)) done()
      })
      socket.on('end', done).on('error', reject)
    })

  const request = (lines: readonly string[]) =>
    send([`GET /path HTTP/1.1`, `Host: ${HOSTNAME}`, ...lines, 'Connection: close', '', ''].join('\r\n'))

  beforeAll(async () => {
    origin = createServer((incoming, outgoing) => {
      arrived.push(incoming)
      outgoing.end('origin')
    })
    origin.on('upgrade', ({ headers }, socket) => {
      const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${WEBSOCKET_GUID}`).digest('base64')
      const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
      socket.write([...lines, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'))
      // One text frame, unmasked as a server's are (RFC 6455 5.2).
      socket.write(Uint8Array.of(0x81, 5, ...Buffer.from('hello')))
    })
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))
    port = await freePort()
    const { port: behind } = origin.address() as AddressInfo
    const where = ['--ip', '127.0.0.1', '--port', `${port}`, '--persist-to', folder.path]
    const vars = [`ORIGIN:http://127.0.0.1:${behind}`, 'INSECURE_ORIGIN:allow', 'UNPROTECTED:allow'].flatMap(
      (setting) => ['--var', setting],
    )
    const quiet = '--show-interactive-dev-session=false'
    gateway = startWrangler(['dev', '--env', 'gateway', ...where, ...vars, quiet], { stdio: 'ignore' })
    for (let tries = 0; ; tries += 1) {
      const answer = await request([]).catch(() => '')
      if (answer.startsWith('HTTP/1.1 200')) break
      if (tries > 120) throw new Error(`the gateway does not answer: ${answer}`)
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  })
  afterAll(() => {
    if (gateway.pid !== undefined) endTree(gateway.pid)
    origin.close()
    origin.closeAllConnections()
    folder.remove()
  })

  it.each(SMUGGLED)('carries no identity to the origin %s', async (_, lines) => {
    const before = arrived.length
    const answer = await request(lines)
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])
    const reached = arrived.slice(before)
    console.log(`smuggled ${JSON.stringify(lines)}: ${status}, ${reached.length} at the origin`)
    // Either the request did not reach the origin, or it had no such header.
    expect(reached.length > 0 ? 200 : 400).toBe(status)
    for (const { rawHeaders } of reached) {
      const names = rawHeaders.filter((_, index) => index % 2 === 0)
      expect(names.filter((name) => /client.?cert|access.?mtls/i.test(name))).toEqual([])
    }
  })
  it('for a WebSocket gets that of the origin, although its Connection header ends here', async () => {
    const key = Buffer.from('0123456789abcdef').toString('base64')
    const lines = [
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${key}`,
    ]
    const answer = await send(['GET / HTTP/1.1', `Host: ${HOSTNAME}`, ...lines, '', ''].join('\r\n'), /hello$/)
    expect(answer).toMatch(/^HTTP\/1\.1 101 [\s\S]*hello$/)
  })
})
