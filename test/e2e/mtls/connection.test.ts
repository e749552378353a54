import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { Agent, type RequestOptions } from 'node:https'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { octets } from '../../../src/testing/der.ts'
import { basicConstraints, extension } from '../../../src/testing/extensions.ts'
import { pem } from '../../support/pki.ts'
import { DIGITAL_SIGNATURE, type Issued, issue, KEY_CERT_SIGN, newKeys } from '../../support/x509/chain.ts'
import { api, client, curl, get, HOSTNAME, type Laptop, openRequest, sClient, startLaptop } from '../support/laptop.ts'
import { runCommand, temporaryFolder } from '../support/server.ts'

/** How old the trust at the gateway may be, in ms (TRUST_MAX_AGE_SECONDS is 10 by default). */
const TRUST_MAX_AGE_MS = 10_000
/** Time for a request and for reading the clock on a busy machine, in ms. */
const SLACK_MS = 2_000

const OPENSSL = (await runCommand('openssl', ['version']).catch(() => undefined)) !== undefined

describe('a connection through npm run dev:mtls', () => {
  const folder = temporaryFolder()
  let laptop: Laptop

  beforeAll(async () => {
    laptop = await startLaptop(folder.path)
  })
  afterAll(async () => {
    await laptop.stop()
    folder.remove()
  })

  const open = (name: string | undefined, path: string, options: RequestOptions = {}): ClientRequest =>
    openRequest(laptop, name, path, options)

  const answerOf = async (asked: ClientRequest): Promise<IncomingMessage> => (await once(asked, 'response'))[0]

  const textOf = (answer: IncomingMessage): Promise<string> =>
    answer.setEncoding('utf8').reduce((text: string, part: string) => text + part, '')

  describe('that is upgraded', () => {
    const upgrade = { headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' } }
    const websocket = (name: string | undefined) =>
      open(name, '/socket', {
        headers: { ...upgrade.headers, 'sec-websocket-key': randomBytes(16).toString('base64') },
      })

    it('carries messages both ways', async () => {
      const asked = websocket('good')
      asked.end()
      const [answer, socket] = (await once(asked, 'upgrade')) as [IncomingMessage, Duplex]
      expect(answer.statusCode).toBe(101)
      for (const text of ['one', 'two', 'x'.repeat(120)]) {
        socket.write(frame(text))
        expect(await message(socket)).toBe(text)
      }
      socket.destroy()
    })

    it('is refused before it is upgraded, without a certificate', async () => {
      const asked = websocket(undefined)
      asked.end()
      const answer = await answerOf(asked)
      expect(answer.statusCode).toBe(403)
      expect(JSON.parse(await textOf(answer))).toMatchObject({ reason: { code: 'no_certificate' } })
    })
  })

  it('streams: each part of a body is answered before the next one is sent', async () => {
    const asked = open('good', '/echo', { method: 'POST' })
    asked.write('part 0')
    const answer = (await answerOf(asked)).setEncoding('utf8')
    expect(answer.statusCode).toBe(200)
    expect((await once(answer, 'data'))[0]).toBe('part 0')
    for (const part of ['part 1', 'part 2', 'part 3']) {
      asked.write(part)
      expect((await once(answer, 'data'))[0]).toBe(part)
    }
    asked.end()
    expect(await textOf(answer)).toBe('')
  })

  it('carries 30 MB in both directions unchanged', async () => {
    const [sent, received] = [join(folder.path, 'sent'), join(folder.path, 'received')]
    writeFileSync(sent, randomBytes(30_000_000))
    const { certificate, key } = client(laptop, 'good')
    const identity = ['--cacert', join(laptop.out, 'root.pem'), '--cert', certificate, '--key', key]
    const resolve = ['--resolve', `${HOSTNAME}:${laptop.port}:127.0.0.1`]
    const run = await runCommand('curl', [
      ...[...identity, ...resolve, '--silent', '--show-error', '--data-binary', `@${sent}`, '--output', received],
      `https://${HOSTNAME}:${laptop.port}/echo`,
    ])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(readFileSync(received).equals(readFileSync(sent))).toBe(true)
  })

  it('is answered before its body has been sent, if it is refused', async () => {
    const asked = open(undefined, '/echo', { method: 'POST', headers: { 'content-length': '100000000' } })
    asked.on('error', () => undefined).write('x')
    expect((await answerOf(asked)).statusCode).toBe(403)
    asked.destroy()
  })

  it('does not disturb the next client if it is broken off', async () => {
    const asked = open('good', '/echo', { method: 'POST' })
    asked.on('error', () => undefined).write('x')
    await answerOf(asked)
    asked.destroy()
    expect((await curl(laptop, 'good')).status).toBe(200)
  })

  describe.skipIf(!OPENSSL)('with certificates of its own', () => {
    const write = (name: string, text: string) => {
      const path = join(folder.path, name)
      writeFileSync(path, text)
      return path
    }
    const padding = (length: number) => extension('1.3.6.1.4.1.55738.2', octets(new Uint8Array(length)))
    const keyFile = async ({ keys }: Pick<Issued, 'keys'>) => {
      const der = new Uint8Array((await crypto.subtle.exportKey('pkcs8', keys.privateKey)) as ArrayBuffer)
      return write('own.key', pem(der, 'PRIVATE KEY'))
    }

    /** Presents a leaf below a chain of CAs. Each CA certificate has this many octets more than it needs. */
    const presentChain = async (cas: number, extra: number) => {
      const chain = [await issue({ cn: 'CA 0' })]
      for (let i = 1; i <= cas; i += 1) {
        const by = chain.at(-1) ?? chain[0]
        const extensions = [basicConstraints(true), KEY_CERT_SIGN, padding(extra)]
        chain.push(await issue({ cn: `CA ${i}`, ...(by && { by }), extensions }))
      }
      const by = chain.at(-1)
      const leaf = await issue({ cn: 'own', ...(by && { by }), extensions: [DIGITAL_SIGNATURE] })
      const sent = chain
        .slice(1)
        .reverse()
        .map(({ der }) => pem(der))
        .join('')
      const options = ['-cert', write('own.pem', pem(leaf.der)), '-key', await keyFile(leaf)]
      return sClient(laptop, [...options, '-cert_chain', write('chain.pem', sent)], get(laptop))
    }

    it('passes on all of a chain of 14 KiB', async () => {
      const { status, body } = await presentChain(2, 5_000)
      expect({ status, code: body.reason?.code }).toEqual({ status: 403, code: 'no_issuer' })
      expect(JSON.stringify(body.reason)).toContain('CN=CA 0')
    })

    it('marks a chain of 20 KiB as left out, as Cloudflare does', async () => {
      const { status, body } = await presentChain(3, 5_000)
      expect({ status, code: body.reason?.code }).toEqual({ status: 403, code: 'certificate_left_out' })
    })

    it('is refused with a certificate that OpenSSL reads and this service does not', async () => {
      const keys = await newKeys()
      // A serial number of 41 bytes, where RFC 5280 4.1.2.2 allows 20.
      const serial = Uint8Array.of(2, 41, ...Array.from({ length: 41 }, () => 1))
      const odd = await issue({ cn: 'odd', keys, serial, extensions: [DIGITAL_SIGNATURE] })
      const options = ['-cert', write('odd.pem', pem(odd.der)), '-key', await keyFile(odd)]
      const { status, body } = await sClient(laptop, options, get(laptop))
      expect({ status, code: body.reason?.code }).toEqual({ status: 403, code: 'malformed_certificate' })
    })
  })

  describe('that is kept alive', () => {
    /** Sends requests over one connection until the answer changes; returns the time in ms, and the new answer. */
    const untilChanged = async (agent: Agent, status: number) => {
      const begun = performance.now()
      for (;;) {
        const asked = open('good', '/', { agent })
        asked.end()
        const answer = await answerOf(asked)
        const text = await textOf(answer)
        const ms = performance.now() - begun
        if (answer.statusCode !== status) return { ms, status: answer.statusCode, text }
        if (ms > 3 * TRUST_MAX_AGE_MS) throw new Error(`still ${status} after ${ms} ms`)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
    /** One connection, with a count of how often it was opened. */
    const oneConnection = () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const opened = { times: 0 }
      agent.on('free', (socket) => {
        if (!seen.has(socket)) opened.times += 1
        seen.add(socket)
      })
      const seen = new WeakSet<object>()
      return { agent, opened }
    }

    it('is refused within the age of the cache after its serial number is blocked as printed', async () => {
      const { agent, opened } = oneConnection()
      const block = /^curl -X PUT .*blocked_serials.*$/m.exec(laptop.output())?.[0] ?? 'false'
      const run = await runCommand('sh', ['-c', `${block} --silent --output /dev/null --write-out '%{http_code}'`])
      expect(run, run.stderr).toMatchObject({ stdout: '200' })
      const blocked = await untilChanged(agent, 200)
      expect(JSON.parse(blocked.text)).toMatchObject({ reason: { code: 'blocked' } })
      await runCommand('sh', ['-c', `${block.replace('-X PUT', '-X DELETE')} --silent --output /dev/null`])
      const back = await untilChanged(agent, 403)
      console.log(`blocked after ${Math.round(blocked.ms)} ms, let in again after ${Math.round(back.ms)} ms`)
      expect(back.status).toBe(200)
      expect(Math.max(blocked.ms, back.ms)).toBeLessThan(TRUST_MAX_AGE_MS + SLACK_MS)
      expect(opened.times).toBe(1)
      agent.destroy()
    })

    it('is refused within the age of the cache after its CA is removed', async () => {
      const { agent, opened } = oneConnection()
      const first = open('good', '/', { agent })
      first.end()
      expect(await textOf(await answerOf(first))).toContain('"path": "/"')
      const record = `/client/v4/accounts/${laptop.accountId}/access/certificates/${laptop.certificateId}`
      expect(await api(laptop, 'PUT', record, {})).toBe(200)
      expect(await api(laptop, 'DELETE', record)).toBe(200)
      const changed = await untilChanged(agent, 200)
      console.log(
        `the CA was removed; its client was refused ${Math.round(changed.ms)} ms later, on the same connection`,
      )
      expect(changed.status).toBe(403)
      expect(JSON.parse(changed.text)).toMatchObject({ reason: { code: 'hostname_without_certificates' } })
      expect(changed.ms).toBeLessThan(TRUST_MAX_AGE_MS + SLACK_MS)
      expect(opened.times).toBe(1)
      agent.destroy()
    })
  })
})

/** A text message of less than 126 octets as a client sends it: masked (RFC 6455 5.2). */
function frame(text: string): Buffer {
  const payload = Buffer.from(text)
  const mask = randomBytes(4)
  const masked = payload.map((octet, i) => octet ^ (mask[i % 4] ?? 0))
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, masked])
}

/** The next text message of less than 126 octets, as a server sends it. */
async function message(socket: Duplex): Promise<string> {
  const [data] = (await once(socket, 'data')) as [Buffer]
  expect(data[0]).toBe(0x81)
  expect(data.length).toBe(2 + (data[1] ?? 0))
  return data.subarray(2).toString()
}
