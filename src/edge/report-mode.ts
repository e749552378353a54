import type { UnixMilliseconds } from '../core/units.ts'
import type { HostnameFacts } from './hostname-sql.ts'

/**
 * Whether a hostname lets clients through that it would refuse. Where Access is switched off, report mode does not apply: everybody
 * is refused.
 */
export function reports({ enabled, mode }: HostnameFacts, nowMs: UnixMilliseconds): boolean {
  return enabled && mode.mode === 'report' && nowMs < (mode.until ?? 0) * 1_000
}
