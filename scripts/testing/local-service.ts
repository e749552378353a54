import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { sha256Hex } from '../../src/core/sha256.ts'
import { START_HEADER } from '../../src/local/start-header.ts'
import { insertCredential, selectAccounts } from '../../src/store/provisioning.ts'
import type { Seed, Seeded } from '../../src/testing/local-service.ts'
import { newId } from '../cli/secrets.ts'
import { temporaryRoot } from '../cli/temporary-root.ts'
import { type Gateway, startGateway } from '../start/gateway.ts'
import type { Parts } from '../start/parts.ts'
import { plant, readSeed } from '../start/seed.ts'
import { type Filling, ownAddress, ownListener } from '../start/service.ts'
import { migrate } from '../workerd/migrate.ts'
import { SqlClient } from '../workerd/sql-client.ts'
import { type Json, type LocalWorker, startWorkerd, type Workerd } from '../workerd/workerd.ts'
import { ControlClient } from './control-client.ts'
import type { Started, StartOrder, WireFault, WirePendingFault } from './messages.ts'

/** What the service is made of. */
export type TestingParts = Pick<Parts, 'compatibilityDate' | 'd1Databases' | 'migrations' | 'script' | 'modules' | 'd1'>

const LOOPBACK = '127.0.0.1'

/** The states that the Worker keeps. */
const FIRST = 'first'
const BEFORE_SEED = 'before seed'

/** API and gateway of one test, in one workerd. */
export class LocalService {
  readonly started: Started
  readonly #workerd: Workerd
  readonly #gateway: Gateway | undefined
  readonly #control: ControlClient
  readonly #filling: Filling
  readonly #removeFolder: () => void

  private constructor(parts: Running) {
    const { workerd, gateway, control, filling, removeFolder } = parts
    this.#workerd = workerd
    this.#gateway = gateway
    this.#control = control
    this.#filling = filling
    this.#removeFolder = removeFolder
    this.started = { url: filling.origin, gateway: gateway === undefined ? null : { url: gateway.url, ca: gateway.ca } }
  }

  /** Starts workerd, and fills the database. @param log takes what it logs, line by line */
  static async start(parts: TestingParts, order: StartOrder, log: (line: string) => void): Promise<LocalService> {
    const folder = mkdtempSync(join(temporaryRoot(), 'access-mtls-'))
    const removeFolder = () => rmSync(folder, { recursive: true, force: true })
    process.once('exit', removeFolder)
    const secret = randomBytes(32).toString('hex')
    const [sql, steer] = [ownListener(folder, 'sql'), ownListener(folder, 'control')]
    const workerd = await startWorkerd({
      workers: await workersOf(parts, order, secret),
      listeners: [
        { worker: 'local', host: LOOPBACK, port: order.port },
        { worker: 'sql', ...sql },
        { worker: 'local', entrypoint: 'control', ...steer },
        ...(order.originPort === null ? [] : [{ worker: 'local', entrypoint: 'gateway', host: LOOPBACK, port: 0 }]),
      ],
      d1: await parts.d1(),
      persistTo: order.persist ?? folder,
      log,
      onEnd: () => log('workerd ended by itself'),
    })
    try {
      const [port = 0, sqlPort = 0, controlPort = 0, entryPort] = workerd.ports
      const { execute } = new SqlClient(ownAddress(sql, sqlPort), secret)
      const control = new ControlClient(ownAddress(steer, controlPort), secret)
      await migrate(execute, parts.migrations)
      const filling = { origin: `http://${LOOPBACK}:${port}`, execute, header: { [START_HEADER]: secret } }
      await control.send('POST', '/time', order.timeMs)
      await fill(filling, order)
      await control.send('POST', '/keep', FIRST)
      const entry = entryPort === undefined ? undefined : { url: new URL(`http://${LOOPBACK}:${entryPort}`), secret }
      const gateway = entry && (await startGateway({ host: LOOPBACK, port: 0, entry, folder }))
      return new LocalService({ workerd, gateway, control, filling, removeFolder })
    } catch (error) {
      await workerd.stop()
      removeFolder()
      throw error
    }
  }

  async reset(): Promise<void> {
    await this.#control.send('POST', '/restore', FIRST)
  }

  async seed(seed: Seed): Promise<Seeded> {
    const read = readSeed(seed)
    await this.#control.send('POST', '/keep', BEFORE_SEED)
    try {
      return await plant(read, this.#filling, await this.#now())
    } catch (error) {
      await this.#control.send('POST', '/restore', BEFORE_SEED)
      throw error
    }
  }

  async setTime(ms: number | null): Promise<void> {
    await this.#control.send('POST', '/time', ms)
  }

  async fail(fault: WireFault): Promise<void> {
    await this.#control.send('POST', '/faults', fault)
  }

  async faults(): Promise<readonly WirePendingFault[]> {
    return (await this.#control.send('GET', '/faults')) as readonly WirePendingFault[]
  }

  async stop(): Promise<void> {
    await this.#gateway?.stop()
    await this.#workerd.stop()
    this.#removeFolder()
  }

  /** The Worker's time, in Unix seconds. */
  async #now(): Promise<number> {
    return Math.floor(((await this.#control.send('GET', '/time')) as number) / 1_000)
  }
}

interface Running {
  readonly workerd: Workerd
  readonly gateway: Gateway | undefined
  readonly control: ControlClient
  readonly filling: Filling
  readonly removeFolder: () => void
}

async function workersOf(parts: TestingParts, order: StartOrder, secret: string): Promise<readonly LocalWorker[]> {
  const { compatibilityDate, d1Databases } = parts
  const bindings: Record<string, Json> = {
    SECRET: secret,
    LOG: 'errors',
    RATE_LIMITS: 'off',
    // What is changed counts for the next request: a test does not wait.
    TRUST_MAX_AGE_SECONDS: '0',
    EXPLAIN: 'true',
    UNPROTECTED: 'refuse',
    ...(order.strict && { PARITY: 'strict' }),
    ...(order.originPort !== null && { ORIGIN: `http://${LOOPBACK}:${order.originPort}`, INSECURE_ORIGIN: 'allow' }),
  }
  const made = async (name: 'local' | 'sql', more: Partial<LocalWorker>): Promise<LocalWorker> => ({
    name,
    script: await parts.script(name),
    modules: parts.modules(name),
    compatibilityDate,
    d1Databases,
    ...more,
  })
  return await Promise.all([
    made('local', { bindings, reachesPrivateAddresses: true }),
    made('sql', { bindings: { SECRET: secret } }),
  ])
}

/** The account of the test with the seed, or what an earlier start left in the folder. The token is valid in either case. */
async function fill(filling: Filling, order: StartOrder): Promise<void> {
  const { accountId, zoneId, zoneName, token, quota, timeMs, seed } = order
  const now = Math.floor((timeMs ?? Date.now()) / 1_000)
  const [accounts = []] = await filling.execute([selectAccounts()])
  if (accounts.some(({ id }) => id === accountId)) return await keepToken(filling, accountId, token, now)
  const account = {
    id: accountId,
    name: 'Test account',
    quota: { certificates: quota },
    zones: [{ id: zoneId, name: zoneName }],
    tokens: [{ token, name: TOKEN_NAME }],
  }
  await plant(readSeed({ accounts: [account, ...(seed?.accounts ?? [])] }), filling, now)
}

const TOKEN_NAME = 'access-mtls/testing'

/** Adds a token to an account that is there, unless it has the token. */
async function keepToken(filling: Filling, accountId: string, token: string, now: number): Promise<void> {
  const secretSha256 = await sha256Hex(token)
  const sql = 'SELECT 1 FROM credentials WHERE secret_sha256 = ?1'
  const [known = []] = await filling.execute([{ sql, params: [secretSha256], unscoped: 'operator' }])
  if (known.length > 0) return
  const credential = { id: newId(), kind: 'token', name: TOKEN_NAME, email: null, secretSha256 } as const
  await filling.execute(
    insertCredential(
      { ...credential, notBefore: null, expiresOn: null },
      [{ scope: { kind: 'accounts', id: accountId }, permission: 'write' }],
      now,
    ),
  )
}
