import type { Database } from '../core/config.ts'
import type { UnixSeconds } from '../core/units.ts'
import { number, type Row, runBatch } from './d1.ts'

/** Most rows that a figure counts: a scrape every few seconds must not read a whole database. */
export const MAX_COUNTED = 10_000

/** How soon a certificate expires that counts as expiring. */
const SOON = 30 * 86_400

/** Figures of all accounts together. Counts stop at MAX_COUNTED. */
export interface Metrics {
  /** Records that were ever added. */
  readonly added: number
  readonly expired: number
  readonly expiringSoon: number
  /** When the next certificate expires; undefined where none does. */
  readonly nextExpiry: UnixSeconds | undefined
  readonly staleCrls: number
  readonly failingFetches: number
  readonly reportModes: number
  /** Failed runs of the webhook in a row. */
  readonly noticeFailures: number
  /** Until when the webhook was told; undefined where there is none. */
  readonly toldUntil: UnixSeconds | undefined
}

const counted = (rows: string) => `(SELECT count(*) FROM (SELECT 1 FROM ${rows} LIMIT ${MAX_COUNTED}))`

/** Reads the figures in one round trip, by indexes on their times. @param now Unix seconds, UTC */
export async function selectMetrics(db: Database, now: UnixSeconds): Promise<Metrics> {
  const [rows] = await runBatch(db, [
    {
      unscoped: 'operator',
      sql: `SELECT coalesce((SELECT max(sequence) FROM certificates), 0) AS added,
        ${counted('certificate_chain WHERE not_after <= ?1')} AS expired,
        ${counted('certificate_chain WHERE not_after > ?1 AND not_after <= ?2')} AS expiring,
        (SELECT min(not_after) FROM certificate_chain WHERE not_after > ?1) AS next_expiry,
        ${counted("crls INDEXED BY crls_by_next_update WHERE state = 'current' AND next_update <= ?1")} AS stale,
        ${counted('crl_fetches WHERE failing_since IS NOT NULL')} AS failing,
        ${counted('hostname_modes WHERE until > ?1')} AS report_modes,
        (SELECT failures FROM notice_runs) AS notice_failures,
        (SELECT told_until FROM notice_runs) AS told_until`,
      params: [now, now + SOON],
    },
  ])
  const [row = {}] = rows ?? []
  return {
    added: number(row, 'added'),
    expired: number(row, 'expired'),
    expiringSoon: number(row, 'expiring'),
    nextExpiry: optional(row, 'next_expiry'),
    staleCrls: number(row, 'stale'),
    failingFetches: number(row, 'failing'),
    reportModes: number(row, 'report_modes'),
    noticeFailures: optional(row, 'notice_failures') ?? 0,
    toldUntil: optional(row, 'told_until'),
  }
}

function optional(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : number(row, column)
}
