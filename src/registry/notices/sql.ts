import type { Database } from '../../core/config.ts'
import type { Seconds, UnixSeconds } from '../../core/units.ts'
import { number, type Row, runBatch, text } from '../../store/d1.ts'
import type { Notice } from './notice.ts'

/** On which days before it expires people are told of a certificate; 0: when it has. */
const CERTIFICATE_DAYS = [90, 30, 14, 7, 1, 0]
/** The same for report modes. */
const MODE_DAYS = [7, 1, 0]
/** The same for CRLs. A day before only where a CRL lives for longer than two: others are replaced within a day. */
const CRL_DAYS = [1, 0]
const LONG_LIVED: Seconds = 2 * 86_400
/** For how long a fetch of CRLs fails before people are told: what fails once or twice often mends itself. */
const FAILING: Seconds = 3_600

/** Most notices of a kind in one run. There are more only where thousands of certificates expire within minutes. */
export const MAX_NOTICES = 500

/** What has come due, and whether there is more of some kind. */
export interface DueNotices {
  readonly notices: readonly Notice[]
  readonly isCut: boolean
}

/** A run of the cron trigger that tells people. */
export interface NoticeRun {
  /** All that came due until then was told. */
  readonly toldUntil: UnixSeconds
  /** How many runs failed since then. */
  readonly failures: number
}

/**
 * Begins a run, which no other run overlaps until `until`. The very first one tells of the last `first` seconds. Undefined: another
 * run is under way, or the last one failed and its time has not come.
 */
export async function beginRun(
  db: Database,
  now: UnixSeconds,
  until: UnixSeconds,
  first: Seconds,
): Promise<NoticeRun | undefined> {
  const [rows] = await runBatch(db, [
    {
      unscoped: 'operator',
      sql: `INSERT INTO notice_runs (id, told_until, next_at) VALUES (1, ?1 - ?3, ?2)
        ON CONFLICT (id) DO UPDATE SET next_at = ?2 WHERE next_at <= ?1
        RETURNING told_until, failures`,
      params: [now, until, first],
    },
  ])
  const row = rows?.[0]
  return row && { toldUntil: number(row, 'told_until'), failures: number(row, 'failures') }
}

/** Ends a run: `toldUntil` and `failures` as they are now, and when the next one may begin. */
export async function endRun(db: Database, { toldUntil, failures }: NoticeRun, nextAt: UnixSeconds): Promise<void> {
  await runBatch(db, [
    {
      unscoped: 'operator',
      sql: 'UPDATE notice_runs SET told_until = ?1, failures = ?2, next_at = ?3 WHERE id = 1',
      params: [toldUntil, failures, nextAt],
    },
  ])
}

/** Whether a moment of a column, `days` before it, lies after ?1 and not after ?2. */
const dueSql = (column: string) => `${column} > ?1 + d.value * 86400 AND ${column} <= ?2 + d.value * 86400`

/** What comes due after `from` and until `to`, the first of it first. It reads no more rows than it returns, by indexes on the times. */
export async function selectNotices(db: Database, from: UnixSeconds, to: UnixSeconds): Promise<DueNotices> {
  const asked = (days: readonly number[]) => [from, to, JSON.stringify(days), MAX_NOTICES + 1]
  const kinds = await runBatch(db, [
    {
      unscoped: 'operator',
      sql: `SELECT 'certificate_expires' AS kind, d.value AS days, ch.not_after AS at, a.id AS account_id, a.name AS account_name,
          c.id AS certificate_id, c.name, substr(ch.subject, 1, 1024) AS subject, ch.fingerprint_sha256 AS sha256
        FROM json_each(?3) d
          CROSS JOIN certificate_chain ch INDEXED BY certificate_chain_by_expiry ON ${dueSql('ch.not_after')}
          CROSS JOIN certificates c ON c.id = ch.certificate_id
          CROSS JOIN accounts a ON a.id = c.account_id
        LIMIT ?4`,
      params: asked(CERTIFICATE_DAYS),
    },
    {
      unscoped: 'operator',
      sql: `SELECT 'crl_goes_stale' AS kind, d.value AS days, k.next_update AS at, a.id AS account_id, a.name AS account_name,
          c.id AS certificate_id, c.name, substr(k.issuer, 1, 1024) AS issuer
        FROM json_each(?3) d
          CROSS JOIN crls k INDEXED BY crls_by_next_update ON k.state = 'current' AND ${dueSql('k.next_update')}
            AND (d.value = 0 OR k.next_update - k.this_update > ${LONG_LIVED})
          CROSS JOIN certificates c ON c.id = k.certificate_id
          CROSS JOIN accounts a ON a.id = c.account_id
        LIMIT ?4`,
      params: asked(CRL_DAYS),
    },
    {
      unscoped: 'operator',
      sql: `SELECT 'crl_fetch_fails' AS kind, 0 AS days, f.failing_since AS at, a.id AS account_id, a.name AS account_name,
          c.id AS certificate_id, c.name, f.error
        FROM crl_fetches f INDEXED BY crl_fetches_failing
          CROSS JOIN certificates c ON c.id = f.certificate_id
          CROSS JOIN accounts a ON a.id = c.account_id
        WHERE f.failing_since > ?1 - ${FAILING} AND f.failing_since <= ?2 - ${FAILING}
        LIMIT ?3`,
      params: [from, to, MAX_NOTICES + 1],
    },
    {
      unscoped: 'operator',
      sql: `SELECT 'report_mode_ends' AS kind, d.value AS days, m.until AS at, a.id AS account_id, a.name AS account_name,
          m.hostname_ascii AS hostname
        FROM json_each(?3) d
          CROSS JOIN hostname_modes m INDEXED BY hostname_modes_by_end ON m.until IS NOT NULL AND ${dueSql('m.until')}
          CROSS JOIN accounts a ON a.id = m.account_id
        LIMIT ?4`,
      params: asked(MODE_DAYS),
    },
  ])
  return {
    notices: kinds.flatMap((rows) => rows.slice(0, MAX_NOTICES).map(noticeFrom)),
    isCut: kinds.some((rows) => rows.length > MAX_NOTICES),
  }
}

function noticeFrom(row: Row): Notice {
  const common = {
    accountId: text(row, 'account_id'),
    accountName: text(row, 'account_name'),
    at: number(row, 'at'),
    days: number(row, 'days'),
  }
  const kind = text(row, 'kind')
  if (kind === 'report_mode_ends') return { kind, ...common, hostname: text(row, 'hostname') }
  const record = { ...common, certificateId: text(row, 'certificate_id'), name: text(row, 'name') }
  if (kind === 'certificate_expires') {
    return { kind, ...record, subject: text(row, 'subject'), sha256: text(row, 'sha256') }
  }
  if (kind === 'crl_goes_stale') return { kind, ...record, issuer: text(row, 'issuer') }
  return { kind: 'crl_fetch_fails', ...record, error: text(row, 'error') }
}
