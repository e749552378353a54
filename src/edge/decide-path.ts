import type { UnixSeconds } from '../core/units.ts'
import {
  type Accepted,
  type AcceptedPath,
  acceptedVerdict,
  type Budget,
  type Certificate,
  displayName,
  type PathOutcome,
  type Refused,
  type RevocationData,
  refusedVerdict,
  type TraceStep,
  type ValidPath,
  verifyPath,
} from '../x509/index.ts'
import { type IdentityFault, type NotAllowed, notAllowed, whyNotAllowed } from './admission.ts'
import type { IdentityRules } from './identity-rules.ts'
import type { PresentedChain } from './presented.ts'
import type { Trust } from './trust.ts'

/** What a decision on a path is based on. */
export interface Grounds {
  readonly trust: Pick<Trust, 'set'>
  /** Who may enter, of the clients with a valid path; undefined: all of them. */
  readonly identities: IdentityRules | undefined
  /** Whether any certificate may be revoked. If not, revocation is not looked up. */
  readonly revocable: boolean
  /** Looks up the revocation of a path that is valid otherwise. */
  readonly lookUp: (path: readonly Certificate[]) => Promise<RevocationData>
  /** Unix seconds, UTC. */
  readonly at: UnixSeconds
  /** Counts the work; by default, one of this decision alone. */
  readonly budget?: Budget | undefined
  /** Whether the outcome lists every check that was made. */
  readonly trace?: boolean
}

/** A check of a decision: of the path, or by the identity rules. */
export type DecisionStep =
  | TraceStep
  | (Omit<TraceStep, 'check' | 'fault'> & { readonly check: 'identities'; readonly fault?: IdentityFault })

interface Traced {
  readonly trace?: readonly DecisionStep[]
}

/** A decision with the certificates themselves; `plainVerdict` turns it into plain data. */
export type ClientOutcome =
  | (Omit<AcceptedPath, 'trace'> & Traced)
  | Exclude<PathOutcome, AcceptedPath>
  | ({ readonly accepted: false; readonly fault: IdentityFault; readonly valid: ValidPath } & Traced)

/** The outcome of a decision on a path in plain data. */
export type ClientVerdict = (Omit<Accepted, 'trace'> & Traced) | Refused | (NotAllowed & Traced)

/**
 * Whether what a client presents leads to an anchor, and whether the hostname's identity rules let that client in. Gateway, RPC
 * and /verify all decide by this function.
 */
export async function decidePath({ leaf, chain }: PresentedChain, grounds: Grounds): Promise<ClientOutcome> {
  const { trust, identities, revocable, lookUp, at, trace = false, budget } = grounds
  const outcome = await verifyPath({
    leaf,
    intermediates: chain,
    trust: trust.set,
    at,
    trace,
    ...(budget && { budget }),
    ...(revocable && { revocation: lookUp }),
  })
  if (!outcome.accepted || identities === undefined) return outcome
  const fault = await whyNotAllowed(outcome, identities)
  const steps = outcome.trace && { trace: [...outcome.trace, identityStep(outcome, fault)] }
  if (fault === undefined) return { ...outcome, ...steps }
  return { accepted: false, fault, valid: outcome, ...steps }
}

/** A decision in plain data. */
export async function plainVerdict(outcome: ClientOutcome): Promise<ClientVerdict> {
  if (!outcome.accepted) return await refusedPlainly(outcome)
  const { path, revocation, trace } = outcome
  return { ...(await acceptedVerdict({ path, revocation })), ...(trace && { trace }) }
}

/** The same for a refusal. */
export async function refusedPlainly(
  outcome: Exclude<ClientOutcome, { readonly accepted: true }>,
): Promise<Exclude<ClientVerdict, { readonly accepted: true }>> {
  if (!('valid' in outcome)) return await refusedVerdict(outcome)
  const { valid, fault, trace } = outcome
  return { ...(await notAllowed(valid, fault)), ...(trace && { trace }) }
}

function identityStep({ path: [leaf] }: ValidPath, fault: IdentityFault | undefined): DecisionStep {
  const subject = leaf === undefined ? '' : displayName(leaf.certificate.subject)
  return { check: 'identities', role: 'leaf', subject, height: 0, ...(fault && { fault }) }
}
