import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Statement } from '../../src/store/statement.ts'
import type { Rows } from '../workerd/sql-client.ts'
import { startWorkerd, type WorkerdOptions } from '../workerd/workerd.ts'
import { bundle, d1Scripts } from '../wrangler/bundle.ts'
import { wranglerToml, wranglerVars } from '../wrangler/toml.ts'

/** The API in a workerd of its own, on a database that is kept, beside Workers for the jobs and for SQL. */
export interface Service {
  /** Of the API. */
  readonly origin: string
  /** Runs the jobs of the cron trigger; returns the causes of those that failed. @param now Unix seconds, UTC */
  jobs(now: number): Promise<readonly string[]>
  /** Runs statements as one transaction, past the API. */
  sql(statements: readonly Statement[]): Promise<readonly Rows[]>
  /** Ends the process with SIGKILL, and returns once it is gone. */
  kill(): Promise<void>
  /** Whether the process ended before it was killed. */
  hasEnded(): boolean
}

const SECRET = randomBytes(32).toString('hex')
const ENTRIES = { api: 'src/index.ts', jobs: './jobs-worker.ts', sql: '../workerd/sql-worker.ts' } as const
type Name = keyof typeof ENTRIES

/** What does not change between two starts. */
export type Bundled = Pick<WorkerdOptions, 'workers' | 'd1'>

export async function bundleWorkers(): Promise<Bundled> {
  const bindings = { LOG: 'errors', ...(await wranglerVars()), RATE_LIMITS: 'off', SECRET }
  const workers = Object.entries(ENTRIES).map(async ([name, entry]) => {
    const file = entry.startsWith('.') ? fileURLToPath(new URL(entry, import.meta.url)) : entry
    const { script } = await bundle(file)
    return { ...wranglerToml(), name, script, bindings }
  })
  return { workers: await Promise.all(workers), d1: await d1Scripts() }
}

/** Starts the Workers on 127.0.0.1. @param complain takes what workerd or the Workers say is wrong */
export async function startService(
  bundled: Bundled,
  persistTo: string,
  complain: (message: string) => void,
): Promise<Service> {
  const names = bundled.workers.map(({ name }) => name)
  let isKilled = false
  let hasEnded = false
  const listener = (worker: string) => ({ worker, host: '127.0.0.1', port: 0 })
  const started = await startWorkerd({
    ...bundled,
    listeners: names.map(listener),
    persistTo,
    log: (message, level) => {
      if (!isKilled && (level === 'error' || level === 'warn')) complain(message)
    },
    onEnd: () => {
      hasEnded = true
    },
  })
  const origin = (name: Name) => `http://127.0.0.1:${started.ports[names.indexOf(name)]}`
  const ask = async (name: Name, body: unknown) => {
    const answer = await fetch(origin(name), {
      method: 'POST',
      headers: { authorization: SECRET },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`the Worker ${name} answered ${answer.status}: ${await answer.text()}`)
    return await answer.json()
  }
  return {
    origin: origin('api'),
    jobs: async (now) => (await ask('jobs', { now })) as readonly string[],
    sql: async (statements) => (await ask('sql', statements)) as readonly Rows[],
    kill: async () => {
      isKilled = true
      await started.stop()
    },
    hasEnded: () => hasEnded && !isKilled,
  }
}
