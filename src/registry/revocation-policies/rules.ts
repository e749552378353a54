import type { Database } from '../../core/config.ts'
import type { Claim, RevocationPolicy } from '../../core/model.ts'
import { fail, type Result } from '../../core/result.ts'
import type { CertificateId } from '../../core/units.ts'
import { orNotFound } from '../../store/record-target.ts'
import { crlUrlFault } from '../crl-fetches/url.ts'
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

/**
 * Sets the given parts of a policy, and returns all of it. Refused first: missing access, then a missing record, then fields.
 * @param hosts CRL_SOURCE_HOSTS
 */
export async function putPolicy<E>(
  db: Database,
  claim: Claim,
  id: CertificateId,
  body: Result<PolicyDraft, E>,
  hosts: readonly string[],
): Promise<Result<RevocationPolicy, Refusal | E>> {
  const { policy, faults }: PolicyDraft = body.ok ? withUrlFault(body.value, hosts) : { policy: {}, faults: [] }
  const outcome = await putRevocationPolicy(db, claim, id, faults.length === 0 ? policy : {})
  if (outcome.ok && !body.ok) return body
  const found = orNotFound(outcome)
  return found.ok && faults.length > 0 ? fail({ reason: 'invalid_fields', faults }) : found
}

function withUrlFault({ policy, faults }: PolicyDraft, hosts: readonly string[]): PolicyDraft {
  const fault = typeof policy.crlUrl === 'string' ? crlUrlFault(policy.crlUrl, hosts) : undefined
  return { policy, faults: fault === undefined ? faults : [...faults, { pointer: '/crl_url', ...fault }] }
}
