import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import type { Result } from '../../core/result.ts'
import { ACCESS_SQL, accessParams, type Denied, whenGranted } from '../../store/access.ts'
import { HEAD_SQL } from '../../store/changes.ts'
import { number, type Row, runBatch, text } from '../../store/d1.ts'
import { QUOTAS_SQL, type Quotas, quotasFrom } from '../../store/quotas.ts'
import { changeFrom, changeStatement, type RecordedChange } from './sql.ts'

/** What is known of a change that shall be taken back. */
export interface Revertible {
  readonly change: RecordedChange
  /** The position of the account's newest change. */
  readonly head: number
  /** The position of the first later change of the same thing, of one of the same operations. */
  readonly supersededBy: number | undefined
  /** What is kept of the record that the change deleted. */
  readonly record: DeletedRecord | undefined
  /** The CRLs that are kept of those that the change deleted. */
  readonly crls: KeptCrls
  readonly quotas: Quotas
}

export interface DeletedRecord {
  readonly createdAt: number
  /** CHAIN_JSON_SQL. */
  readonly chain: string
  readonly blockedSerials: number
}

export interface KeptCrls {
  readonly kept: number
  readonly entries: number
  /** How many of them have a successor at their place. */
  readonly replaced: number
}

/** Operations whose later changes supersede one: they set the same thing. */
const SAME_THING: Readonly<Record<string, readonly string[]>> = {
  update_certificate: ['update_certificate', 'delete_certificate'],
  delete_certificate: ['add_certificate'],
  delete_crls: ['delete_certificate'],
  unblock_serial: ['delete_certificate'],
  put_revocation_policy: ['put_revocation_policy', 'delete_certificate'],
  put_mode: ['put_mode', 'end_hostnames'],
  put_settings: ['put_settings', 'end_hostnames'],
}

/**
 * Whether the later change `c` still stands in the way: it takes back none that is later than ?2, and is not taken back itself by one
 * that was not taken back in its turn. Longer rows of reverts count as standing, which refuses.
 */
const STANDS_SQL = `coalesce(c.reverts, 0) <= ?2 AND NOT EXISTS (
    SELECT 1 FROM changes r WHERE r.account_id = ?1 AND r.reverts = c.position AND NOT EXISTS (
      SELECT 1 FROM changes s WHERE s.account_id = ?1 AND s.reverts = r.position))`

/** Looks up a change and what taking it back depends on; undefined where the scope does not have it. Two round trips. */
export async function selectRevertible(
  db: Database,
  claim: Claim,
  position: number,
): Promise<Result<Revertible | undefined, Denied>> {
  const params = accessParams(claim)
  const [rows, changes] = await runBatch(db, [
    { sql: `WITH ${ACCESS_SQL} SELECT access.*, ${HEAD_SQL} AS head, ${QUOTAS_SQL} FROM access`, params },
    changeStatement(claim, position),
  ])
  const change = changes?.[0] && changeFrom(changes[0])
  const known = change && (await selectWhatIsKept(db, change))
  return whenGranted(claim, rows?.[0], (row) =>
    known === undefined || change === undefined
      ? undefined
      : { change, head: number(row, 'head'), quotas: quotasFrom(row), ...known },
  )
}

async function selectWhatIsKept(
  db: Database,
  { accountId, position, operation, certificateId, hostnames }: RecordedChange,
) {
  const same = JSON.stringify(SAME_THING[operation] ?? [])
  const [later, records, crls] = await runBatch(db, [
    {
      unscoped: 'found before',
      sql:
        certificateId === null
          ? `SELECT min(c.position) AS position FROM json_each(?4) w
              CROSS JOIN change_hostnames h ON h.account_id = ?1 AND h.hostname_ascii = w.value AND h.position > ?2
              CROSS JOIN changes c ON c.account_id = ?1 AND c.position = h.position
            WHERE c.operation IN (SELECT value FROM json_each(?3)) AND ?5 IS NULL AND ${STANDS_SQL}`
          : `SELECT min(c.position) AS position FROM changes c
            WHERE c.account_id = ?1 AND c.certificate_id = ?5 AND c.position > ?2
              AND c.operation IN (SELECT value FROM json_each(?3)) AND ?4 = ?4 AND ${STANDS_SQL}`,
      params: [accountId, position, same, hostnames, certificateId],
    },
    {
      unscoped: 'found before',
      sql: `SELECT created_at, chain, json_array_length(blocked_serials) AS blocked_serials
        FROM deleted_records WHERE account_id = ?1 AND position = ?2`,
      params: [accountId, position],
    },
    {
      unscoped: 'found before',
      sql: `SELECT count(*) AS kept, coalesce(sum(d.entries), 0) AS entries, count(*) FILTER (WHERE EXISTS (
            SELECT 1 FROM crls k WHERE k.certificate_id = d.certificate_id AND k.ca_key = d.ca_key AND k.covers = d.covers
              AND k.part = d.part AND k.state = 'current')) AS replaced
        FROM deleted_crls d WHERE d.account_id = ?1 AND d.position = ?2`,
      params: [accountId, position],
    },
  ])
  const [{ position: supersededBy = null } = {}] = later ?? []
  const crl: Row = crls?.[0] ?? {}
  return {
    supersededBy: typeof supersededBy === 'number' ? supersededBy : undefined,
    record: records?.[0] && recordFrom(records[0]),
    crls: { kept: number(crl, 'kept'), entries: number(crl, 'entries'), replaced: number(crl, 'replaced') },
  }
}

function recordFrom(row: Row): DeletedRecord {
  return {
    createdAt: number(row, 'created_at'),
    chain: text(row, 'chain'),
    blockedSerials: number(row, 'blocked_serials'),
  }
}
