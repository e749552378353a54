import type { UnixSeconds } from '../core/units.ts'
import { type Certificate, type PathOutcome, type RevocationData, verifyPath } from '../x509/index.ts'
import type { PresentedChain } from './presented.ts'
import type { Trust } from './trust.ts'

/** What a path is decided by. */
export interface Grounds {
  readonly trust: Pick<Trust, 'set'>
  /** Whether anything may be revoked. If not, nothing is looked up. */
  readonly revocable: boolean
  /** What is known of the certificates of a path that is valid otherwise. */
  readonly lookUp: (path: readonly Certificate[]) => Promise<RevocationData>
  /** Unix seconds, UTC. */
  readonly at: UnixSeconds
  /** Whether the outcome says each check that was made. */
  readonly trace?: boolean
}

/** Whether what a client presents leads to trust: the one door to path validation, for the gateway, RPC and /verify. */
export function decidePath({ leaf, chain }: PresentedChain, grounds: Grounds): Promise<PathOutcome> {
  const { trust, revocable, lookUp, at, trace = false } = grounds
  return verifyPath({
    leaf,
    intermediates: chain,
    trust: trust.set,
    at,
    trace,
    ...(revocable && { revocation: lookUp }),
  })
}
