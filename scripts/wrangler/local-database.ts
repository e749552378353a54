import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { migrate } from '../workerd/migrate.ts'
import { type Execute, SqlClient } from '../workerd/sql-client.ts'
import { startWorkerd } from '../workerd/workerd.ts'
import { bundle, d1Scripts } from './bundle.ts'
import { readMigrations } from './migrations.ts'
import { wranglerToml } from './toml.ts'

/** The D1 database that `wrangler dev` keeps in a folder. */
export interface LocalDatabase {
  readonly execute: Execute
  /** Brings the schema up to date, and notes what it did where `wrangler d1 migrations apply` looks. */
  migrate(): Promise<void>
}

const SQL_WORKER = fileURLToPath(new URL('../workerd/sql-worker.ts', import.meta.url))

const HOST = '127.0.0.1'

/**
 * Opens the database of a folder while `use` runs: the one of `wrangler d1 execute --local`, without the seconds that
 * wrangler takes to load. It works beside a running server.
 */
export async function withLocalDatabase<T>(
  persistTo: string,
  use: (database: LocalDatabase) => Promise<T>,
): Promise<T> {
  const secret = randomBytes(32).toString('hex')
  const [{ script }, d1] = await Promise.all([bundle(SQL_WORKER), d1Scripts()])
  const { ports, stop } = await startWorkerd({
    workers: [{ name: 'sql', script, ...wranglerToml(), bindings: { SECRET: secret } }],
    listeners: [{ worker: 'sql', host: HOST, port: 0 }],
    d1,
    persistTo,
    log: (message) => console.error(message),
    onEnd: () => console.error('workerd ended by itself'),
  })
  const { execute } = new SqlClient({ host: HOST, port: ports[0] ?? 0 }, secret)
  try {
    return await use({ execute, migrate: () => migrate(execute, readMigrations()) })
  } finally {
    await stop()
  }
}
