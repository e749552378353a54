import type { Database } from '../../core/config.ts'
import type { Claim, RevocationPolicy } from '../../core/model.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { accessRefusal } from '../access.ts'
import { recordRefusal } from '../record.ts'
import type { FieldFault, Refusal } from '../refusal.ts'
import { putRevocationPolicy, selectRevocationPolicy } from './sql.ts'

/** A request to set a policy as it came in: what is undefined stays as it is; what has the wrong type is among the faults. */
export interface PolicyDraft {
  readonly policy: Partial<RevocationPolicy>
  readonly faults: readonly FieldFault[]
}

/** What becomes of clients of a record whose revocation is not known for certain. */
export async function getPolicy(db: Database, claim: Claim, id: string): Promise<Result<RevocationPolicy, Refusal>> {
  const outcome = await selectRevocationPolicy(db, claim, id)
  const refusal = recordRefusal(outcome, claim)
  return refusal === undefined ? ok(outcome.policy) : fail(refusal)
}

/** Sets what is given of it, and returns all of it. Who may not, and what is not there, is told before faults of the body. */
export async function putPolicy<E>(
  db: Database,
  claim: Claim,
  id: string,
  body: Result<PolicyDraft, E>,
): Promise<Result<RevocationPolicy, Refusal | E>> {
  const { policy, faults } = body.ok ? body.value : { policy: {}, faults: [] }
  const outcome = await putRevocationPolicy(db, claim, id, faults.length === 0 ? policy : {})
  const denied = accessRefusal(outcome.access, claim.credential)
  if (denied !== undefined) return fail(denied)
  if (!body.ok) return body
  const refusal = recordRefusal(outcome, claim)
  if (refusal !== undefined) return fail(refusal)
  return faults.length > 0 ? fail({ reason: 'invalid_fields', faults }) : ok(outcome.policy)
}
