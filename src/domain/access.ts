import type { Credential } from '../model.ts'
import type { Access } from '../store/access.ts'
import type { Refusal } from './refusal.ts'

/** Why a claim does not hold, in the contract's order of checks; undefined when it does. */
export function accessRefusal(access: Access, credential: Credential): Refusal | undefined {
  if (!access.valid) return { reason: 'unknown_credential', kind: credential.kind }
  if (!access.permitted) return { reason: 'forbidden' }
  if (!access.enabled) return { reason: 'not_enabled' }
  return undefined
}
