/** `npm start`: the service on this machine, with something in it from the first minute. */
import { fileURLToPath } from 'node:url'
import { insertAccount, insertCredential, insertZone, selectAccounts } from '../src/store/provisioning.ts'
import { folder, ipAddress, readArguments, wholeNumber } from './cli/arguments.ts'
import { whenToldToEnd } from './cli/lifetime.ts'
import { assertFree, isLoopback, urlHost } from './cli/port.ts'
import { newId, newToken, yearAfter } from './cli/secrets.ts'
import { runMain } from './cli/usage-error.ts'
import { makeDemoRoot } from './start/demo-root.ts'
import { bundle } from './wrangler/bundle.ts'
import { type LocalDatabase, withLocalDatabase } from './wrangler/local-database.ts'
import { startWorkerd, type Workerd, wranglerToml, wranglerVars } from './wrangler/workerd.ts'

const HELP = `npm start -- [options]

Serves the API on http://127.0.0.1:8787, with a local database that is kept between runs.
The first run makes an account, the zone example.com and a token, and prints a curl to paste.

  --port N           listen on another port
  --host ADDRESS     listen on another address (default 127.0.0.1); in a container, 0.0.0.0
  --persist-to DIR   keep the database in this folder (default .wrangler/state)
  --inspect          open V8's inspector too, on a free port of 127.0.0.1; anyone who reaches it can read all tokens
  --help             this text

Offline, without telemetry. Ctrl-C ends it.`

/** Nobody but this machine, unless told otherwise: there is no TLS, and the first token is printed on a terminal. */
const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_PORT = 8_787

const START_WORKER = fileURLToPath(new URL('./start/start-worker.ts', import.meta.url))

await runMain(async () => {
  const { values } = readArguments(process.argv.slice(2), {
    port: { type: 'string' },
    host: { type: 'string' },
    'persist-to': { type: 'string' },
    inspect: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  })
  if (values.help === true) return console.log(HELP)
  const port = values.port === undefined ? DEFAULT_PORT : wholeNumber('--port', values.port, 1, 65_535)
  const persistTo = folder(values['persist-to'])
  const host = values.host === undefined ? DEFAULT_HOST : ipAddress('--host', values.host)
  await assertFree(host, port, '--port')
  const origin = `http://${urlHost(host)}:${port}`
  const greeting = await withLocalDatabase(persistTo, async (database) => {
    await database.migrate()
    return greet(database, origin)
  })
  const { inspectorPort } = await serve(host, port, persistTo, values.inspect === true)
  const warnings = [
    ...(isLoopback(host) ? [] : [exposure(host, port)]),
    ...(inspectorPort === undefined ? [] : [inspection(inspectorPort)]),
  ]
  console.log(['', `access-mtls answers on ${origin}/client/v4`, ...warnings, greeting, ''].join('\n\n').trimEnd())
})

/** What others can see and do who reach an address that is not only this machine's. */
function exposure(host: string, port: number): string {
  const where = host === '0.0.0.0' || host === '::' ? 'every address of this machine' : host
  return `WARNING: port ${port} is open on ${where}, to all who can reach it. There is no TLS: tokens and
keys can be read on the way, and who has one decides which CAs are trusted. The first run's token is in this log.
Keep the port inside a container or a network of your own.`
}

/** What anyone who reaches the inspector can do. */
function inspection(port: number): string {
  return `WARNING: the inspector is open on 127.0.0.1, port ${port}, to every program on this machine: through it
they read the tokens of all requests, and change what the service does. For Chrome's chrome://inspect.`
}

/** What to print once the service answers. On an empty database, makes what a first request needs. */
async function greet(database: LocalDatabase, origin: string): Promise<string> {
  const [accounts = []] = await database.execute([selectAccounts()])
  if (accounts.length > 0) {
    return `The database has ${accounts.length} account(s) from earlier runs. Tokens are shown once;
make another with: npm run admin -- token create --permission write --account ${accounts[0]?.['id']}`
  }
  const accountId = newId()
  const zoneId = newId()
  const token = await newToken()
  const now = Math.floor(Date.now() / 1000)
  await database.execute([
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

/** Starts the service; this process then lives until it is told to end, or workerd ends. */
async function serve(host: string, port: number, persistTo: string, inspect: boolean): Promise<Workerd> {
  let workerd: Workerd | undefined
  whenToldToEnd(async () => {
    await workerd?.stop()
    process.exit(0)
  })
  workerd = await startWorkerd({
    // On a laptop and in CI, rate limits are only in the way.
    workers: [
      {
        name: 'api',
        script: (await bundle(START_WORKER)).script,
        ...wranglerToml(),
        // A line for people is written instead (start-worker.ts), unless `.dev.vars` asks for the log of a deployment.
        bindings: { LOG: 'errors', ...(await wranglerVars()), RATE_LIMITS: 'off' },
      },
    ],
    listeners: [{ worker: 'api', host, port }],
    persistTo,
    inspect,
    log: (message, level) => (level === 'error' || level === 'warn' ? console.error(message) : console.log(message)),
    onEnd: () => {
      console.error('workerd ended by itself; its own words, if it had any, are above')
      process.exit(1)
    },
  })
  return workerd
}
