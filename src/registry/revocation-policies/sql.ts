import type { Database } from '../../core/config.ts'
import type { Claim, RevocationPolicy } from '../../core/model.ts'
import type { CertificateId } from '../../core/units.ts'
import { accessParams, moreParams } from '../../store/access.ts'
import { recordChange } from '../../store/changes.ts'
import { oneOf, type Row, runBatch, text } from '../../store/d1.ts'
import { type OfRecord, SITUATION_SQL, TARGET_SQL, whenFound } from '../../store/record-target.ts'

/** The policy where none was set: a stale CRL is not trusted, a CA needs no CRL, and none is fetched. */
const DEFAULT: RevocationPolicy = { stale: 'hard', uncovered: 'allow', crlUrl: null }

/** Expressions for the parts of `revocation_policies p` as they are, and as ?9, ?10 and ?11 set them; ?12: whether ?11 is given. */
const PARTS = {
  before: [`coalesce(p.stale_crl, '${DEFAULT.stale}')`, `coalesce(p.uncovered, '${DEFAULT.uncovered}')`, 'p.crl_url'],
  after: [
    `coalesce(?9, p.stale_crl, '${DEFAULT.stale}')`,
    `coalesce(?10, p.uncovered, '${DEFAULT.uncovered}')`,
    'iif(?12, ?11, p.crl_url)',
  ],
} as const

const policyJsonSql = ([stale, uncovered, crlUrl]: readonly [string, string, string]) =>
  `json_object('stale_policy', ${stale}, 'uncovered', ${uncovered}, 'crl_url', ${crlUrl})`

/** A record's policy. */
const POLICY_SQL = `WITH ${TARGET_SQL}
  SELECT p.stale_crl, p.uncovered, p.crl_url FROM target JOIN revocation_policies p ON p.certificate_id = target.id`

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
  return {
    stale: oneOf(row, 'stale_crl', ['soft', 'hard']),
    uncovered: oneOf(row, 'uncovered', ['allow', 'refuse']),
    crlUrl: row['crl_url'] === null ? null : text(row, 'crl_url'),
  }
}

/**
 * Sets the given parts of a record's policy, if the claim holds and the scope has the record, and returns all of it. Without a
 * part, nothing is changed.
 */
export async function putRevocationPolicy(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  { stale, uncovered, crlUrl }: Partial<RevocationPolicy>,
): Promise<OfRecord<RevocationPolicy>> {
  const params = accessParams(claim, certificateId)
  const isUrlGiven = crlUrl !== undefined
  const own = moreParams(params, stale ?? null, uncovered ?? null, crlUrl ?? null, isUrlGiven ? 1 : 0)
  const recorded = recordChange(claim, own, {
    operation: 'put_revocation_policy',
    certificateId,
    context: `WITH ${TARGET_SQL}`,
    from: 'access CROSS JOIN target LEFT JOIN revocation_policies p ON p.certificate_id = target.id',
    where: `(${PARTS.after.join(', ')}) IS NOT (${PARTS.before.join(', ')})`,
    before: policyJsonSql(PARTS.before),
    after: policyJsonSql(PARTS.after),
  })
  const change = {
    sql: `WITH ${TARGET_SQL} INSERT INTO revocation_policies (certificate_id, stale_crl, uncovered, crl_url)
      SELECT id, coalesce(?9, '${DEFAULT.stale}'), coalesce(?10, '${DEFAULT.uncovered}'), ?11 FROM target WHERE TRUE
      ON CONFLICT (certificate_id) DO UPDATE
        SET stale_crl = coalesce(?9, stale_crl), uncovered = coalesce(?10, uncovered), crl_url = iif(?12, ?11, crl_url)`,
    params: own,
  }
  const isChange = stale !== undefined || uncovered !== undefined || isUrlGiven
  const batch = await runBatch(db, [
    { sql: SITUATION_SQL, params },
    ...(isChange ? [recorded, change] : []),
    { sql: POLICY_SQL, params },
  ])
  return whenFound(claim, batch[0]?.[0], () => policyFrom(batch.at(-1)?.[0]))
}
