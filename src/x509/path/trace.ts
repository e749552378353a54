import { displayName } from '../certificate/name.ts'
import { MAX_TRACE_STEPS } from '../path-limits.ts'
import type { Entry, Origin } from './entry.ts'
import type { PathFault } from './reasons/fault.ts'

/** The checks of a certificate, in their order (search.ts, verify.ts). */
export type CheckName =
  | 'encoding'
  | 'issuerName'
  | 'validity'
  | 'criticalExtensions'
  | 'publicKey'
  | 'subject'
  | 'extKeyUsage'
  | 'keyUsage'
  | 'issuer'
  | 'signature'
  | 'basicConstraints'
  | 'keyCertSign'
  | 'pathLenConstraint'
  | 'nameConstraints'
  | 'certificatePolicies'
  | 'revocation'
  | 'limits'

/** One check as it was made. */
export interface TraceStep {
  readonly check: CheckName
  readonly role: Origin['role']
  /** Subject of the certificate that was checked. */
  readonly subject: string
  /** Height of that certificate above the leaf, which has 0. */
  readonly height: number
  /** Absent where the check passed. */
  readonly fault?: PathFault
}

/** Notes the first MAX_TRACE_STEPS checks of one decision, in order; none where no trace is wanted. */
export class Trace {
  readonly #steps: TraceStep[] | undefined

  constructor(wanted: boolean) {
    this.#steps = wanted ? [] : undefined
  }

  get steps(): readonly TraceStep[] | undefined {
    return this.#steps
  }

  /** Notes one check, and returns its fault. */
  note<F extends PathFault>(check: CheckName, at: Entry, height: number, fault: F | undefined): F | undefined {
    if (this.#steps === undefined || this.#steps.length >= MAX_TRACE_STEPS) return fault
    const step = { check, role: at.origin.role, subject: displayName(at.certificate.subject), height }
    this.#steps.push(fault === undefined ? step : { ...step, fault })
    return fault
  }
}
