import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endTree } from '../../../scripts/cli/process-tree.ts'
import { startWrangler } from '../../../scripts/wrangler/wrangler.ts'
import { toBase64 } from '../../../src/core/bytes.ts'
import { extKeyUsage } from '../../../src/testing/extensions.ts'
import { pem } from '../../support/pki.ts'
import { CLIENT_AUTH_OID, DIGITAL_SIGNATURE, type Issued, issue } from '../../support/x509/chain.ts'
import { freePort, migratedFolder, PROJECT, readFirstRun, startServer } from '../support/server.ts'

const FIXTURE = `${PROJECT}/test/e2e/fixtures/consumer`
const HOSTNAME = 'admin.example.com'

/** The parts of the binding's answer that this test checks. */
interface Decision {
  readonly accepted: boolean
  readonly code?: string
  readonly path?: readonly { readonly subject: string; readonly role: string }[]
}

const client = (by: Issued) =>
  issue({ cn: 'client', by, extensions: [DIGITAL_SIGNATURE, extKeyUsage(CLIENT_AUTH_OID)] })

describe('the ClientCertificates binding, from another Worker', () => {
  const folder = migratedFolder()
  let consumer: ChildProcess
  let origin = ''
  let root: Issued
  let intermediate: Issued

  const verify = async (request: unknown): Promise<Decision> => {
    const response = await fetch(origin, { method: 'POST', body: JSON.stringify(request) })
    return (await response.json()) as Decision
  }

  beforeAll(async () => {
    const server = await startServer(folder.path)
    const { accountId, token } = readFirstRun(server.output())
    root = await issue({ cn: 'root' })
    intermediate = await issue({ cn: 'intermediate', by: root })
    const added = await fetch(`${server.origin}/client/v4/accounts/${accountId}/access/certificates`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'root', certificate: pem(root.der), associated_hostnames: [HOSTNAME] }),
    })
    expect(added.status).toBe(201)
    await server.stop()
    const port = await freePort()
    origin = `http://127.0.0.1:${port}`
    const configs = ['-c', `${FIXTURE}/wrangler.test.toml`, '-c', `${PROJECT}/wrangler.toml`]
    const where = ['--ip', '127.0.0.1', '--port', `${port}`, '--persist-to', folder.path]
    consumer = startWrangler(['dev', ...configs, ...where, '--show-interactive-dev-session=false'], { stdio: 'ignore' })
    await answering(origin)
  })
  afterAll(() => {
    if (consumer.pid !== undefined) endTree(consumer.pid)
    folder.remove()
  })

  it('accepts the certificates of the handshake: leaf and chain as RFC 9440', async () => {
    const leaf = await client(intermediate)
    const tlsClientAuth = {
      certPresented: '1',
      // Cloudflare's own check does not know these roots.
      certVerified: 'FAILED:unable to get local issuer certificate',
      certRFC9440: `:${toBase64(leaf.der)}:`,
      certRFC9440TooLarge: false,
      certChainRFC9440: `:${toBase64(intermediate.der)}:`,
      certChainRFC9440TooLarge: false,
    }
    const decision = await verify({ hostname: HOSTNAME, tlsClientAuth })
    expect(decision).toMatchObject({
      accepted: true,
      path: [{ subject: 'CN=client' }, { subject: 'CN=intermediate' }, { subject: 'CN=root', role: 'anchor' }],
    })
  })

  it.each([
    ['PEM', pem],
    ['Cf-Client-Cert-Der-Base64', toBase64],
    ['URL-encoded PEM', (der: Uint8Array) => encodeURIComponent(pem(der))],
    ['x-forwarded-client-cert', (der: Uint8Array) => `Hash=0;Cert="${encodeURIComponent(pem(der))}"`],
  ])('accepts %s', async (_, write) => {
    const certificate = write((await client(root)).der)
    expect(await verify({ hostname: HOSTNAME, certificate })).toMatchObject({ accepted: true })
  })

  it.each([
    ['a path', '/tmp/client.pem', /^the certificate has no .* file's path/],
    ['a request', pem(new Uint8Array([0x30, 0]), 'CERTIFICATE REQUEST'), /^the certificate has .* signing request/],
    ['a handshake with another form', undefined, /certRFC9440 is not one certificate as in RFC 9440$/],
  ])('names another kind of file: %s', async (_, certificate, message) => {
    const other = { tlsClientAuth: { certPresented: '1', certRFC9440: pem((await client(root)).der) } }
    const decision = await verify({ hostname: HOSTNAME, ...(certificate === undefined ? other : { certificate }) })
    expect(decision).toMatchObject({ code: 'certificate_unreadable', message: expect.stringMatching(message) })
  })

  it('returns a whole refusal as data', async () => {
    const certificate = pem((await client(await issue({ cn: 'stranger' }))).der)
    expect(await verify({ hostname: HOSTNAME, certificate })).toMatchObject({
      accepted: false,
      code: 'no_issuer',
      fault: { reason: 'no_issuer', issuer: 'CN=stranger' },
      openssl: 'unable to get local issuer certificate',
      suggestion: expect.stringMatching(/\w/),
    })
  })

  it.each([
    ['no handshake', { tlsClientAuth: null }, 'no_certificate'],
    ['no certificate', { tlsClientAuth: { certPresented: '0', certRFC9440: '' } }, 'no_certificate'],
    [
      'a verified flag without a certificate',
      { tlsClientAuth: { certPresented: '1', certVerified: 'SUCCESS', certRFC9440: '' } },
      'no_certificate',
    ],
    [
      'a leaf that was too large',
      { tlsClientAuth: { certPresented: '1', certRFC9440: '', certRFC9440TooLarge: true } },
      'certificate_left_out',
    ],
    [
      'a chain that was too large',
      { tlsClientAuth: { certPresented: '1', certRFC9440: ':AAAA:', certChainRFC9440TooLarge: true } },
      'certificate_left_out',
    ],
    ['a text that is not a certificate', { certificate: 'x' }, 'certificate_unreadable'],
    ['a hostname of nobody', { hostname: 'nobody.example', certificate: ':AAAA:' }, 'hostname_not_enabled'],
  ])('refuses %s, without an exception', async (_, request, code) => {
    expect(await verify({ hostname: HOSTNAME, ...request })).toMatchObject({ accepted: false, code })
  })

  it('is used by the README exactly as this test uses it', async () => {
    const readme = readFileSync(`${PROJECT}/README.md`, 'utf8')
    expect(readme).toContain(readFileSync(`${FIXTURE}/index.js`, 'utf8').trim())
    expect(readme).toContain(readFileSync(`${FIXTURE}/wrangler.toml`, 'utf8').split('\n\n')[1]?.trim())
    const response = await fetch(origin)
    expect({ status: response.status, text: await response.text() }).toMatchObject({
      status: 403,
      text: expect.stringMatching(/^refused: /),
    })
  })
})

/** Waits until the server gives any answer, or until the test's timeout. */
async function answering(url: string): Promise<void> {
  while ((await fetch(url).catch(() => undefined)) === undefined) await new Promise((done) => setTimeout(done, 100))
}
