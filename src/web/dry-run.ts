import type { Database } from '../core/config.ts'
import { fail, ok, type Result } from '../core/result.ts'
import type { HttpRefusal } from './http-refusal.ts'

const PARAMETER = 'dry_run'

/**
 * Whether a request that writes asks for a dry run: `dry_run=true`. Any other value but `false` is refused, and so is the name in
 * another spelling (`dryRun`, `dry-run`): a typo must never turn a dry run into a write.
 */
export function readDryRun(query: URLSearchParams): Result<boolean, Extract<HttpRefusal, { reason: 'dry_run' }>> {
  const similar = [...query.keys()].filter((name) => name.toLowerCase().replace(/[^a-z]/g, '') === 'dryrun')
  const [value = 'false', ...more] = query.getAll(PARAMETER)
  const sound = similar.every((name) => name === PARAMETER) && more.length === 0 && /^(?:true|false)$/.test(value)
  return sound ? ok(value === 'true') : fail({ reason: 'dry_run', because: 'form' })
}

const WRITES = /\b(?:INSERT|UPDATE|DELETE|REPLACE INTO|DROP|ALTER|CREATE|PRAGMA)\b/i

/** A database that is only read. A statement that would write is a bug, and throws before it is sent. */
export function readOnly(db: Database): Database {
  return {
    prepare: (sql) => {
      if (WRITES.test(sql)) throw new Error('a dry run must not write')
      return db.prepare(sql)
    },
    batch: (statements) => db.batch(statements),
  }
}
