import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noTlsClientAuth, tlsClientAuthFrom } from '../../../src/testing/index.ts'
import { publicRoot } from '../support/roots.ts'
import { PROJECT, runCommand, temporaryFolder } from '../support/server.ts'

/** A test suite in TypeScript of another project. */
const SUITE = `import { noTlsClientAuth, type TestCa, testCa, type TlsClientAuth, tlsClientAuthFrom } from 'access-mtls/testing'
import { rootCertificates } from 'node:tls'
const ca: TestCa = await testCa()
const issuing: TestCa = await ca.issue({ ca: true })
const client = await issuing.issue({ subject: { O: 'Example', CN: 'client' } })
const crl: string = await issuing.crl({ revoked: [client, { ...client, reason: 1 }] })
const presented: TlsClientAuth = await tlsClientAuthFrom(client.certificate, client.chain)
console.log(presented.certSubjectDN, presented.certIssuerSerial === issuing.serialNumber.toUpperCase(), crl.length > 300)
const tlsClientAuth: TlsClientAuth = await tlsClientAuthFrom(rootCertificates[0] ?? '', '', { certVerified: 'SUCCESS' })
const verified: 'NONE' = noTlsClientAuth().certVerified
console.log(tlsClientAuth.certPresented, tlsClientAuth.certVerified, verified)
`

/** Types of a suite that starts a service. It is compiled and not run. */
const SERVICE = `import { type AccessMtls, type Fault, type Seed, startAccessMtls } from 'access-mtls/testing'
export async function suite(): Promise<void> {
  const seed: Seed = { accounts: [{ zones: [{ name: 'example.com' }], tokens: [{ token: 't', permission: 'read' }] }] }
  const plain: AccessMtls = await startAccessMtls()
  // @ts-expect-error: none was asked for
  plain.gateway.url
  await using service = await startAccessMtls({
    seed,
    parity: 'strict',
    now: new Date(),
    gateway: { origin: async (request) => new Response(request.url) },
  })
  const fault: Fault = { operation: 'POST access/certificates', times: 2, cut: 'after' }
  await service.fail(fault)
  // @ts-expect-error: there is no such moment
  await service.fail({ cut: 'during' })
  const { accounts } = await service.seed(seed)
  const id: string | undefined = accounts[0]?.tokens[0]?.id
  const response: Response = await service.gateway.fetch('https://a.example.com/', { method: 'PUT', body: id ?? '' })
  await service.setTime(response.headers.get('date'))
}
`

/** Strict, and otherwise the compiler's defaults, not the settings of this project. */
const TSCONFIG = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2022',
    strict: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [`${PROJECT}/node_modules/@types`],
  },
  include: ['*.mts', '*.cts'],
}

describe('access-mtls/testing, installed in another project', () => {
  const folder = temporaryFolder()
  const inNodeModules = `${folder.path}/node_modules/access-mtls`

  beforeAll(() => {
    mkdirSync(inNodeModules, { recursive: true })
    cpSync(`${PROJECT}/package.json`, `${inNodeModules}/package.json`)
    cpSync(`${PROJECT}/dist`, `${inNodeModules}/dist`, { recursive: true })
    writeFileSync(`${folder.path}/suite.mts`, SUITE)
    for (const ending of ['mts', 'cts']) writeFileSync(`${folder.path}/service.${ending}`, SERVICE)
    writeFileSync(`${folder.path}/tsconfig.json`, JSON.stringify(TSCONFIG))
  })
  afterAll(() => folder.remove())

  it('is loaded by Node without TypeScript in node_modules', async () => {
    const run = await runCommand(process.execPath, ['--experimental-strip-types', `${folder.path}/suite.mts`])
    expect(run, run.stderr).toMatchObject({ code: 0, stdout: 'CN=client,O=Example true true\n1 SUCCESS NONE\n' })
  })

  it('is accepted by a strict compiler with other settings', async () => {
    const tsc = `${PROJECT}/node_modules/typescript/bin/tsc`
    const run = await runCommand(process.execPath, [tsc, '-p', folder.path])
    expect(run).toMatchObject({ code: 0, stdout: '' })
  })
})

describe('Miniflare’s dispatchFetch', () => {
  it('gives a Worker all that tlsClientAuthFrom and noTlsClientAuth made', async () => {
    process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false'
    const script = 'export default { fetch: ({ cf }) => Response.json(cf.tlsClientAuth) }'
    const miniflare = new Miniflare(convertV4MiniflareOptions({ modules: true, script }))
    // A chain of almost 16 KiB: the longest that Cloudflare passes on.
    const chain = Array.from({ length: 10 }, () => publicRoot(1))
    for (const tlsClientAuth of [noTlsClientAuth(), await tlsClientAuthFrom(publicRoot(0), chain)]) {
      const response = await miniflare.dispatchFetch('https://admin.example.com/', { cf: { tlsClientAuth } })
      expect(await response.json()).toEqual(tlsClientAuth)
    }
    await miniflare.dispose()
  })
})
