import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestCa, type TestCertificate, testCa } from '../../../src/testing/index.ts'
import { runCommand, temporaryFolder } from '../support/server.ts'

const INSTALLED = (await runCommand('openssl', ['version']).catch(() => ({ code: 1 }))).code === 0
const KEY_TYPES = ['P-256', 'P-384', 'P-521', 'RSA-2048', 'Ed25519'] as const

describe.skipIf(!INSTALLED)('what testCa makes is to OpenSSL what it should be', () => {
  const folder = temporaryFolder()
  afterAll(() => folder.remove())

  const file = (name: string, text: string) => {
    writeFileSync(`${folder.path}/${name}`, text)
    return `${folder.path}/${name}`
  }
  async function verify(root: TestCa, { certificate, chain }: TestCertificate, ...options: readonly string[]) {
    const trust = ['-x509_strict', '-CAfile', file('root.pem', root.certificate)]
    const untrusted = chain === '' ? [] : ['-untrusted', file('chain.pem', chain)]
    const run = await runCommand('openssl', [
      ...['verify', ...trust, ...untrusted, ...options],
      file('own.pem', certificate),
    ])
    return run.code === 0 ? 'OK' : /error \d+ at \d+ depth lookup: (.*)/.exec(run.stdout + run.stderr)?.[1]
  }

  it.each(KEY_TYPES)('with keys of type %s', async (keyType) => {
    const root = await testCa({ keyType, subject: { C: 'DE', O: 'Example', CN: 'Root' } })
    const ca = await root.issue({ ca: true, keyType, pathLength: 0 })
    const client = await ca.issue({ keyType, subjectAltName: ['URI:spiffe://a/b', 'IP:2001:db8::1'] })
    expect(await verify(root, root)).toBe('OK')
    expect(await verify(root, client, '-purpose', 'sslclient')).toBe('OK')
    expect(await verify(root, client, '-purpose', 'sslserver')).toBe('unsuitable certificate purpose')
    expect(await verify(root, client, '-verify_ip', '2001:db8::1')).toBe('OK')
    expect(await verify(root, await ca.issue({ notAfter: new Date(0) }))).toBe('certificate has expired')
    expect(await verify(root, await ca.issue({ breakSignature: true }))).toBe('certificate signature failure')
    for (const { certificate, key } of [root, ca, client]) {
      const publicKey = await runCommand('openssl', ['pkey', '-in', file('key.pem', key), '-pubout'])
      expect(publicKey.stdout).toBe(new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'pem' }))
    }

    const crls = file('crls.pem', (await root.crl()) + (await ca.crl({ revoked: [client] })))
    const revocation = ['-crl_check_all', '-CRLfile', crls]
    expect(await verify(root, client, ...revocation)).toBe('certificate revoked')
    expect(await verify(root, await ca.issue(), ...revocation)).toBe('OK')
  })

  it('a key that OpenSSL made is accepted', async () => {
    const made = await runCommand('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'])
    const root = await testCa({ key: made.stdout })
    expect(await verify(root, root)).toBe('OK')
  })
})

describe('a TLS server that asks for client certificates', () => {
  let server: ReturnType<typeof createServer>
  let root: TestCa
  let ca: TestCa

  beforeAll(async () => {
    root = await testCa()
    ca = await root.issue({ ca: true, subject: 'Issuing CA' })
    const own = await ca.issue({ extendedKeyUsage: ['serverAuth'], subjectAltName: ['IP:127.0.0.1'] })
    server = createServer(
      {
        cert: own.certificate + own.chain,
        key: own.key,
        ca: root.certificate,
        requestCert: true,
        rejectUnauthorized: false,
      },
      ({ socket }, answer) => answer.end(String((socket as TLSSocket).authorizationError ?? 'authorized')),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => server.close())

  const ask = ({ certificate, chain, key }: TestCertificate) =>
    new Promise<string>((resolve, reject) => {
      const { port } = server.address() as AddressInfo
      const tls = { cert: certificate + chain, key, ca: root.certificate, agent: false } as const
      request({ host: '127.0.0.1', port, ...tls }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk) => {
          text += chunk
        })
        answer.on('end', () => resolve(text))
      })
        .on('error', reject)
        .end()
    })

  it.each(KEY_TYPES)('authorizes a client with a key of type %s', async (keyType) => {
    expect(await ask(await ca.issue({ keyType }))).toBe('authorized')
  })

  it('says why it does not authorize the other clients', async () => {
    expect(await ask(await ca.issue({ notAfter: new Date(0) }))).toBe('CERT_HAS_EXPIRED')
    expect(await ask(await (await testCa({ subject: 'Other' })).issue())).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
  })
})
