import type { Database } from './config.ts'

/** The database, with each round trip counted. A batch is one. */
export function countingCalls(db: Database, counter: { d1Calls: number }): Database {
  return {
    prepare: (sql) => db.prepare(sql),
    batch: (statements) => {
      counter.d1Calls += 1
      return db.batch(statements)
    },
  }
}
