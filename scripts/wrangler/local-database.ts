import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Statement } from '../../src/store/statement.ts'
import { bundle } from './bundle.ts'
import { DatabaseError, type Rows } from './database.ts'
import { startWorkerd, wranglerToml } from './workerd.ts'
import { PROJECT } from './wrangler.ts'

/** The D1 database that `wrangler dev` keeps in a folder. */
export interface LocalDatabase {
  /** Runs statements as one transaction; returns the rows of each. Throws DatabaseError when one is refused. */
  execute(statements: readonly Statement[]): Promise<readonly Rows[]>
  /** Brings the schema up to date, and notes what it did where `wrangler d1 migrations apply` looks. */
  migrate(): Promise<void>
}

/**
 * Opens the database of a folder while `use` runs: the one of `wrangler d1 execute --local`, without the seconds that
 * wrangler takes to load. It works beside a running server.
 */
export async function withLocalDatabase<T>(
  persistTo: string,
  use: (database: LocalDatabase) => Promise<T>,
): Promise<T> {
  const secret = randomBytes(32).toString('hex')
  const { ports, stop } = await startWorkerd({
    workers: [
      {
        name: 'sql',
        script: (await bundle(SQL_WORKER)).script,
        ...wranglerToml(),
        bindings: { SECRET: secret },
      },
    ],
    listeners: [{ worker: 'sql', host: '127.0.0.1', port: 0 }],
    persistTo,
    log: (message) => console.error(message),
    onEnd: () => console.error('workerd ended by itself'),
  })
  const execute = async (statements: readonly Statement[]): Promise<readonly Rows[]> => {
    const response = await fetch(`http://127.0.0.1:${ports[0]}`, {
      method: 'POST',
      headers: { authorization: secret },
      body: JSON.stringify(statements),
    })
    if (response.status === 400) throw new DatabaseError(await response.text())
    if (!response.ok) throw new Error(`the local database answered ${response.status}`)
    return (await response.json()) as readonly Rows[]
  }
  try {
    return await use({ execute, migrate: () => migrate(execute) })
  } finally {
    await stop()
  }
}

const SQL_WORKER = fileURLToPath(new URL('./sql-worker.ts', import.meta.url))
const MIGRATIONS = join(PROJECT, 'migrations')

/** The table, and what is written into it, are those of `wrangler d1 migrations apply`. */
async function migrate(execute: LocalDatabase['execute']): Promise<void> {
  const [, rows = []] = await execute([
    operator(`CREATE TABLE IF NOT EXISTS "d1_migrations"(
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT UNIQUE,
      applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
    )`),
    operator('SELECT name FROM d1_migrations'),
  ])
  const applied = new Set(rows.map(({ name }) => name))
  const files = readdirSync(MIGRATIONS).filter((file) => file.endsWith('.sql'))
  const pending = files.filter((file) => !applied.has(file)).sort()
  if (pending.length === 0) return
  const { unstable_splitSqlQuery: split } = await import('wrangler')
  for (const file of pending) {
    await execute([
      ...split(readFileSync(join(MIGRATIONS, file), 'utf8')).map((sql) => operator(sql)),
      operator('INSERT INTO d1_migrations (name) VALUES (?1)', file),
    ])
  }
}

function operator(sql: string, ...params: readonly string[]): Statement {
  return { sql, params, unscoped: 'operator' }
}
