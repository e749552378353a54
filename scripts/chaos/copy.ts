import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'

type Row = Readonly<Record<string, unknown>>

/** A copy of the database as a kill left it, which SQLite recovers by itself, without workerd. */
export interface Copy {
  rows(sql: string, ...params: readonly unknown[]): readonly Row[]
  /** The column `n` of the one row. */
  count(sql: string, ...params: readonly unknown[]): number
  /** Bytes of the write-ahead log that had not been moved into the database. */
  readonly logBytes: number
}

/** Where miniflare keeps the objects of D1. */
const DATABASES = join('v3', 'd1', 'miniflare-D1DatabaseObject')

/** Copies the database of a folder that no process has open, and opens the copy while `use` runs. */
export async function withCopy<T>(persistTo: string, use: (copy: Copy) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'access-mtls-chaos-copy-'))
  try {
    const source = databaseFile(persistTo)
    const target = join(folder, 'copy.sqlite')
    copyFileSync(source, target)
    // The index of the log (-shm) is made anew from it, as after a crash of the machine.
    const log = `${source}-wal`
    if (existsSync(log)) copyFileSync(log, `${target}-wal`)
    const logBytes = existsSync(log) ? statSync(log).size : 0
    const database = new DatabaseSync(target)
    try {
      const rows = (sql: string, ...params: readonly unknown[]) =>
        database.prepare(sql).all(...(params as readonly SQLInputValue[])) as readonly Row[]
      return await use({ rows, count: (sql, ...params) => Number(rows(sql, ...params)[0]?.['n']), logBytes })
    } finally {
      database.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function databaseFile(persistTo: string): string {
  const files = readdirSync(join(persistTo, DATABASES)).filter((file) => /^[0-9a-f]{64}\.sqlite$/.test(file))
  const [file, ...more] = files
  if (file === undefined || more.length > 0) throw new Error(`${persistTo} has ${files.length} databases, not one`)
  return join(persistTo, DATABASES, file)
}
