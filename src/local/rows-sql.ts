import { type Row, runBatch } from '../store/d1.ts'
import type { SqlValue, Statement } from '../store/statement.ts'

/** A table with its rows, at one moment. */
interface Table {
  readonly name: string
  readonly rows: readonly Row[]
}

/** All rows at one moment, and what it takes to have them again. */
export interface Snapshot {
  readonly tables: readonly Table[]
  readonly triggers: readonly { readonly name: string; readonly table: string; readonly sql: string }[]
}

/** SQLite compiles a text of at most 100,000 bytes in workerd. */
const MAX_SQL_CHARACTERS = 30_000

/** Tables and triggers as the database has them, so that a new migration needs nothing here. What D1 keeps for itself is not ours. */
const SCHEMA_SQL = `SELECT type, name, tbl_name AS "table", sql FROM sqlite_master
  WHERE type IN ('table', 'trigger') AND name NOT LIKE 'sqlite~_%' ESCAPE '~' AND name NOT LIKE '~_cf~_%' ESCAPE '~'
    AND name <> 'd1_migrations'
  ORDER BY rowid`

/** Reads every row of every table. */
export async function takeSnapshot(db: D1Database): Promise<Snapshot> {
  const { results } = await db.prepare(SCHEMA_SQL).all<{ type: string; name: string; table: string; sql: string }>()
  const names = results.filter(({ type }) => type === 'table').map(({ name }) => name)
  const rows = await runBatch(
    db,
    names.map((name) => operator(`SELECT * FROM "${name}"`)),
  )
  return {
    tables: names.map((name, index) => ({ name, rows: rows[index] ?? [] })),
    triggers: results.filter(({ type }) => type === 'trigger'),
  }
}

/**
 * Makes the rows those of a snapshot again, in one transaction. Triggers would forbid some of it, and count the rest a second time, so
 * they are dropped and made anew, on the tables that have or had rows: most of the time goes into them. Miniflare's D1 takes several
 * statements as one, which halves the time; Cloudflare's does not.
 */
export async function restoreSnapshot(db: D1Database, { tables, triggers }: Snapshot): Promise<void> {
  const touched = await tablesWithRows(db, tables)
  const dropped = triggers.filter(({ table }) => touched.has(table))
  await runBatch(db, [
    ...joined([
      'PRAGMA defer_foreign_keys = on',
      ...dropped.map(({ name }) => `DROP TRIGGER "${name}"`),
      // Those that refer to others come after them, and go first: their foreign keys are then looked at once.
      ...tables.toReversed().flatMap(({ name }) => (touched.has(name) ? [`DELETE FROM "${name}"`] : [])),
    ]),
    ...tables.flatMap(({ name, rows }) => rows.map((row) => insertRow(name, row))),
    ...joined(dropped.map(({ sql }) => sql)),
  ])
}

/** The tables that have rows, here or in the snapshot. */
async function tablesWithRows(db: D1Database, tables: readonly Table[]): Promise<ReadonlySet<string>> {
  const exists = tables.map(({ name }) => `EXISTS (SELECT 1 FROM "${name}") AS "${name}"`)
  const now = await db.prepare(`SELECT ${exists.join()}`).first<Row>()
  return new Set(tables.filter(({ name, rows }) => rows.length > 0 || now?.[name] === 1).map(({ name }) => name))
}

function insertRow(table: string, row: Row): Statement {
  const columns = Object.keys(row)
  const places = columns.map((_, index) => `?${index + 1}`)
  const sql = `INSERT INTO "${table}" (${columns.map((column) => `"${column}"`).join()}) VALUES (${places.join()})`
  return operator(sql, Object.values(row).map(bindable))
}

/** A value of a row. D1 returns a BLOB as a list of numbers. */
function bindable(value: unknown): SqlValue {
  if (Array.isArray(value)) return new Uint8Array(value)
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  throw new Error(`a value of type ${typeof value} cannot be bound`)
}

function joined(texts: readonly string[]): Statement[] {
  const chunks: string[] = []
  for (const text of texts) {
    const last = chunks.at(-1)
    if (last === undefined || last.length + text.length > MAX_SQL_CHARACTERS) chunks.push(text)
    else chunks[chunks.length - 1] = `${last};\n${text}`
  }
  return chunks.map((sql) => operator(sql))
}

function operator(sql: string, params: readonly SqlValue[] = []): Statement {
  return { sql, params, unscoped: 'operator' }
}
