import type { Database } from '../../core/config.ts'
import type { Claim, RevocationPolicy } from '../../core/model.ts'
import { fail, type Result } from '../../core/result.ts'
import type { CertificateId } from '../../core/units.ts'
import { orNotFound } from '../../store/record-target.ts'
import type { FieldFault, Refusal } from '../refusal.ts'
import { putRevocationPolicy, selectRevocationPolicy } from './sql.ts'

/** A request to set a policy. A part that is not given stays as it is. */
export interface PolicyDraft {
  readonly policy: Partial<RevocationPolicy>
  readonly faults: readonly FieldFault[]
}

/** The revocation policy of a record. */
export async function getPolicy(
  db: Database,
  claim: Claim,
  id: CertificateId,
): Promise<Result<RevocationPolicy, Refusal>> {
  return orNotFound(await selectRevocationPolicy(db, claim, id))
}

/** Sets the given parts of a policy, and returns all of it. Refused first: missing access, then a missing record, then fields. */
export async function putPolicy<E>(
  db: Database,
  claim: Claim,
  id: CertificateId,
  body: Result<PolicyDraft, E>,
): Promise<Result<RevocationPolicy, Refusal | E>> {
  const { policy, faults } = body.ok ? body.value : { policy: {}, faults: [] }
  const outcome = await putRevocationPolicy(db, claim, id, faults.length === 0 ? policy : {})
  if (outcome.ok && !body.ok) return body
  const found = orNotFound(outcome)
  return found.ok && faults.length > 0 ? fail({ reason: 'invalid_fields', faults }) : found
}
