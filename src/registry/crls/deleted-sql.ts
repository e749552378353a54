import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import type { AccountId, CertificateId } from '../../core/units.ts'
import { ACCESS_SQL, accessParams, GRANTED_SQL, moreParams } from '../../store/access.ts'
import { HEAD_SQL, recordChange, rfc3339Sql } from '../../store/changes.ts'
import { runBatch } from '../../store/d1.ts'
import { type OfRecord, SITUATION_SQL, TARGET_SQL, whenFound } from '../../store/record-target.ts'
import type { ScopedParams, Statement } from '../../store/statement.ts'

/** The columns that `crls` and `deleted_crls` share. */
export const KEPT_COLUMNS = `id, account_id, upload_id, certificate_id, issuer_key, ca_key, ca_fingerprint_sha256, issuer,
  ca_path, content_sha256, crl_number, this_update, next_update, covers, part, entries, uploaded_at`

/** What the record of changes says of `crls k`. Texts of CAs may be long, and CRLs a thousand: they are left out. */
export const CRL_JSON_SQL = `json_object('ca_fingerprint_sha256', k.ca_fingerprint_sha256, 'number', ltrim(k.crl_number, '0'),
  'covers', k.covers, 'this_update', ${rfc3339Sql('k.this_update')},
  'next_update', ${rfc3339Sql('k.next_update')}, 'entries', k.entries,
  'content_sha256', k.content_sha256)`

/**
 * How many entries of deleted CRLs an account keeps: what one batch sweeps (leftovers-sql.ts). And in how many CRLs: 100 with long CA
 * paths take 15 MB (docs/differences.md, "Quotas"). Of older deletions the CRLs go, and must be uploaded again: their CAs publish
 * them.
 */
const MAX_KEPT_ENTRIES = 40_000
const MAX_KEPT_CRLS = 100

/**
 * Keeps the current CRLs of `target` that the next statement deletes, as part of the account's newest change: that change can be
 * taken back. Stands behind the change.
 * @param context has `access` and `target`
 * @param condition on `target` and `crls k`
 */
export function keepCrls(claim: Claim, params: ScopedParams, context: string, condition: string): readonly Statement[] {
  return [
    {
      sql: `${context} INSERT INTO deleted_crls (${KEPT_COLUMNS}, position, authorities)
        SELECT ${KEPT_COLUMNS.replace(/\w+/g, 'k.$&')}, ${HEAD_SQL},
          (SELECT json_group_array(ca_key) FROM crl_authorities WHERE crl_id = k.id)
        FROM access CROSS JOIN target CROSS JOIN crls k ON k.certificate_id = target.id AND k.state = 'current'
        WHERE ${GRANTED_SQL} AND ${condition}`,
      params,
    },
    {
      sql: `WITH ${ACCESS_SQL} DELETE FROM deleted_crls WHERE id IN (
          SELECT id FROM (
            SELECT d.id, row_number() OVER newest AS crls, sum(d.entries) OVER newest AS entries
            FROM deleted_crls d WHERE d.account_id = (SELECT account_id FROM access WHERE ${GRANTED_SQL})
            WINDOW newest AS (ORDER BY d.position DESC, d.id DESC ROWS UNBOUNDED PRECEDING)
          ) WHERE crls > ${MAX_KEPT_CRLS} OR entries > ${MAX_KEPT_ENTRIES}
        )`,
      params: accessParams(claim),
    },
  ]
}

/** The change whose deletions come back, and the position of the change that brings them back, in the same batch. */
export interface Restoration {
  readonly accountId: AccountId
  readonly reverted: number
  readonly position: number
}

/** Whether the change that brings things back is recorded: ?1 the account, ?2 the change that it takes back, ?3 its position. */
export const IS_RESTORED_SQL =
  'EXISTS (SELECT 1 FROM changes r WHERE r.account_id = ?1 AND r.position = ?3 AND r.reverts = ?2)'

/**
 * Brings back the CRLs that a change deleted, as the current ones of their places, once that is recorded. The record must be there,
 * and the places free.
 */
export function bringBackCrls({ accountId, reverted, position }: Restoration): readonly Statement[] {
  const params = [accountId, reverted, position]
  const deleted = `deleted_crls d WHERE d.account_id = ?1 AND d.position = ?2 AND ${IS_RESTORED_SQL}`
  return [
    {
      unscoped: 'follows',
      sql: `INSERT INTO crls (${KEPT_COLUMNS}, state) SELECT ${KEPT_COLUMNS.replace(/\w+/g, 'd.$&')}, 'loading' FROM ${deleted}`,
      params,
    },
    {
      unscoped: 'follows',
      sql: `INSERT INTO crl_authorities (crl_id, ca_key)
        SELECT d.id, a.value FROM (SELECT d.id, d.authorities FROM ${deleted}) d CROSS JOIN json_each(d.authorities) a`,
      params,
    },
    {
      // An update, as at an upload: triggers count it, and the edge learns of it.
      unscoped: 'follows',
      sql: `UPDATE crls SET state = 'current' WHERE id IN (SELECT d.id FROM ${deleted})`,
      params,
    },
    {
      unscoped: 'follows',
      sql: `DELETE FROM deleted_crls WHERE id IN (SELECT d.id FROM ${deleted})`,
      params,
    },
  ]
}

/** Brings back CRLs of a record, if the claim holds and the scope has the record. */
export async function restoreCrls(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  restoration: Restoration,
): Promise<OfRecord<true>> {
  const { accountId, reverted } = restoration
  const params = accessParams(claim, certificateId)
  const [rows] = await runBatch(db, [
    { sql: SITUATION_SQL, params },
    recordChange(claim, moreParams(params, accountId, reverted), {
      operation: 'restore_crls',
      certificateId,
      context: `WITH ${TARGET_SQL}`,
      from: 'access CROSS JOIN target',
      where: 'access.account_id = ?9 AND EXISTS (SELECT 1 FROM deleted_crls WHERE account_id = ?9 AND position = ?10)',
      before: 'NULL',
      after: `(SELECT json_group_array(${CRL_JSON_SQL} ORDER BY k.id) FROM deleted_crls k
        WHERE k.account_id = ?9 AND k.position = ?10)`,
    }),
    ...bringBackCrls(restoration),
  ])
  return whenFound(claim, rows?.[0], () => true)
}
