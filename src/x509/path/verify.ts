import type { UnixSeconds } from '../../core/units.ts'
import { sameOctets } from '../asn1/values.ts'
import { Budget, LimitReached } from '../budget.ts'
import type { Certificate, ReadFault } from '../certificate/certificate.ts'
import { signatureScheme } from '../signature/signature-scheme.ts'
import { checkCriticalExtensions, checkIssuerName, checkKey, checkValidity } from './certificate-checks.ts'
import { type Entry, entry } from './entry.ts'
import { checkLeafExtKeyUsage, checkLeafKeyUsage, checkLeafNameConstraints, checkLeafSubject } from './leaf-checks.ts'
import { checkBytes, type Presented, readPresented } from './presented.ts'
import { CLIENT_AUTH, type Purpose } from './purpose.ts'
import type { PathFault } from './reasons/fault.ts'
import { rank } from './reasons/rank.ts'
import { NOTHING_REVOKED, type RevocationLookup } from './revocation/revocation.ts'
import { RevocationChecker } from './revocation/revocation-check.ts'
import { type Finding, Search, type ValidPath } from './search.ts'
import { type CheckName, Trace, type TraceStep } from './trace.ts'
import { asCertificate, type TrustSet } from './trust-set.ts'

/** The last second that a Date can hold, 100 million days after the epoch (ECMA-262 21.4.1.1). */
const MAX_SECONDS = 8_640_000_000_000

/** All inputs of a decision: there is no clock, store or network besides. */
export interface PathRequest {
  /** The certificate whose key was proven, read or as DER. It is the leaf whatever else is presented. */
  readonly leaf: Certificate | Uint8Array
  /** The certificates that came with it, in any order, read or as DER. */
  readonly intermediates?: readonly (Certificate | Uint8Array)[]
  readonly trust: TrustSet
  /** Unix seconds, UTC. Fractions are cut off: validity has a granularity of seconds (RFC 5280 4.1.2.5). */
  readonly at: UnixSeconds
  /** Default: clientAuth. */
  readonly purpose?: Purpose
  /** Most intermediates that are not self-issued, as if every anchor had such a pathLenConstraint. Default: unlimited. */
  readonly maxPathLength?: number
  /** Looks up what is revoked or blocked on a path. Default: nothing is. */
  readonly revocation?: RevocationLookup
  /** Default: a new one with PATH_LIMITS. The caller may read what was spent. */
  readonly budget?: Budget
  /** Whether the outcome lists every check that was made, in order. */
  readonly trace?: boolean
}

/** The leaf is trusted for the purpose, by this path. */
export interface AcceptedPath extends ValidPath {
  readonly accepted: true
  readonly trace?: readonly TraceStep[]
}

/** The leaf is not trusted, with the most useful reason. */
export interface RefusedPath {
  readonly accepted: false
  readonly fault: PathFault
  /** The certificate at fault; undefined where none can be named. */
  readonly at: Entry | undefined
  readonly trace?: readonly TraceStep[]
}

/** A decision with the certificates themselves; verdictOf turns it into plain data. */
export type PathOutcome = AcceptedPath | RefusedPath

/**
 * Decides whether a certificate is trusted: builds and validates a path to an anchor (RFC 5280 section 6.1). A refusal is a value
 * with the most useful reason over all candidate paths. Nothing that a client presents makes it throw. It throws TypeError for an
 * invalid time, since expired certificates would pass a comparison with NaN, and rejects with what the look-up of revocation
 * rejects with. docs/conformance.md lists the decisions that the RFC leaves open.
 */
export async function verifyPath(request: PathRequest): Promise<PathOutcome> {
  if (!(Math.abs(request.at) <= MAX_SECONDS)) throw new TypeError('at is not a time in Unix seconds')
  const trace = new Trace(request.trace ?? false)
  const budget = request.budget ?? new Budget()
  try {
    checkBytes([request.leaf, ...(request.intermediates ?? [])], budget.limits)
    const leaf = asCertificate(request.leaf)
    if ('reason' in leaf) return refused(leaf, undefined, trace)
    return await decide(entry(leaf, { role: 'leaf' }), request, budget, trace)
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error
    return refused({ reason: 'limit_reached', limit: error.limit, value: error.value }, undefined, trace)
  }
}

async function decide(leaf: Entry, request: PathRequest, budget: Budget, trace: Trace): Promise<PathOutcome> {
  const { trust, maxPathLength, purpose = CLIENT_AUTH } = request
  const at = Math.floor(request.at)
  const fault = leafFault(leaf, at, purpose, trace)
  if (fault !== undefined) return refused(fault, leaf, trace)
  const presented = readPresented(leaf, request.intermediates ?? [], trust, budget.limits)
  const revocation = new RevocationChecker(request.revocation ?? (async () => NOTHING_REVOKED), at)
  const search = new Search({ trust, presented, at, purpose, maxPathLength, revocation, budget, trace })

  const { der } = leaf.certificate
  const anchor = trust.anchorsNamed(leaf.subjectKey).find(({ certificate }) => sameOctets(certificate.der, der))
  const alone = anchor && (await search.asAnchor(anchor))
  if (alone !== undefined) return accepted(alone, trace)
  // Checked after asAnchor: the signature of a leaf that is an anchor does not matter.
  const scheme = signatureScheme(leaf.certificate.signatureAlgorithm)
  if (!scheme.ok) return refused(scheme.error, leaf, trace)
  const found = await search.run(leaf)
  if (found !== undefined) return accepted(found, trace)
  const { fault: reason, at: culprit } = mostUseful(search.best, presented, trust)
  return refused(reason, culprit, trace)
}

function accepted(found: ValidPath, { steps }: Trace): PathOutcome {
  return { accepted: true, ...found, ...(steps && { trace: steps }) }
}

function refused(fault: PathFault, at: Entry | undefined, { steps }: Trace): PathOutcome {
  return { accepted: false, fault, at, ...(steps && { trace: steps }) }
}

/** Why a certificate is unfit as a leaf, for any issuer. Checked before any work on its issuers. */
function leafFault(leaf: Entry, at: UnixSeconds, purpose: Purpose, trace: Trace): PathFault | undefined {
  const checks: readonly (readonly [CheckName, PathFault | undefined])[] = [
    ['issuerName', checkIssuerName(leaf)],
    ['subject', checkLeafSubject(leaf)],
    ['validity', checkValidity(leaf, at)],
    ['extKeyUsage', checkLeafExtKeyUsage(leaf, purpose)],
    ['keyUsage', checkLeafKeyUsage(leaf, purpose)],
    ['criticalExtensions', checkCriticalExtensions(leaf)],
    ['nameConstraints', checkLeafNameConstraints(leaf)],
    ['publicKey', checkKey(leaf)],
  ]
  const faults = checks
    .map(([check, fault]) => trace.note(check, leaf, 0, fault))
    .filter((fault) => fault !== undefined)
  return faults.sort((a, b) => rank(b.reason) - rank(a.reason))[0]
}

/** The best finding of the search, or an unreadable certificate that may have been the missing link. */
function mostUseful(best: Finding | undefined, presented: Presented, trust: TrustSet): Omit<Finding, 'height'> {
  const [anchor] = trust.unreadable
  const [intermediate] = presented.unreadable
  const findings: Omit<Finding, 'height'>[] = []
  if (best !== undefined) findings.push(best)
  if (anchor !== undefined) {
    const problem = problemOf(anchor.fault)
    findings.push({ fault: { reason: 'anchor_unreadable', anchorId: anchor.id, problem }, at: undefined })
  }
  if (intermediate !== undefined) {
    const { position, fault } = intermediate
    findings.push({ fault: { reason: 'intermediate_unreadable', position, problem: problemOf(fault) }, at: undefined })
  }
  // Without any anchor, the leaf's issuer does not matter.
  if (trust.size === 0 && anchor === undefined) return { fault: { reason: 'no_anchors' }, at: undefined }
  const [first] = findings.sort((a, b) => rank(b.fault.reason) - rank(a.fault.reason))
  return first ?? { fault: { reason: 'no_anchors' }, at: undefined }
}

function problemOf(fault: ReadFault): string {
  return fault.reason === 'certificate_too_large'
    ? `it has ${fault.bytes} bytes, the limit is ${fault.limitBytes}`
    : `${fault.field} ${fault.problem}`
}
