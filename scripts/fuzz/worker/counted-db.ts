/** A database that counts what reaches it. The API only prepares, batches and opens sessions; anything else throws. */
export class CountedDatabase {
  /** Round trips. */
  calls = 0
  /** Rows that were written, those of indexes included. */
  written = 0
  readonly db: D1Database

  constructor(real: D1Database) {
    const counted = (target: Pick<D1Database, 'prepare' | 'batch'>) => ({
      prepare: (sql: string) => target.prepare(sql),
      batch: async <T>(statements: D1PreparedStatement[]) => {
        this.calls += 1
        const results = await target.batch<T>(statements)
        for (const { meta } of results) this.written += Math.max(meta.rows_written, meta.changes)
        return results
      },
    })
    const withSession = (bookmark: D1SessionBookmark | D1SessionConstraint) => {
      const session = real.withSession(bookmark)
      return { ...counted(session), getBookmark: () => session.getBookmark() }
    }
    this.db = { ...counted(real), withSession } as unknown as D1Database
  }
}
