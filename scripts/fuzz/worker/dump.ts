const TABLES_SQL = `SELECT name FROM sqlite_master
  WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%' AND name NOT LIKE 'd1_%' ORDER BY name`

let tables: readonly string[] | undefined

async function tablesOf(db: D1Database): Promise<readonly string[]> {
  tables ??= (await db.prepare(TABLES_SQL).all<{ name: string }>()).results.map(({ name }) => name)
  return tables
}

type Row = Readonly<Record<string, string | number | null | readonly number[]>>

/** The rows of every table. */
export type Snapshot = readonly (readonly [table: string, rows: readonly Row[]])[]

export async function snapshot(db: D1Database): Promise<Snapshot> {
  const names = await tablesOf(db)
  const results = await db.batch<Row>(names.map((name) => db.prepare(`SELECT * FROM "${name}"`)))
  return results.map(({ results: rows }, i) => [names[i] ?? '', rows])
}

/** Every row of every table, as text: the same for the same database. */
export async function dump(db: D1Database): Promise<string> {
  return textOf(await snapshot(db))
}

export function textOf(rows: Snapshot): string {
  return JSON.stringify(rows.map(([name, all]) => [name, all.map((row) => JSON.stringify(row)).sort()]))
}

/** Tables in whose rows triggers count. What is counted of a certificate is added to its account. */
const COUNTED = ['certificates', 'accounts'] as const

/** Tables that triggers write along with others: their rows are put right after these. */
const WRITTEN_ALONG: ReadonlySet<string> = new Set(['change_chains', 'change_hostnames', 'refusal_days'])

/** Brings the database back to what it was, in one round trip. What triggers write is written again at the end. */
export async function restore(db: D1Database, rows: Snapshot): Promise<void> {
  const of = (table: string) => rows.filter(([name]) => name === table).flatMap(([, all]) => all)
  const others = rows.filter(([name]) => name !== 'accounts' && !WRITTEN_ALONG.has(name))
  const along = rows.filter(([name]) => WRITTEN_ALONG.has(name))
  await db.batch([
    db.prepare('PRAGMA defer_foreign_keys = ON'),
    ...deletions(
      db,
      rows.map(([name]) => name),
    ),
    // The accounts come first: triggers look for them.
    ...of('accounts').map((row) => insert(db, 'accounts', row)),
    ...[...others, ...along].flatMap(([name, all]) => all.map((row) => insert(db, name, row))),
    ...COUNTED.flatMap((table) => of(table).map((row) => update(db, table, row, (column) => column !== VERSION))),
    ...of('accounts').map((row) => update(db, 'accounts', row, (column) => column === VERSION)),
  ])
}

/** Triggers give an account another version when something else is written. */
const VERSION = 'trust_version'

function update(db: D1Database, table: string, row: Row, chosen: (column: string) => boolean): D1PreparedStatement {
  const names = Object.keys(row).filter((name) => chosen(name))
  const set = names.map((name, i) => `"${name}" = ?${i + 2}`)
  const values = valuesOf(Object.fromEntries(names.map((name) => [name, row[name] ?? null])))
  return db.prepare(`UPDATE ${table} SET ${set.join()} WHERE id = ?1`).bind(row['id'], ...values)
}

function insert(db: D1Database, table: string, row: Row): D1PreparedStatement {
  const names = Object.keys(row).map((name) => `"${name}"`)
  const sql = `INSERT OR REPLACE INTO "${table}" (${names.join()}) VALUES (${names.map((_, i) => `?${i + 1}`).join()})`
  return db.prepare(sql).bind(...valuesOf(row))
}

/** D1 gives BLOBs as lists of octets, and takes them as buffers. */
function valuesOf(row: Row): readonly (string | number | null | Uint8Array)[] {
  return Object.values(row).map((value) =>
    Array.isArray(value) ? Uint8Array.from(value) : (value as string | number | null),
  )
}

/** Triggers that keep the record of changes from being deleted: here it is, time and again. */
const KEEPERS = ['change_is_kept', 'chain_stays']

/** Deletes every row. */
export async function wipe(db: D1Database): Promise<void> {
  const names = await tablesOf(db)
  await db.batch([
    ...KEEPERS.map((name) => db.prepare(`DROP TRIGGER IF EXISTS ${name}`)),
    db.prepare('PRAGMA defer_foreign_keys = ON'),
    ...deletions(db, names),
  ])
}

/** Twice: a trigger notes which CRLs are deleted. */
function deletions(db: D1Database, names: readonly string[]): readonly D1PreparedStatement[] {
  return [...names, ...names].map((name) => db.prepare(`DELETE FROM "${name}"`))
}
