import type { Database } from '../../core/config.ts'
import type { Claim, RevocationPolicy } from '../../core/model.ts'
import { fail, type Result } from '../../core/result.ts'
import type { CertificateId } from '../../core/units.ts'
import { orNotFound } from '../../store/record-target.ts'
import type { FieldFault, Refusal } from '../refusal.ts'
import { putRevocationPolicy, selectRevocationPolicy } from './sql.ts'

/** A request to set a policy as it came in: what is undefined stays as it is; what has the wrong type is among the faults. */
export interface PolicyDraft {
  readonly policy: Partial<RevocationPolicy>
  readonly faults: readonly FieldFault[]
}

/** What becomes of clients of a record whose revocation is not known for certain. */
export async function getPolicy(
  db: Database,
  claim: Claim,
  id: CertificateId,
): Promise<Result<RevocationPolicy, Refusal>> {
  return orNotFound(await selectRevocationPolicy(db, claim, id))
}

/** Sets what is given of it, and returns all of it. Who may not, and what is not there, is told before faults of the body. */
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
