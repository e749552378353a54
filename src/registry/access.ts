import type { Credential } from '../core/model.ts'
import type { Access } from '../store/access.ts'
import type { Refusal } from './refusal.ts'

/**
 * Why a claim does not hold, in the contract's order of checks; undefined when it does. Who holds a secret is told that it
 * is not its time, or that it may only read. That it was switched off nobody is told: its holder may be the reason why.
 */
export function accessRefusal(access: Access, { kind }: Credential): Refusal | undefined {
  const { valid, permitted, enabled, expiredOn, validFrom, readable, otherKind } = access
  if (!valid) return { reason: 'unknown_credential', kind, expiredOn, validFrom }
  if (!permitted) return { reason: 'forbidden', kind, because: readable ? 'read_only' : otherKind }
  if (!enabled) return { reason: 'not_enabled' }
  return undefined
}
