import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { decodeCertificates, kindOfDer, privateKeyIn } from '../../../src/x509/text/index.ts'
import { runCommand, temporaryFolder } from '../support/server.ts'

const INSTALLED = await runCommand('openssl', ['version']).then(
  ({ code }) => code === 0,
  () => false,
)

const KEY = 'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem'
const CERTIFICATE = 'openssl req -x509 -key key.pem -subj /CN=a -days 9 -out ca.pem'

/** Files that OpenSSL writes, and their kinds. */
const WRITTEN = [
  ['certificate', 'openssl x509 -in ca.pem -outform DER -out made'],
  [
    'trusted_certificate',
    "openssl x509 -in ca.pem -trustout -addtrust clientAuth | sed '/---/d' | openssl base64 -d -out made",
  ],
  ['certificate_request', 'openssl req -new -key key.pem -subj /CN=a -outform DER -out made'],
  ['pkcs7', 'openssl crl2pkcs7 -nocrl -certfile ca.pem -outform DER -out made'],
  ['pkcs12', 'openssl pkcs12 -export -in ca.pem -inkey key.pem -passout pass:a -out made'],
  ['pkcs12', 'openssl pkcs12 -export -in ca.pem -nokeys -passout pass:a -out made'],
  ['private_key', 'openssl pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out made'],
  ['private_key', 'openssl ec -in key.pem -outform DER -out made'],
  ['private_key', 'openssl genpkey -algorithm ed25519 -outform DER -out made'],
  [
    'private_key',
    'openssl genrsa -traditional -out rsa.pem 2048 && openssl rsa -in rsa.pem -traditional -outform DER -out made',
  ],
  ['encrypted_private_key', 'openssl pkcs8 -topk8 -in key.pem -passout pass:a -outform DER -out made'],
  ['public_key', 'openssl pkey -in key.pem -pubout -outform DER -out made'],
  [
    'public_key',
    'openssl genrsa -out rsa.pem 2048 && openssl rsa -in rsa.pem -RSAPublicKey_out -outform DER -out made',
  ],
] as const

it('every public root that Node carries is a certificate, and no private key, in each form', () => {
  for (const pem of rootCertificates) {
    const base64 = pem.replace(/-----[^-]+-----|\s/g, '')
    expect(kindOfDer(Buffer.from(base64, 'base64'))).toBe('certificate')
    for (const form of [pem, base64, btoa(pem), encodeURIComponent(pem), pem.replaceAll('\n', ' '), `:${base64}:`]) {
      expect(privateKeyIn(form)).toBeUndefined()
      // RFC 9440 is decoded by the runtime, and Node 22 cannot yet.
      if (!form.startsWith(':')) expect(decodeCertificates(form)).toMatchObject({ ok: true })
    }
  }
})

describe.skipIf(!INSTALLED)('what OpenSSL writes is named for what it is', () => {
  const folder = temporaryFolder()
  afterAll(() => folder.remove())
  const run = (command: string) => promisify(execFile)('sh', ['-c', command], { cwd: folder.path })

  it.each(WRITTEN)('%s: %s', async (kind, command) => {
    await run(`${KEY} && ${CERTIFICATE} && ${command}`)
    expect(kindOfDer(readFileSync(`${folder.path}/made`))).toBe(kind)
  })

  // Following the advice of the messages.
  it.each([
    ['PKCS #7', 'openssl crl2pkcs7 -nocrl -certfile ca.pem -out made && openssl pkcs7 -print_certs -in made'],
    [
      'PKCS #7 under the label of a certificate',
      'openssl crl2pkcs7 -nocrl -certfile ca.pem | sed s/PKCS7/CERTIFICATE/ > made && openssl pkcs7 -print_certs -in made',
    ],
    [
      'PKCS #7, binary',
      'openssl crl2pkcs7 -nocrl -certfile ca.pem -outform DER -out made && openssl pkcs7 -inform DER -print_certs -in made',
    ],
    [
      'PKCS #12',
      'openssl pkcs12 -export -in ca.pem -inkey key.pem -passout pass:a -out made && openssl pkcs12 -nokeys -in made -passin pass:a',
    ],
    ['trust settings', 'openssl x509 -in ca.pem -trustout -addtrust clientAuth -out made && openssl x509 -in made'],
    ['DER', 'openssl x509 -in ca.pem -outform DER -out made && openssl x509 -inform DER -in made'],
    ['PEM encoded once more', 'openssl base64 -in ca.pem -out made && openssl base64 -d -in made'],
  ])('and the advised command prints a certificate: %s', async (_, command) => {
    const { stdout } = await run(`${KEY} && ${CERTIFICATE} && ${command}`)
    expect(decodeCertificates(stdout)).toMatchObject({ ok: true, value: { blocks: [expect.any(Uint8Array)] } })
  })
})
