import type { Database } from '../../core/config.ts'
import type { Claim, Scope } from '../../core/model.ts'
import type { AccountId, CertificateId, Hex, UnixSeconds } from '../../core/units.ts'
import { accessParams } from '../../store/access.ts'
import { number, type Row, runBatch, text } from '../../store/d1.ts'
import { type OfRecord, SITUATION_SQL, TARGET_SQL, whenFound } from '../../store/record-target.ts'

/** How the fetching of a record's CRLs stands. */
export interface CrlFetch {
  readonly url: string
  /** When it last succeeded. */
  readonly fetchedAt: UnixSeconds | undefined
  /** How often it failed since then. */
  readonly failures: number
  readonly error: string | undefined
  /** Undefined, or in the past: by the next run of the cron trigger. */
  readonly nextAt: UnixSeconds | undefined
}

/** How the fetching of a record's CRLs stands; null where it has no crl_url. */
export async function selectCrlFetch(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
): Promise<OfRecord<{ readonly fetch: CrlFetch | null }>> {
  const params = accessParams(claim, certificateId)
  const [rows, fetches] = await runBatch(db, [
    { sql: SITUATION_SQL, params },
    {
      sql: `WITH ${TARGET_SQL} SELECT p.crl_url, f.* FROM target
        CROSS JOIN crl_fetches f ON f.certificate_id = target.id
        CROSS JOIN revocation_policies p ON p.certificate_id = target.id`,
      params,
    },
  ])
  const fetch = fetches?.[0]
  return whenFound(claim, rows?.[0], () => ({ fetch: fetch === undefined ? null : fetchFrom(fetch) }))
}

function fetchFrom(row: Row): CrlFetch {
  return {
    url: text(row, 'crl_url'),
    fetchedAt: row['fetched_at'] === null ? undefined : number(row, 'fetched_at'),
    failures: number(row, 'failures'),
    error: row['error'] === null ? undefined : text(row, 'error'),
    nextAt: number(row, 'next_at') || undefined,
  }
}

/** A record whose CRLs are to be fetched, and who uploads them. */
export interface DueFetch {
  readonly certificateId: CertificateId
  readonly accountId: AccountId
  readonly scope: Scope
  readonly url: string
  readonly failures: number
  /** '': its credential was deleted. */
  readonly secretSha256: Hex
}

/** Records whose time has come, the longest overdue first. */
export async function selectDue(db: Database, now: UnixSeconds, limit: number): Promise<readonly DueFetch[]> {
  const [rows = []] = await runBatch(db, [
    {
      unscoped: 'operator',
      sql: `SELECT f.certificate_id, f.account_id, f.failures, c.zone_id, p.crl_url, k.secret_sha256
        FROM crl_fetches f INDEXED BY crl_fetches_due
          CROSS JOIN certificates c ON c.id = f.certificate_id
          CROSS JOIN revocation_policies p ON p.certificate_id = f.certificate_id
          LEFT JOIN credentials k ON k.id = replace(f.certificate_id, '-', '')
        WHERE f.next_at <= ?1 ORDER BY f.next_at LIMIT ?2`,
      params: [now, limit],
    },
  ])
  return rows.map((row) => {
    const accountId = text(row, 'account_id')
    const zoneId = row['zone_id']
    return {
      certificateId: text(row, 'certificate_id'),
      accountId,
      scope: typeof zoneId === 'string' ? { kind: 'zones', id: zoneId } : { kind: 'accounts', id: accountId },
      url: text(row, 'crl_url'),
      failures: number(row, 'failures'),
      secretSha256: row['secret_sha256'] === null ? '' : text(row, 'secret_sha256'),
    }
  })
}

/**
 * Takes a fetch for this run: another run at the same time leaves it alone until `until`, and so does the next one if this one
 * breaks off. Says whether it was still due.
 */
export async function takeFetch(
  db: Database,
  certificateId: CertificateId,
  now: UnixSeconds,
  until: UnixSeconds,
): Promise<boolean> {
  const [rows] = await runBatch(db, [
    {
      unscoped: 'operator',
      sql: 'UPDATE crl_fetches SET next_at = ?3 WHERE certificate_id = ?1 AND next_at <= ?2 RETURNING next_at',
      params: [certificateId, now, until],
    },
  ])
  return rows?.length === 1
}

/** How a fetch ended. */
export type FetchOutcome =
  | { readonly nextAt: UnixSeconds; readonly fetchedAt: UnixSeconds }
  | { readonly nextAt: UnixSeconds; readonly failures: number; readonly failedAt: UnixSeconds; readonly error: string }

/** Notes how a fetch ended, unless its URL was set anew meanwhile. @param until as takeFetch was given it */
export async function noteFetch(
  db: Database,
  certificateId: CertificateId,
  until: UnixSeconds,
  outcome: FetchOutcome,
): Promise<void> {
  const { nextAt } = outcome
  const failed = 'error' in outcome ? outcome : undefined
  await runBatch(db, [
    {
      unscoped: 'operator',
      sql: `UPDATE crl_fetches SET next_at = ?3, fetched_at = coalesce(?4, fetched_at), failures = ?5, error = ?6,
          failing_since = iif(?5 = 0, NULL, coalesce(failing_since, ?7))
        WHERE certificate_id = ?1 AND next_at = ?2`,
      params: [
        certificateId,
        until,
        nextAt,
        'fetchedAt' in outcome ? outcome.fetchedAt : null,
        failed?.failures ?? 0,
        failed?.error ?? null,
        failed?.failedAt ?? null,
      ],
    },
  ])
}
