import type { Statement } from './statement.ts'

/**
 * Entries that one batch sweeps out: twice what one brings in (crl-upload.ts), so that what uploads leave behind is never
 * more than the CRLs they replaced last. Measured at 0.1 s in workerd; D1 gives a statement 30 s.
 */
export const SWEPT_ENTRIES = 40_000

/** A CRL that is still loading after this, in seconds, is not being loaded any more: a request does not last that long. */
const ABANDONED_SECONDS = 3_600

/** Takes away what uploads left that never came to their end. `now` in Unix seconds, UTC. */
export function sweepAbandoned(now: number): Statement {
  return {
    sql: "DELETE FROM crls WHERE state = 'loading' AND uploaded_at < ?1",
    params: [now - ABANDONED_SECONDS],
  }
}

/** Takes away some entries of CRLs that are gone, and the note of each that has none left. */
export function sweepGarbage(): readonly Statement[] {
  return [
    {
      sql: `DELETE FROM crl_entries WHERE (crl_id, serial) IN (
          SELECT e.crl_id, e.serial FROM crl_garbage g CROSS JOIN crl_entries e ON e.crl_id = g.crl_id LIMIT ?1
        )`,
      params: [SWEPT_ENTRIES],
    },
    {
      sql: `DELETE FROM crl_garbage
        WHERE NOT EXISTS (SELECT 1 FROM crl_entries e WHERE e.crl_id = crl_garbage.crl_id)`,
      params: [],
    },
  ]
}
