import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { time } from '../../../src/testing/der.ts'
import { basicConstraints, keyUsage } from '../../../src/testing/extensions.ts'
import { pem, root } from '../../support/pki.ts'
import { issue } from '../../support/x509/chain.ts'
import { issueCrlPem } from '../../support/x509/make-crl.ts'
import {
  admin,
  type FirstRun,
  migratedFolder,
  PROJECT,
  readFirstRun,
  runCommand,
  type Server,
  startServer,
} from '../support/server.ts'

const installed = await runCommand('http', ['--version']).then(
  ({ code, stdout }) => code === 0 && /^\d+\.\d+/.test(stdout),
  () => false,
)

/** Its exit codes with --check-status, by the first digit of the status. */
const EXIT_4XX = 4

const folder = migratedFolder()
let server: Server
let first: FirstRun

beforeAll(async () => {
  server = await startServer(folder.path)
  first = readFirstRun(server.output())
})
afterAll(async () => {
  await server?.stop()
  folder.remove()
})

describe.skipIf(!installed)('HTTPie, as a person types it', () => {
  let key: readonly string[]

  beforeAll(async () => {
    const { email = '', key: secret = '' } = await admin(
      folder.path,
      ...['key', 'create', '--email', 'ops@example.com', '--account', first.accountId, '--permission', 'write'],
    )
    key = [`X-Auth-Email:${email}`, `X-Auth-Key:${secret}`]
  })

  /** Runs `http` without the user's configuration; returns the printed body and the exit code. */
  async function http(...args: readonly string[]) {
    const variables = [`PATH=${process.env['PATH']}`, `HOME=${folder.path}`, `HTTPIE_CONFIG_DIR=${folder.path}`]
    const options = ['--ignore-stdin', '--check-status', '--body', '--pretty=none']
    const run = await runCommand('env', ['-i', ...variables, 'http', ...options, ...args])
    try {
      return { code: run.code, body: JSON.parse(run.stdout) }
    } catch {
      throw new Error(`http ended with ${run.code}: ${run.stdout}${run.stderr}`)
    }
  }

  const file = (name: string, content: string): string => {
    writeFileSync(join(folder.path, name), content)
    return join(folder.path, name)
  }

  /** Each scope and each scheme once, since a run of `http` takes almost a second. */
  const CASES = [
    { scope: 'accounts', scheme: 'a token', id: () => first.accountId, credentials: () => bearer() },
    { scope: 'zones', scheme: 'an email and a key', id: () => first.zoneId, credentials: () => key },
  ] as const
  const bearer = () => [`Authorization:Bearer ${first.token}`]

  it.each(CASES)('all steps with a certificate in $scope, with $scheme', async ({ scope, id, credentials }) => {
    const certificates = `${server.origin}/client/v4/${scope}/${id()}/access/certificates`
    const ask = (method: string, url: string, ...items: readonly string[]) =>
      http(method, url, ...credentials(), ...items)

    const fields = [`certificate=@${file('root.pem', root())}`, 'associated_hostnames:=["Pie.example.com"]']
    const created = await ask('POST', certificates, 'name=From HTTPie', ...fields)
    expect(created).toMatchObject({
      code: 0,
      body: { success: true, result: { name: 'From HTTPie', associated_hostnames: ['Pie.example.com'] } },
    })
    const one = `${certificates}/${created.body.result.id}`
    const again = await ask('POST', certificates, 'name=again', ...fields)
    expect(again).toMatchObject({ code: EXIT_4XX, body: { errors: [{ code: 12132 }] } })

    const listed = await ask('GET', certificates, 'page==0', 'per_page==0')
    expect(listed).toMatchObject({ code: 0, body: { result_info: { page: 1, per_page: 50, total_count: 1 } } })
    expect(listed.body.result).toEqual([created.body.result])

    const setting = ['settings[0][hostname]=pie.example.com', 'settings[0][client_certificate_forwarding]:=true']
    const shown = [{ hostname: 'pie.example.com', china_network: false, client_certificate_forwarding: true }]
    expect((await ask('PUT', `${certificates}/settings`, ...setting)).body.result).toEqual(shown)
    expect((await ask('GET', `${certificates}/settings`)).body.result).toEqual(shown)
    expect((await ask('PUT', `${certificates}/settings`, ...setting.slice(0, 1))).body.result).toEqual([])

    expect((await ask('DELETE', one)).body.errors).toMatchObject([{ code: 12132 }])
    expect((await ask('PUT', one, 'associated_hostnames:=[]')).body.result).toMatchObject({ associated_hostnames: [] })
    expect((await ask('DELETE', one)).body.result).toEqual({ id: created.body.result.id })
    expect(await ask('GET', one)).toMatchObject({ code: EXIT_4XX, body: { errors: [{ code: 12135 }] } })
  })

  it('uploads a CRL as a file with its type, and blocks a serial number', async () => {
    const ca = await issue({ cn: 'pie', extensions: [basicConstraints(true), keyUsage(0x06, 1)] })
    const certificates = `${server.origin}/client/v4/accounts/${first.accountId}/access/certificates`
    const added = await http('POST', certificates, ...bearer(), 'name=CA', `certificate=${pem(ca.der)}`)
    const record = `${server.origin}/edge/v1//accounts/${first.accountId}/certificates/${added.body.result.id}`
    const crl = file('ca.crl', await issueCrlPem(ca, { nextUpdate: time('2049-01-01T00:00:00Z') }))
    expect(await http('PUT', `${record}/crl`, ...bearer(), `@${crl}`)).toMatchObject({
      code: 0,
      body: { success: true },
    })
    expect((await http('PUT', `${record}/blocked_serials/0F:3A`, ...bearer())).body.result).toMatchObject({
      serial: '0f3a',
    })
  })

  it('is told to send JSON if it sends a form', async () => {
    const certificates = `${server.origin}/client/v4/accounts/${first.accountId}/access/certificates`
    const sent = await http('--form', '--auth-type=bearer', `--auth=${first.token}`, 'POST', certificates, 'name=x')
    expect(sent).toMatchObject({ code: EXIT_4XX, body: { errors: [{ code: 6003, error_chain: [{ code: 6105 }] }] } })
  })
})

/** Cloudflare's own command line; it runs on the Node of these tests. */
const WRANGLER = join(PROJECT, 'node_modules/wrangler/bin/wrangler.js')

it.each(['', '/'])('wrangler mtls-certificate list, of another API, says so: base URL /client/v4%s', async (end) => {
  const variables = {
    HOME: folder.path,
    PATH: process.env['PATH'],
    NO_COLOR: '1',
    WRANGLER_SEND_METRICS: 'false',
    CLOUDFLARE_API_BASE_URL: `${server.origin}/client/v4${end}`,
    CLOUDFLARE_API_TOKEN: first.token,
    CLOUDFLARE_ACCOUNT_ID: first.accountId,
  }
  const environment = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  const command = [process.execPath, WRANGLER, 'mtls-certificate', 'list']
  const { code, stdout, stderr } = await runCommand('env', ['-i', ...environment, ...command])
  expect(code).toBe(1)
  expect(stdout + stderr).toContain(`(/accounts/${first.accountId}/mtls_certificates) failed.`)
  expect(stdout + stderr).toContain('No route for that URI [code: 7000]')
  expect(stdout + stderr).toContain(`${server.origin}/docs/errors#7000`)
})
