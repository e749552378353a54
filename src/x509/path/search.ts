import type { UnixSeconds } from '../../core/units.ts'
import type { Budget } from '../budget.ts'
import { displayName } from '../certificate/name.ts'
import { inOrder } from './candidate-order.ts'
import { checkCriticalExtensions, checkIssuerName, checkKey, checkValidity } from './certificate-checks.ts'
import { type Entry, sameCa } from './entry.ts'
import { checkCa, checkCaExtKeyUsage, checkKeyCertSign, checkPathLen, pathLength } from './issuer-checks.ts'
import { NameConstraintChecker } from './names/name-constraints.ts'
import { checkPolicies } from './policy.ts'
import type { Presented } from './presented.ts'
import type { Purpose } from './purpose.ts'
import type { PathFault } from './reasons/fault.ts'
import { rank } from './reasons/rank.ts'
import type { RevocationStatus } from './revocation/revocation.ts'
import type { RevocationChecker } from './revocation/revocation-check.ts'
import { SignatureChecker } from './signature.ts'
import type { CheckName, Trace } from './trace.ts'
import type { TrustSet } from './trust-set.ts'

/** What a search works with. */
export interface SearchContext {
  readonly trust: TrustSet
  readonly presented: Presented
  /** Unix seconds, UTC. */
  readonly at: UnixSeconds
  readonly purpose: Purpose
  /** Most intermediates that are not self-issued; undefined where only the limit of depth applies. */
  readonly maxPathLength: number | undefined
  readonly revocation: RevocationChecker
  readonly budget: Budget
  readonly trace: Trace
}

/** A valid path. */
export interface ValidPath {
  /** From the leaf up, its anchor last. */
  readonly path: readonly Entry[]
  /** One for each certificate except the anchor, from the leaf up. */
  readonly revocation: readonly RevocationStatus[]
}

/** A fault and its certificate. */
export interface Finding {
  readonly fault: PathFault
  /** Undefined where the fault is not in a certificate. */
  readonly at: Entry | undefined
  /** Height of that certificate above the leaf. */
  readonly height: number
}

/**
 * Builds a path from the leaf to an anchor (RFC 5280 6.1, RFC 4158). The search is depth first over all issuers of a name, anchors
 * before intermediates, and goes back whenever a certificate fails a check. Each certificate is checked when it is added, in this
 * order: key, signature over the one below, validity, CA, keyCertSign, pathLen, extKeyUsage, critical extensions, name
 * constraints. The signature is early, so that later faults are those of the real issuer. Policies are checked when a path is
 * complete; revocation, which may ask a database, when all else holds.
 */
export class Search {
  readonly #context: SearchContext
  readonly #signatures: SignatureChecker
  readonly #names: NameConstraintChecker
  #best: Finding | undefined

  constructor(context: SearchContext) {
    this.#context = context
    this.#signatures = new SignatureChecker(context.budget)
    this.#names = new NameConstraintChecker(context.budget)
  }

  /** The most useful finding on all paths so far (rank.ts); among equals, the one nearest to an anchor. */
  get best(): Finding | undefined {
    return this.#best
  }

  /** A valid path; undefined where there is none. Rejects with LimitReached, and where the look-up of revocation rejects. */
  run(leaf: Entry): Promise<ValidPath | undefined> {
    return this.#extend([leaf], leaf)
  }

  /** A leaf that is an anchor, as a path of one. It must pass the checks of anchors, although it issues nothing. */
  async asAnchor(anchor: Entry): Promise<ValidPath | undefined> {
    const finding = this.#firstFault(anchor, [])
    if (finding !== undefined) return this.#refuse(finding)
    return this.#unrevoked([anchor])
  }

  async #extend(path: readonly Entry[], top: Entry): Promise<ValidPath | undefined> {
    const { trust, presented } = this.#context
    const anchors = this.#issuersOf(top, path, trust.anchorsNamed(top.issuerKey))
    for (const anchor of anchors) {
      const found = await this.#end(path, top, anchor)
      if (found !== undefined) return found
    }
    const named = [...(presented.bySubject.get(top.issuerKey) ?? []), ...trust.intermediatesNamed(top.issuerKey)]
    const issuers = this.#issuersOf(top, path, named)
    if (anchors.length + issuers.length === 0) this.#noteMissingIssuer(path, top)
    if (issuers.length > 0 && this.#depthReached(path, top)) return undefined
    for (const issuer of issuers) {
      if (!(await this.#mayIssue(path, top, issuer))) continue
      const found = await this.#extend([...path, issuer], issuer)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** The candidates that are not on the path yet: the same name and key never occur twice (RFC 4158 5.2). */
  #issuersOf(top: Entry, path: readonly Entry[], named: readonly Entry[]): readonly Entry[] {
    const fresh = named.filter((candidate) => !path.some((below) => sameCa(below, candidate)))
    return inOrder(fresh, top, this.#context.at)
  }

  /** The path completed by an anchor; undefined where the anchor does not complete it. */
  async #end(path: readonly Entry[], top: Entry, anchor: Entry): Promise<ValidPath | undefined> {
    if (!(await this.#mayIssue(path, top, anchor))) return undefined
    const { maxPathLength, trace } = this.#context
    const height = path.length
    // RFC 5280 6.1.2 (k) starts from the length of the path; X.509 lets the relying party start lower.
    if (maxPathLength !== undefined && !(pathLength(path) <= maxPathLength)) {
      const fault = { reason: 'limit_reached', limit: 'pathLength', value: maxPathLength } as const
      return this.#refuse({ fault, at: anchor, height }, 'limits')
    }
    const policies = checkPolicies(path, anchor)
    if (policies !== undefined) {
      return this.#refuse({ ...policies, height: path.indexOf(policies.at) }, 'certificatePolicies')
    }
    trace.note('certificatePolicies', anchor, height, undefined)
    return this.#unrevoked([...path, anchor])
  }

  /**
   * Checks revocation (RFC 5280 6.1.3 (a) (3)) on a path that is valid otherwise, from the anchor down. Where it refuses the path,
   * the search goes on.
   */
  async #unrevoked(path: readonly Entry[]): Promise<ValidPath | undefined> {
    const { revocation, trace } = this.#context
    const { removed, faults, statuses } = await revocation.examine(path)
    const top = path.at(-2)
    // The CRLs and blocks of a record are deleted with it, so its certificates must not be anchors any more.
    if (removed && top === undefined) return this.#refuse({ fault: { reason: 'no_anchors' }, at: undefined, height: 0 })
    if (removed && top !== undefined) return this.#noteMissingIssuer(path.slice(0, -1), top)
    for (const [height, fault] of faults) {
      const at = path[height]
      if (at !== undefined) trace.note('revocation', at, height, fault)
      if (fault !== undefined) this.#refuse({ fault, at, height })
    }
    return faults.every(([, fault]) => fault === undefined) ? { path, revocation: statuses } : undefined
  }

  /** Whether a candidate, anchor or not, may be the issuer of the path's top. */
  async #mayIssue(path: readonly Entry[], top: Entry, issuer: Entry): Promise<boolean> {
    const finding = await this.#issuerFinding(path, top, issuer)
    if (finding !== undefined) this.#refuse(finding)
    return finding === undefined
  }

  async #issuerFinding(path: readonly Entry[], top: Entry, issuer: Entry): Promise<Finding | undefined> {
    const { budget, trace } = this.#context
    budget.spend('candidates')
    const height = path.length
    const key = trace.note('publicKey', issuer, height, checkKey(issuer))
    if (key !== undefined) return { fault: key, at: issuer, height }
    const signature = await this.#signatures.check(top, issuer)
    trace.note('signature', top, height - 1, signature)
    if (signature === undefined) return this.#firstFault(issuer, path)
    // A key that cannot be imported is a fault of the issuer. Every other fault is one of the certificate that it signed.
    const isIssuers = signature.reason === 'key_unusable'
    return { fault: signature, at: isIssuers ? issuer : top, height: isIssuers ? height : height - 1 }
  }

  *#issuerChecks(
    issuer: Entry,
    path: readonly Entry[],
  ): Generator<readonly [CheckName, PathFault | undefined, (Entry | undefined)?]> {
    const { at, purpose } = this.#context
    yield ['issuerName', checkIssuerName(issuer)]
    yield ['validity', checkValidity(issuer, at)]
    yield ['basicConstraints', checkCa(issuer)]
    yield ['keyCertSign', checkKeyCertSign(issuer)]
    yield ['pathLenConstraint', checkPathLen(issuer, path)]
    yield ['extKeyUsage', checkCaExtKeyUsage(issuer, purpose)]
    yield ['criticalExtensions', checkCriticalExtensions(issuer)]
    const names = this.#names.check(issuer, path)
    yield ['nameConstraints', names?.fault, names?.at]
  }

  /** The first check that an issuer fails. @param path below it */
  #firstFault(issuer: Entry, path: readonly Entry[]): Finding | undefined {
    for (const [check, fault, at = issuer] of this.#issuerChecks(issuer, path)) {
      const height = at === issuer ? path.length : path.indexOf(at)
      this.#context.trace.note(check, at, height, fault)
      if (fault !== undefined) return { fault, at, height }
    }
    return undefined
  }

  #depthReached(path: readonly Entry[], top: Entry): boolean {
    const { depth } = this.#context.budget.limits
    const height = path.length - 1
    if (height < depth) return false
    this.#refuse({ fault: { reason: 'limit_reached', limit: 'depth', value: depth }, at: top, height }, 'limits')
    return true
  }

  #noteMissingIssuer(path: readonly Entry[], top: Entry): undefined {
    const { trust, presented } = this.#context
    const { issuerKey } = top
    const isThere = presented.bySubject.has(issuerKey) || trust.anchorsNamed(issuerKey).length > 0
    const because = isThere || trust.intermediatesNamed(issuerKey).length > 0 ? 'loop' : 'absent'
    const fault: PathFault = top.selfIssued
      ? { reason: 'self_signed', subject: displayName(top.certificate.subject) }
      : { reason: 'no_issuer', issuer: displayName(top.certificate.issuer), because }
    return this.#refuse({ fault, at: top, height: path.length - 1 }, 'issuer')
  }

  /** Keeps a finding if it is more useful than the best so far. */
  #refuse(finding: Finding, check?: CheckName): undefined {
    if (check !== undefined && finding.at !== undefined) {
      this.#context.trace.note(check, finding.at, finding.height, finding.fault)
    }
    if (this.#best === undefined || isMoreUseful(finding, this.#best)) this.#best = finding
  }
}

function isMoreUseful(a: Finding, b: Finding): boolean {
  const difference = rank(a.fault.reason) - rank(b.fault.reason)
  return difference > 0 || (difference === 0 && a.height > b.height)
}
