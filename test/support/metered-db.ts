import { env } from 'cloudflare:workers'
import type { Database } from '../../src/core/config.ts'

/** One executed statement, with its values. */
export interface Carried {
  readonly sql: string
  readonly params: readonly unknown[]
  /** Rows read according to D1, which bills them. */
  readonly rowsRead: number
  /** Rows written according to D1. */
  readonly rowsWritten: number
  /** The stack of its caller. */
  readonly stack: string
}

/** The tests' database, with a record of the statements of its batches. */
export function meteredDatabase(): { readonly db: Database; readonly carried: Carried[] } {
  const carried: Carried[] = []
  const noted = new WeakMap<D1PreparedStatement, Pick<Carried, 'sql' | 'params'>>()
  return {
    carried,
    db: {
      prepare: (sql) => {
        const statement = env.DB.prepare(sql)
        return Object.assign(Object.create(statement), {
          bind: (...params: readonly unknown[]) => {
            const bound = statement.bind(...params)
            noted.set(bound, { sql, params })
            return bound
          },
        })
      },
      batch: async <T>(statements: D1PreparedStatement[]) => {
        const { stack = '' } = new Error()
        const results = await env.DB.batch<T>(statements)
        for (const [i, statement] of statements.entries()) {
          const { sql, params } = noted.get(statement) ?? { sql: '', params: [] }
          const { rows_read = Number.NaN, rows_written = Number.NaN } = results[i]?.meta ?? {}
          carried.push({ sql, params, rowsRead: rows_read, rowsWritten: rows_written, stack })
        }
        return results
      },
    },
  }
}

/** The same with sessions, which requests use. */
export function meteredD1(): { readonly db: D1Database; readonly carried: Carried[] } {
  const { db, carried } = meteredDatabase()
  return { db: withSession(db), carried }
}

/** A database as its own session. */
export const withSession = (db: Database) =>
  ({ ...db, withSession: () => ({ ...db, getBookmark: () => null }) }) as unknown as D1Database

/** The steps of SQLite's plan for a statement, from `EXPLAIN QUERY PLAN`. */
export async function queryPlan({ sql, params }: Pick<Carried, 'sql' | 'params'>): Promise<readonly string[]> {
  const plan = env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`).bind(...params)
  return (await plan.all<{ detail: string }>()).results.map(({ detail }) => detail)
}
