import type { Database } from '../config.ts'
import type { Claim, StalePolicy } from '../model.ts'
import { fail, ok, type Result } from '../result.ts'
import { putRevocationPolicy, selectRevocationPolicy } from '../store/revocation-policy.ts'
import { accessRefusal } from './access.ts'
import { recordRefusal } from './record.ts'
import type { FieldFault, Refusal } from './refusal.ts'

/** A request to set a policy as it came in: undefined where it has the wrong type, which is among the faults then. */
export interface PolicyDraft {
  readonly policy: StalePolicy | undefined
  readonly faults: readonly FieldFault[]
}

/** What becomes of certificates that a CRL of the record's, past its nextUpdate, does not list. */
export async function getPolicy(db: Database, claim: Claim, id: string): Promise<Result<StalePolicy, Refusal>> {
  const outcome = await selectRevocationPolicy(db, claim, id)
  const refusal = recordRefusal(outcome, claim)
  return refusal === undefined ? ok(outcome.policy) : fail(refusal)
}

/** Sets it. Who may not, and what is not there, is told before faults of the body. */
export async function putPolicy<E>(
  db: Database,
  claim: Claim,
  id: string,
  body: Result<PolicyDraft, E>,
): Promise<Result<StalePolicy, Refusal | E>> {
  const { policy, faults } = body.ok ? body.value : { policy: undefined, faults: [] }
  const sound = faults.length === 0 ? policy : undefined
  const outcome = await putRevocationPolicy(db, claim, id, sound)
  const denied = accessRefusal(outcome.access, claim.credential)
  if (denied !== undefined) return fail(denied)
  if (!body.ok) return body
  const refusal = recordRefusal(outcome, claim)
  if (refusal !== undefined) return fail(refusal)
  return sound === undefined ? fail({ reason: 'invalid_fields', faults }) : ok(sound)
}
