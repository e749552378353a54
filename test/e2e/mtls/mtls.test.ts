import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  answerOf,
  client,
  curl,
  get,
  HOSTNAME,
  handshake,
  type Laptop,
  sClient,
  startLaptop,
} from '../support/laptop.ts'
import { PROJECT, runCommand, temporaryFolder } from '../support/server.ts'

const installed = async (command: string) =>
  (await runCommand(command, ['version']).catch(() => undefined)) !== undefined
const OPENSSL = await installed('openssl')

/** The answer to each client: who is let in, and why the others are not. */
const TOLD = [
  { as: 'good', name: 'good', status: 200, code: undefined },
  { as: 'expired', name: 'expired', status: 403, code: 'expired' },
  { as: 'revoked', name: 'revoked', status: 403, code: 'revoked' },
  { as: 'foreign', name: 'foreign', status: 403, code: 'no_issuer' },
  { as: 'nobody', name: undefined, status: 403, code: 'no_certificate' },
] as const

describe.skipIf(!(await installed('curl')))('npm run dev:mtls', () => {
  const folder = temporaryFolder()
  let laptop: Laptop

  beforeAll(async () => {
    laptop = await startLaptop(folder.path)
  })
  afterAll(async () => {
    await laptop.stop()
    folder.remove()
  })

  it.each([
    ['good', '200'],
    ['expired', '403 expired'],
    ['revoked', '403 revoked'],
    ['foreign', '403 no_issuer'],
    ['no certificate', '403 no_certificate'],
    ['no certificate, but headers that claim one', '403 no_certificate'],
  ])('prints a curl for %s that is answered as it says', async (who, promised) => {
    const printed = laptop.curls.get(who)
    expect(printed?.promised).toBe(promised)
    const run = await runCommand('sh', [
      '-c',
      `${printed?.command} --silent --show-error --write-out '\\n%{http_code}'`,
    ])
    const { status, body } = answerOf(run)
    expect([status, body.reason?.code].join(' ').trim()).toBe(promised)
  })

  it('is shown in its guide with its real answers', () => {
    const guide = readFileSync(`${PROJECT}/docs/guides/protect-a-hostname.md`, 'utf8').split('\n')
    for (const [who, { command, promised }] of laptop.curls) {
      const byDefault = command.replaceAll(`${laptop.port}`, '8443').replaceAll(laptop.out, '.mtls')
      const shown = who === 'good' ? byDefault : byDefault.replace(/^.*root\.pem/, 'curl …')
      const line = guide.indexOf(`$ ${shown}`)
      expect(line, shown).toBeGreaterThan(0)
      expect(guide[line + 1]).toContain(promised.split(' ')[1] ?? '"method": "GET"')
    }
  })

  it.each(TOLD)('tells curl as $as: $status', async ({ name, status, code }) => {
    const answer = await curl(laptop, name)
    expect({ status: answer.status, code: answer.body.reason?.code }).toEqual({ status, code })
  })

  describe.skipIf(!OPENSSL)('openssl s_client', () => {
    const identity = (name: string | undefined) => {
      if (name === undefined) return []
      const { certificate, key } = client(laptop, name)
      return ['-cert', certificate, '-key', key]
    }
    const withChain = (name: string | undefined) => [
      ...identity(name),
      ...(name === undefined ? [] : ['-cert_chain', join(laptop.out, 'intermediate.pem')]),
    ]

    for (const version of ['-tls1_2', '-tls1_3']) {
      it.each(TOLD)(`is told with ${version} as $as: $status`, async ({ name, status, code }) => {
        const answer = await sClient(laptop, [version, ...withChain(name)], get(laptop))
        expect({ status: answer.status, code: answer.body.reason?.code }).toEqual({ status, code })
      })

      it(`is never resumed with ${version}, since a resumed session has no chain`, async () => {
        const session = join(folder.path, `session${version}`)
        for (const option of ['-sess_out', '-sess_in']) {
          const run = await handshake(laptop, [version, ...withChain('good'), option, session], get(laptop))
          expect(run.stdout).toMatch(/^HTTP\/1\.1 200 /m)
          expect(run.stdout).toMatch(/^New, /m)
        }
      })
    }

    it('is asked for any certificate: no CA is named, so every client sends its own', async () => {
      const run = await handshake(laptop, [], get(laptop))
      expect(run.stdout).toMatch(/No client certificate CA names sent/)
      expect(run.stdout).toMatch(/Verification: OK/)
    })

    it('does not need the certificates that the record has', async () => {
      expect(await sClient(laptop, identity('good'), get(laptop))).toMatchObject({ status: 200 })
    })
  })

  it('tells the origin who it is, as the handshake proved it, and passes everything else on', async () => {
    const options = ['--request', 'PATCH', '--data', 'x', '--header', 'X-Own: 1', '--header', 'X-Own: 2']
    const { status, body } = await curl(laptop, 'good', ...options, '--path-as-is', '--url-query', 'a=b c')
    const pem = readFileSync(client(laptop, 'good').certificate, 'utf8')
    const [leaf = '', intermediate = ''] = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)/g)].map(
      ([, base64 = '']) => base64.replaceAll('\n', ''),
    )
    expect({ status, method: body.method, path: body.path }).toEqual({
      status: 200,
      method: 'PATCH',
      path: '/?a=b+c',
    })
    expect(body.headers).toMatchObject({
      host: `${HOSTNAME}:${laptop.port}`,
      'x-own': '1, 2',
      'client-cert': `:${leaf}:`,
      'client-cert-chain': `:${intermediate}:`,
      'cf-client-cert-der-base64': leaf,
      'cf-client-cert-sha256': createHash('sha256').update(Buffer.from(leaf, 'base64')).digest('hex'),
      // The runtime adds these for `cache: 'no-store'`.
      'cache-control': 'no-cache',
    })
    expect(Object.keys(body.headers ?? {}).filter((name) => name.startsWith('access-mtls'))).toEqual([])
  })

  describe('headers that claim another identity', () => {
    const smuggled = () => `@${join(laptop.out, 'smuggled-headers.txt')}`

    it.each(TOLD.filter(({ status }) => status === 403))('do not let $as in', async ({ name }) => {
      const honest = await curl(laptop, name)
      const lying = await curl(laptop, name, '--header', smuggled())
      expect(lying.status).toBe(403)
      expect(lying.body.reason?.code).toBe(honest.body.reason?.code)
    })

    it('do not reach the origin, also from a client that is let in', async () => {
      const honest = await curl(laptop, 'good')
      const forged = ['Client-Cert: :AAAA:', 'Client-Cert-Chain: :AAAA:', 'Cf-Client-Cert-Der-Base64: AAAA']
      const lines = [...forged, ...forged.map((line) => line.replaceAll('-', '_')), 'Cf-Client-Cert-Sha256: 00']
      const lying = await curl(laptop, 'good', ...lines.flatMap((line) => ['--header', line]))
      expect(lying).toEqual(honest)
    })

    it.skipIf(!OPENSSL).each([
      ['the front’s own', ['Access-Mtls-Dev-Handshake: x {}']],
      ['it twice', ['Access-Mtls-Dev-Handshake: x {}', 'access-mtls-dev-handshake: y {}']],
      ['it with other hyphens', ['Access_Mtls_Dev_Handshake: x {}', 'access.mtls.dev.handshake: x {}']],
      ['it named as one of this connection', ['Connection: close, access-mtls-dev-handshake']],
      ['Host named as one of this connection', ['Connection: close, host']],
      ['it folded', ['X-A: b', ' access-mtls-dev-handshake: x {}']],
      ['a second Host', ['Host: localhost']],
    ])('change nothing: %s', async (_, lines) => {
      const { certificate, key } = client(laptop, 'good')
      const good = await sClient(laptop, ['-cert', certificate, '-key', key], get(laptop, ...lines))
      const none = await sClient(laptop, [], get(laptop, ...lines))
      // The gateway either refuses the request as malformed HTTP, or ignores the header.
      expect([200, 400]).toContain(good.status)
      expect([403, 400]).toContain(none.status)
      for (const name of Object.keys(good.body.headers ?? {})) expect(name).not.toMatch(/^access.mtls/)
    })
  })
})
