import type { Claim } from '../core/model.ts'
import type { TargetOutcome } from '../store/record-target.ts'
import { accessRefusal } from './access.ts'
import type { Refusal } from './refusal.ts'

/** Why a claim on a record does not hold; undefined when it does. Another scope's record is not found (contract 4). */
export function recordRefusal({ access, found }: TargetOutcome, { credential }: Claim): Refusal | undefined {
  const denied = accessRefusal(access, credential)
  if (denied !== undefined) return denied
  return found ? undefined : { reason: 'certificate_not_found' }
}
