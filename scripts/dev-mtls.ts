/** `npm run dev:mtls`: mTLS on this machine, with a PKI, the API, the gateway and a TLS front before it. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { domainName, folder, httpOrigin, readArguments, wholeNumber } from './cli/arguments.ts'
import { readCertificates } from './cli/file.ts'
import { whenToldToEnd } from './cli/lifetime.ts'
import { assertFree } from './cli/port.ts'
import { runMain, UsageError } from './cli/usage-error.ts'
import { Api } from './dev-mtls/api.ts'
import { ask, type Told } from './dev-mtls/ask.ts'
import { startFront } from './dev-mtls/front.ts'
import { greeting } from './dev-mtls/greeting.ts'
import { serveOwnCa } from './dev-mtls/own-ca.ts'
import { CLIENT_NAMES, ensurePki, type Pki } from './dev-mtls/pki.ts'
import { setScene } from './dev-mtls/scene.ts'
import { smuggledHeaders } from './dev-mtls/smuggling.ts'
import { keepTenant, provision } from './dev-mtls/tenant.ts'
import { startWorkers } from './dev-mtls/workers.ts'
import { migrate, type Target } from './wrangler/database.ts'

const HELP = `npm run dev:mtls -- [options]

mTLS on this machine: a TLS server that asks for client certificates, the gateway behind it, an origin behind that, and
the API on the same database. The first run makes a PKI (root, intermediate, server, and clients: good, expired, revoked,
foreign), registers it and uploads a CRL; then a curl is printed for each client, with what it is answered.

  --port N       the TLS server listens on this port (default 8443)
  --api-port N   the API listens on this port (default: the one after that)
  --out DIR      keep PKI and database in this folder (default .mtls)
  --ca FILE      register your own CA (PEM or DER) in place of the made one; no clients are made then
  --hostname H   the hostname that clients of that CA may enter; it belongs to --ca
  --origin URL   where their requests go on to (default: a Worker that answers what it was sent); it belongs to --ca
  --help         this text

A second run takes over what the first one made. Certificates that have less than a week left are made anew, and so is
what they issued; CRLs are made at every start. Offline, without telemetry. Ctrl-C ends it.`

/** 127.0.0.1 only: private keys lie about, and the token is printed on a terminal. */
const HOST = '127.0.0.1'
const DEFAULT_PORT = 8_443

/** Says that a folder is ours, and has git leave it out, keys and all. */
const MARK = '# made by npm run dev:mtls\n*\n'

await runMain(async () => {
  const { values } = readArguments(process.argv.slice(2), {
    port: { type: 'string' },
    'api-port': { type: 'string' },
    out: { type: 'string' },
    ca: { type: 'string' },
    hostname: { type: 'string' },
    origin: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  })
  if (values.help === true) return console.log(HELP)
  const port = portNumber('--port', values.port, DEFAULT_PORT)
  const apiPort = portNumber('--api-port', values['api-port'], port < 65_535 ? port + 1 : port - 1)
  if (port === apiPort) throw new UsageError('--port and --api-port take two different ports')
  const own = ownCa(values)
  const out = folder(values.out, '--out', '.mtls')
  await assertFree(HOST, port, '--port')
  await assertFree(HOST, apiPort, '--api-port')
  claim(out)
  if (own === undefined) await serve(port, apiPort, out)
  else await serveOwnCa({ host: HOST, port, apiPort, out }, own)
})

/** What is the user's own; undefined: everything is made. */
function ownCa({ ca, hostname, origin }: Partial<Readonly<Record<'ca' | 'hostname' | 'origin', string>>>) {
  if (ca === undefined) {
    if (hostname === undefined && origin === undefined) return undefined
    throw new UsageError('--hostname and --origin belong to --ca')
  }
  if (hostname === undefined) throw new UsageError('--ca needs --hostname H')
  readCertificates(ca)
  return {
    file: ca,
    hostname: domainName(hostname),
    origin: origin === undefined ? undefined : httpOrigin('--origin', origin),
  }
}

function portNumber(option: string, value: string | undefined, fallback: number): number {
  return value === undefined ? fallback : wholeNumber(option, value, 1, 65_535)
}

/** Takes a folder that is new, empty or ours: one with other things in it is not for us to hide from git. */
function claim(out: string): void {
  const mark = join(out, '.gitignore')
  const ours = existsSync(mark) && readFileSync(mark, 'utf8') === MARK
  if (!ours && existsSync(out) && readdirSync(out).length > 0) {
    throw new UsageError(
      `--out takes a folder that is new, empty or from an earlier run; ${out} has other things in it`,
    )
  }
  mkdirSync(out, { recursive: true, mode: 0o700 })
  writeFileSync(mark, MARK)
}

async function serve(port: number, apiPort: number, out: string): Promise<void> {
  const now = new Date()
  const pki = await ensurePki(out, now)
  const persistTo = join(out, 'state')
  const database: Target = { kind: 'local', persistTo }
  await migrate(database)
  const tenant = await keepTenant(join(persistTo, 'tenant.json'))
  const secret = randomBytes(32).toString('hex')
  let greeted = false
  const log = (line: string) => greeted && console.log(line)
  const workers = await startWorkers({ host: HOST, apiPort, persistTo, secret, log })
  try {
    const api = new Api(`http://${HOST}:${apiPort}`, tenant)
    if (!(await api.knowsToken())) await provision(database, tenant, now)
    const certificateId = await setScene(api, pki, now)
    const { certificate, chain, key } = pki.identity('server')
    const server = { certificate: certificate + chain, key }
    const front = await startFront({ host: HOST, port, server, entry: workers.entry, secret })
    try {
      const ended = new Promise<void>((resolve) => whenToldToEnd(resolve))
      const smuggled = join(out, 'smuggled-headers.txt')
      writeFileSync(smuggled, smuggledHeaders(pki))
      const told = await askAll(pki, port)
      const where = { host: HOST, port, folder: out, persistTo, smuggled }
      console.log(greeting({ ...where, pki, told, api, tenant, certificateId }))
      greeted = true
      await ended
    } finally {
      await front.stop()
    }
  } finally {
    await workers.stop()
  }
}

async function askAll(pki: Pki, port: number): Promise<ReadonlyMap<string, Told>> {
  const address = { host: HOST, port }
  const told = new Map<string, Told>([['none', await ask(pki, address)]])
  for (const name of CLIENT_NAMES) told.set(name, await ask(pki, address, name))
  return told
}
