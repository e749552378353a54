/** `npm start`: the service on this machine, with something in it from the first minute. */
import { insertAccount, insertCredential, insertZone, selectAccounts } from '../src/store/provisioning.ts'
import { folder, ipAddress, readArguments, wholeNumber } from './lib/arguments.ts'
import { execute, migrate, type Target } from './lib/database.ts'
import { makeDemoRoot } from './lib/demo-root.ts'
import { whenToldToEnd } from './lib/lifetime.ts'
import { assertFree, isLoopback, urlHost } from './lib/port.ts'
import { endTree } from './lib/process-tree.ts'
import { newId, newToken, yearAfter } from './lib/secrets.ts'
import { runMain } from './lib/usage-error.ts'
import { startWrangler } from './lib/wrangler.ts'

const HELP = `npm start -- [options]

Serves the API on http://127.0.0.1:8787, with a local database that is kept between runs.
The first run makes an account, the zone example.com and a token, and prints a curl to paste.

  --port N           listen on another port
  --host ADDRESS     listen on another address (default 127.0.0.1); in a container, 0.0.0.0
  --persist-to DIR   keep the database in this folder (default .wrangler/state)
  --help             this text

Offline, without telemetry. Ctrl-C ends it.`

/** Nobody but this machine, unless told otherwise: there is no TLS, and the first token is printed on a terminal. */
const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_PORT = 8_787

/**
 * What `wrangler dev` prints once the Worker is up. A request to find out would be the first line of the user's log, and
 * the message that wrangler sends to its parent (DEV_SERVER_READY) comes before the Worker is loaded.
 */
const READY = /Ready on http/

await runMain(async () => {
  const { values } = readArguments(process.argv.slice(2), {
    port: { type: 'string' },
    host: { type: 'string' },
    'persist-to': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  })
  if (values.help === true) return console.log(HELP)
  const port = values.port === undefined ? DEFAULT_PORT : wholeNumber('--port', values.port, 1, 65_535)
  const persistTo = folder(values['persist-to'])
  const host = values.host === undefined ? DEFAULT_HOST : ipAddress('--host', values.host)
  await assertFree(host, port, '--port')
  await migrate({ kind: 'local', persistTo })
  const origin = `http://${urlHost(host)}:${port}`
  const greeting = await greet({ kind: 'local', persistTo }, origin)
  const warning = isLoopback(host) ? '' : `\n${exposure(host, port)}\n`
  const announcement = `\naccess-mtls answers on ${origin}/client/v4\n${warning}\n${greeting}\n`
  await serve(host, port, persistTo, announcement)
})

/** What others can see and do who reach an address that is not only this machine's. */
function exposure(host: string, port: number): string {
  const where = host === '0.0.0.0' || host === '::' ? 'every address of this machine' : host
  return `WARNING: port ${port} is open on ${where}, to all who can reach it. There is no TLS: tokens and
keys can be read on the way, and who has one decides which CAs are trusted. The first run's token is in this log.
Keep the port inside a container or a network of your own.`
}

/** What to print once the service answers. On an empty database, makes what a first request needs. */
async function greet(database: Target, origin: string): Promise<string> {
  const [accounts = []] = await execute(database, [selectAccounts()])
  if (accounts.length > 0) {
    return `The database has ${accounts.length} account(s) from earlier runs. Tokens are shown once;
make another with: npm run admin -- token create --permission write --account ${accounts[0]?.['id']}`
  }
  const accountId = newId()
  const zoneId = newId()
  const token = await newToken()
  const now = Math.floor(Date.now() / 1000)
  await execute(database, [
    insertAccount({ id: accountId, name: 'Example account', enabled: true, certificateQuota: 50 }, now),
    insertZone({ id: zoneId, accountId, domain: 'example.com', enabled: true }, now),
    ...insertCredential(
      {
        id: newId(),
        kind: 'token',
        name: 'first run',
        email: null,
        secretSha256: token.sha256,
        notBefore: null,
        expiresOn: yearAfter(now),
      },
      [{ scope: { kind: 'accounts', id: accountId }, permission: 'write' }],
      now,
    ),
  ])
  return `First run. Made for you, in the local database:
  account  ${accountId}
  zone     ${zoneId} (example.com)
  token    ${token.text} (shown once; it expires in a year)

Register a root CA for admin.example.com; paste this into another terminal
(the certificate is an example made just now, put your own in its place):

${curlCommand(origin, accountId, token.text, await makeDemoRoot(new Date()))}`
}

function curlCommand(origin: string, accountId: string, token: string, pem: string): string {
  // JSON of these fields has no single quote, so it can stand between two of them in any shell.
  const body = JSON.stringify({ name: 'Example root', certificate: pem, associated_hostnames: ['admin.example.com'] })
  return `curl ${origin}/client/v4/accounts/${accountId}/access/certificates \\
  -H 'Authorization: Bearer ${token}' \\
  -H 'Content-Type: application/json' \\
  -d '${body}'`
}

/** Runs `wrangler dev` until it ends or this process is told to; prints the announcement once it answers. */
async function serve(host: string, port: number, persistTo: string, announcement: string): Promise<void> {
  const listen = ['--ip', host, '--port', `${port}`, '--inspector-port', '0']
  const server = startWrangler(
    // On a laptop and in CI, rate limits are only in the way.
    ['dev', ...listen, '--persist-to', persistTo, '--var', 'RATE_LIMITS:off', '--show-interactive-dev-session=false'],
    // Its output passes through here, so it cannot see by itself that it ends on a terminal.
    { stdio: ['ignore', 'pipe', 'inherit'], env: process.stdout.isTTY ? { FORCE_COLOR: '1' } : {} },
  )
  let before: string | undefined = ''
  server.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    process.stdout.write(chunk)
    if (before === undefined) return
    before += chunk
    if (!READY.test(before)) return
    before = undefined
    console.log(announcement)
  })
  whenToldToEnd(() => server.pid !== undefined && endTree(server.pid))
  process.exit(await new Promise<number>((resolve) => server.on('exit', (code) => resolve(code ?? 0))))
}
