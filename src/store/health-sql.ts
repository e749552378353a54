import type { Database } from '../core/config.ts'
import type { UnixSeconds } from '../core/units.ts'
import { number, runBatch, text } from './d1.ts'

/** What the database says of itself. */
export interface DatabaseState {
  /** The migrations that it has, by the names of their files; undefined where nobody noted them. */
  readonly migrations: ReadonlySet<string> | undefined
  /** The time on the database's clock. */
  readonly now: UnixSeconds
  /** When the certificate that was added last was changed last; undefined where there is none. */
  readonly newest: UnixSeconds | undefined
}

/** Reads it in one round trip, in a row for each migration and one of certificates. Rejects when the database is away. */
export async function selectState(db: Database): Promise<DatabaseState> {
  try {
    const [rows = [], noted = []] = await runBatch(db, [CLOCKS, NOTED])
    return { ...clocksFrom(rows[0]), migrations: new Set(noted.map((row) => text(row, 'name'))) }
  } catch (error) {
    // A batch has all of its tables, or fails. Only wrangler makes this one.
    if (!/no such table: d1_migrations/.test(String(error))) throw error
    const [rows = []] = await runBatch(db, [CLOCKS])
    return { ...clocksFrom(rows[0]), migrations: undefined }
  }
}

const CLOCKS = {
  unscoped: 'operator',
  sql: `SELECT unixepoch() AS now, (SELECT updated_at FROM certificates ORDER BY sequence DESC LIMIT 1) AS newest`,
  params: [],
} as const

/** The table of `wrangler d1 migrations apply`. */
const NOTED = { unscoped: 'operator', sql: 'SELECT name FROM d1_migrations', params: [] } as const

function clocksFrom(row: Readonly<Record<string, unknown>> = {}): Pick<DatabaseState, 'now' | 'newest'> {
  return { now: number(row, 'now'), newest: row['newest'] === null ? undefined : number(row, 'newest') }
}
