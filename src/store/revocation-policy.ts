import type { Database } from '../config.ts'
import type { Claim, StalePolicy } from '../model.ts'
import { accessParams } from './access.ts'
import { oneOf, runBatch } from './d1.ts'
import { SITUATION_SQL, TARGET_SQL, type TargetOutcome, targetFrom } from './record-target.ts'

/** A record's policy; `hard` where none was set. */
export async function selectRevocationPolicy(
  db: Database,
  claim: Claim,
  certificateId: string,
): Promise<TargetOutcome & { readonly policy: StalePolicy }> {
  const params = [...accessParams(claim), certificateId]
  const [rows, policies] = await runBatch(db, [
    { sql: SITUATION_SQL, params },
    {
      sql: `WITH ${TARGET_SQL}
        SELECT p.stale_crl FROM target JOIN revocation_policies p ON p.certificate_id = target.id`,
      params,
    },
  ])
  return { ...targetFrom(rows?.[0]), policy: policyFrom(policies?.[0]) }
}

/** Reads `stale_crl`; no row is the default. */
export function policyFrom(row: Readonly<Record<string, unknown>> | undefined): StalePolicy {
  return row === undefined ? 'hard' : oneOf(row, 'stale_crl', ['soft', 'hard'])
}

/**
 * Sets a record's policy, if the claim holds and the scope has the record. `policy` undefined: nothing is changed, and
 * the answer says what would have stood against it.
 */
export async function putRevocationPolicy(
  db: Database,
  claim: Claim,
  certificateId: string,
  policy: StalePolicy | undefined,
): Promise<TargetOutcome> {
  const params = [...accessParams(claim), certificateId]
  const change = {
    sql: `WITH ${TARGET_SQL} INSERT INTO revocation_policies (certificate_id, stale_crl)
      SELECT id, ?9 FROM target WHERE TRUE
      ON CONFLICT (certificate_id) DO UPDATE SET stale_crl = excluded.stale_crl`,
    params: [...params, policy ?? null],
  }
  const [rows] = await runBatch(db, [{ sql: SITUATION_SQL, params }, ...(policy === undefined ? [] : [change])])
  return targetFrom(rows?.[0])
}
