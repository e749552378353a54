import type { Statement } from '../../src/store/statement.ts'
import { splitSql } from './split-sql.ts'
import type { Execute } from './sql-client.ts'

/** A file of migrations/. */
export interface Migration {
  readonly name: string
  readonly sql: string
}

/**
 * Brings the schema up to date. The table, and what is written into it, are those of `wrangler d1 migrations apply`.
 * @param migrations all there are, in the order of their names
 */
export async function migrate(execute: Execute, migrations: readonly Migration[]): Promise<void> {
  const [, rows = []] = await execute([
    operator(`CREATE TABLE IF NOT EXISTS "d1_migrations"(
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT UNIQUE,
      applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
    )`),
    operator('SELECT name FROM d1_migrations'),
  ])
  const applied = new Set(rows.map(({ name }) => name))
  const pending = migrations.filter(({ name }) => !applied.has(name))
  if (pending.length === 0) return
  // One transaction, so one wait for the disk: a busy one takes half a second for each.
  await execute(
    pending.flatMap(({ name, sql }) => [
      ...splitSql(sql).map((statement) => operator(statement)),
      operator('INSERT INTO d1_migrations (name) VALUES (?1)', name),
    ]),
  )
}

function operator(sql: string, ...params: readonly string[]): Statement {
  return { sql, params, unscoped: 'operator' }
}
