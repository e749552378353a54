import type { Database } from '../../core/config.ts'
import type { Claim, RevocationPolicy } from '../../core/model.ts'
import type { CertificateId } from '../../core/units.ts'
import { accessParams, moreParams } from '../../store/access.ts'
import { recordChange } from '../../store/changes.ts'
import { oneOf, type Row, runBatch } from '../../store/d1.ts'
import { type OfRecord, SITUATION_SQL, TARGET_SQL, whenFound } from '../../store/record-target.ts'

/** The policy where none was set: a stale CRL is not trusted, and a CA needs no CRL. */
const DEFAULT: RevocationPolicy = { stale: 'hard', uncovered: 'allow' }

/** Expressions for the parts of `revocation_policies p`, for `coalesce`. */
const DEFAULT_PARTS = { stale: `p.stale_crl, '${DEFAULT.stale}'`, uncovered: `p.uncovered, '${DEFAULT.uncovered}'` }

const policyJsonSql = ({ stale, uncovered }: typeof DEFAULT_PARTS) =>
  `json_object('stale_policy', coalesce(${stale}), 'uncovered', coalesce(${uncovered}))`

/** A record's policy. */
const POLICY_SQL = `WITH ${TARGET_SQL}
  SELECT p.stale_crl, p.uncovered FROM target JOIN revocation_policies p ON p.certificate_id = target.id`

/** A record's policy. */
export function selectRevocationPolicy(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
): Promise<OfRecord<RevocationPolicy>> {
  return putRevocationPolicy(db, claim, certificateId, {})
}

/** Reads the columns of a policy; no row is the default. */
export function policyFrom(row: Row | undefined): RevocationPolicy {
  if (row === undefined) return DEFAULT
  return { stale: oneOf(row, 'stale_crl', ['soft', 'hard']), uncovered: oneOf(row, 'uncovered', ['allow', 'refuse']) }
}

/**
 * Sets the given parts of a record's policy, if the claim holds and the scope has the record, and returns all of it. Without a
 * part, nothing is changed.
 */
export async function putRevocationPolicy(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  { stale, uncovered }: Partial<RevocationPolicy>,
): Promise<OfRecord<RevocationPolicy>> {
  const params = accessParams(claim, certificateId)
  const own = moreParams(params, stale ?? null, uncovered ?? null)
  const recorded = recordChange(claim, own, {
    operation: 'put_revocation_policy',
    certificateId,
    context: `WITH ${TARGET_SQL}`,
    from: 'access CROSS JOIN target LEFT JOIN revocation_policies p ON p.certificate_id = target.id',
    where: `(coalesce(?9, p.stale_crl, '${DEFAULT.stale}'), coalesce(?10, p.uncovered, '${DEFAULT.uncovered}'))
      IS NOT (coalesce(p.stale_crl, '${DEFAULT.stale}'), coalesce(p.uncovered, '${DEFAULT.uncovered}'))`,
    before: policyJsonSql(DEFAULT_PARTS),
    after: policyJsonSql({ stale: `?9, ${DEFAULT_PARTS.stale}`, uncovered: `?10, ${DEFAULT_PARTS.uncovered}` }),
  })
  const change = {
    sql: `WITH ${TARGET_SQL} INSERT INTO revocation_policies (certificate_id, stale_crl, uncovered)
      SELECT id, coalesce(?9, '${DEFAULT.stale}'), coalesce(?10, '${DEFAULT.uncovered}') FROM target WHERE TRUE
      ON CONFLICT (certificate_id) DO UPDATE
        SET stale_crl = coalesce(?9, stale_crl), uncovered = coalesce(?10, uncovered)`,
    params: own,
  }
  const isChange = stale !== undefined || uncovered !== undefined
  const batch = await runBatch(db, [
    { sql: SITUATION_SQL, params },
    ...(isChange ? [recorded, change] : []),
    { sql: POLICY_SQL, params },
  ])
  return whenFound(claim, batch[0]?.[0], () => policyFrom(batch.at(-1)?.[0]))
}
