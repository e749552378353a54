import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { urlHost } from '../cli/port.ts'
import { temporaryRoot } from '../cli/temporary-root.ts'
import type { Log } from '../workerd/log.ts'
import { migrate } from '../workerd/migrate.ts'
import { type Execute, type SqlAddress, SqlClient } from '../workerd/sql-client.ts'
import { type Json, type LocalWorker, startWorkerd } from '../workerd/workerd.ts'
import type { Parts, WorkerName } from './parts.ts'

export interface ServiceOptions {
  readonly host: string
  /** Where the API listens; 0 for any port that is free. */
  readonly port: number
  /** Where the database is; undefined: in a folder that is gone at the end. */
  readonly persistTo: string | undefined
  /** Whether the gateway runs as well: where its requests go on to, or an origin of ours that answers what it was sent. */
  readonly gateway: { readonly origin: URL | undefined } | undefined
  readonly inspect?: boolean
  readonly log: Log
  /** Called when workerd ended by itself. */
  readonly onEnd: () => void
  /** Fills the database before the API answers anybody else. */
  readonly prepare: (filling: Filling) => Promise<void>
}

/** The service before it is open to others. */
export interface Filling {
  readonly origin: string
  readonly execute: Execute
  /** A header for requests to the API. */
  readonly header: Readonly<Record<string, string>>
}

export interface Service {
  /** Where the API answers: `http://host:port`. */
  readonly origin: string
  /** Where a TLS server sends what comes for the gateway, and the secret that it sends along. */
  readonly entry: { readonly url: URL; readonly secret: string } | undefined
  /** Where the database is. */
  readonly folder: string
  readonly inspectorPort: number | undefined
  stop(): Promise<void>
}

const LOOPBACK = '127.0.0.1'

/** Runs the API, and the gateway if it is wanted, in one workerd. The schema is up to date before anything is answered. */
export async function startService(parts: Parts, options: ServiceOptions): Promise<Service> {
  const { host, port, inspect = false, log, onEnd, prepare } = options
  const folder = mkdtempSync(join(temporaryRoot(), 'access-mtls-'))
  const secret = randomBytes(32).toString('hex')
  const sql = ownListener(folder, 'sql')
  const removeFolder = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', removeFolder)
  const workerd = await startWorkerd({
    workers: await workersOf(parts, options, secret),
    listeners: [
      { worker: 'api', host, port },
      { worker: 'sql', ...sql },
      ...(options.gateway === undefined ? [] : [{ worker: 'entry', host: LOOPBACK, port: 0 }]),
    ],
    d1: await parts.d1(),
    persistTo: options.persistTo ?? folder,
    inspect,
    log,
    onEnd,
  })
  const stop = async () => {
    await workerd.stop()
    removeFolder()
    process.off('exit', removeFolder)
  }
  const [apiPort = 0, sqlPort = 0, entryPort] = workerd.ports
  const origin = `http://${urlHost(host)}:${apiPort}`
  try {
    const client = new SqlClient(ownAddress(sql, sqlPort), secret)
    await migrate(client.execute, parts.migrations)
    await prepare({ origin, execute: client.execute, header: { 'access-mtls-start': secret } })
    await client.open()
  } catch (error) {
    await stop()
    throw error
  }
  const entry = entryPort === undefined ? undefined : { url: new URL(`http://${LOOPBACK}:${entryPort}`), secret }
  return { origin, entry, folder: options.persistTo ?? folder, inspectorPort: workerd.inspectorPort, stop }
}

async function workersOf(parts: Parts, options: ServiceOptions, secret: string): Promise<readonly LocalWorker[]> {
  const { compatibilityDate, d1Databases } = parts
  const worker = async (name: WorkerName, more: Partial<LocalWorker>): Promise<LocalWorker> => ({
    name,
    script: await parts.script(name),
    modules: parts.modules(name),
    compatibilityDate,
    ...more,
  })
  // A line for people is written instead of the log of a deployment (start-worker.ts), unless the user asks for that one. On a
  // laptop and in CI, rate limits are only in the way.
  const api = { LOG: 'errors', ...(await parts.vars()), RATE_LIMITS: 'off', SECRET: secret }
  const { gateway } = options
  return await Promise.all([
    worker('api', { d1Databases, bindings: api, serviceBindings: { SQL: 'sql' } }),
    worker('sql', { d1Databases, bindings: { SECRET: secret } }),
    ...(gateway === undefined
      ? []
      : [
          worker('gateway', { d1Databases, ...onward(gateway.origin) }),
          worker('entry', { serviceBindings: { GATEWAY: 'gateway' }, bindings: { SECRET: secret } }),
          ...(gateway.origin === undefined ? [worker('origin', {})] : []),
        ]),
  ])
}

/** Where the gateway sends requests. A client is told precisely why it is refused: there is nobody here to keep it from. */
function onward(origin: URL | undefined): Partial<LocalWorker> {
  const bindings: Record<string, Json> = { EXPLAIN: 'true', UNPROTECTED: 'refuse' }
  if (origin === undefined) return { bindings, serviceBindings: { ORIGIN: 'origin' } }
  return {
    bindings: { ...bindings, ORIGIN: origin.origin, INSECURE_ORIGIN: 'allow' },
    reachesPrivateAddresses: true,
  }
}

/** The longest path that a socket may have, in bytes: 108 with its NUL on Linux, 104 on macOS. */
const MAX_SOCKET_PATH = 103

/**
 * A listener for this process: a port where there are no such sockets (workerd on Windows), or the folder is too deep. The secret is
 * asked for either way.
 */
export function ownListener(
  folder: string,
  name: string,
): { readonly path: string } | { readonly host: string; readonly port: number } {
  const path = join(folder, `${name}.sock`)
  const isPath = process.platform !== 'win32' && Buffer.byteLength(path) <= MAX_SOCKET_PATH
  return isPath ? { path } : { host: LOOPBACK, port: 0 }
}

/** Where it is reached. @param port what workerd says of it */
export function ownAddress(listener: ReturnType<typeof ownListener>, port: number): SqlAddress {
  return 'path' in listener ? { socketPath: listener.path } : { host: listener.host, port }
}
