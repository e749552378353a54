import type { UnixSeconds } from '../core/units.ts'
import { type Certificate, type PathOutcome, type RevocationData, verifyPath } from '../x509/index.ts'
import type { PresentedChain } from './presented.ts'
import type { Trust } from './trust.ts'

/** What a decision on a path is based on. */
export interface Grounds {
  readonly trust: Pick<Trust, 'set'>
  /** Whether any certificate may be revoked. If not, revocation is not looked up. */
  readonly revocable: boolean
  /** Looks up the revocation of a path that is valid otherwise. */
  readonly lookUp: (path: readonly Certificate[]) => Promise<RevocationData>
  /** Unix seconds, UTC. */
  readonly at: UnixSeconds
  /** Whether the outcome lists every check that was made. */
  readonly trace?: boolean
}

/** Whether what a client presents leads to an anchor. Gateway, RPC and /verify all validate paths by this function. */
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
