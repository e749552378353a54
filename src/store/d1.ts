import type { Database } from '../core/config.ts'
import type { Statement } from './statement.ts'

/** Runs statements as one transaction, in one round trip. Returns the rows of each. */
export async function runBatch(db: Database, statements: readonly Statement[]): Promise<readonly Row[][]> {
  const results = await db.batch<Row>(statements.map(({ sql, params }) => db.prepare(sql).bind(...params)))
  return results.map((result) => result.results)
}

/** A row as D1 returns it. Leaves `store/` only as something of model.ts. */
export type Row = Readonly<Record<string, unknown>>

/** The column of a row, as text. Throws when the schema and the query disagree: that is a bug. */
export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new Error(`column ${column} is not text`)
  return value
}

/** The column of a row, as a number. Throws when the schema and the query disagree: that is a bug. */
export function number(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw new Error(`column ${column} is not a number`)
  return value
}

/** A condition that SQLite computed: 1 or 0; NULL (nothing to compare with) counts as false. */
export function truth(row: Row, column: string): boolean {
  return row[column] === 1
}

/** The column of a row, as one of the words that the schema allows. Throws when they disagree: that is a bug. */
export function oneOf<T extends string>(row: Row, column: string, words: readonly T[]): T {
  const word = words.find((allowed) => allowed === row[column])
  if (word === undefined) throw new Error(`column ${column} is none of ${words.join()}`)
  return word
}
