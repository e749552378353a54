import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Statement } from '../../src/store/statement.ts'
import { bundle } from '../wrangler/bundle.ts'
import type { Rows } from '../wrangler/database.ts'
import { type LocalWorker, startWorkerd, wranglerToml, wranglerVars } from '../wrangler/workerd.ts'

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
const ENTRIES = { api: 'src/index.ts', jobs: './jobs-worker.ts', sql: '../wrangler/sql-worker.ts' } as const
type Name = keyof typeof ENTRIES

/** What does not change between two starts. */
export async function bundleWorkers(): Promise<readonly LocalWorker[]> {
  const bindings = { LOG: 'errors', ...(await wranglerVars()), RATE_LIMITS: 'off', SECRET }
  return await Promise.all(
    Object.entries(ENTRIES).map(async ([name, entry]) => {
      const file = entry.startsWith('.') ? fileURLToPath(new URL(entry, import.meta.url)) : entry
      const { script } = await bundle(file)
      return { ...wranglerToml(), name, script, bindings }
    }),
  )
}

/** Starts the Workers on 127.0.0.1. @param complain takes what workerd or the Workers say is wrong */
export async function startService(
  workers: readonly LocalWorker[],
  persistTo: string,
  complain: (message: string) => void,
): Promise<Service> {
  const names = workers.map(({ name }) => name)
  let isKilled = false
  let hasEnded = false
  const listener = (worker: string) => ({ worker, host: '127.0.0.1', port: 0 })
  const [first = '', ...others] = names
  const { started, child } = await withChild(() =>
    startWorkerd({
      workers,
      listeners: [listener(first), ...others.map(listener)],
      persistTo,
      log: (message, level) => {
        if (!isKilled && (level === 'error' || level === 'warn')) complain(message)
      },
      onEnd: () => {
        hasEnded = true
      },
    }),
  )
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
      const gone = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await gone
      await started.stop()
    },
    hasEnded: () => hasEnded && !isKilled,
  }
}

/**
 * The process of workerd that a function starts. miniflare does not say which it is; Node says which child processes this one
 * makes. So no other process can be hit.
 */
async function withChild<T>(start: () => Promise<T>): Promise<{ readonly started: T; readonly child: ChildProcess }> {
  const made: ChildProcess[] = []
  const note = (message: unknown) => {
    made.push((message as { readonly process: ChildProcess }).process)
  }
  subscribe('child_process', note)
  const started = await start().finally(() => unsubscribe('child_process', note))
  const [child, ...more] = made.filter(({ spawnfile }) => basename(spawnfile ?? '').startsWith('workerd'))
  if (child === undefined || more.length > 0) throw new Error(`workerd has ${made.length} processes, not one`)
  return { started, child }
}
