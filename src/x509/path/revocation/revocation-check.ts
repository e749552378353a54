import { toHex } from '../../../core/bytes.ts'
import type { UnixSeconds } from '../../../core/units.ts'
import { displayName } from '../../certificate/name.ts'
import { type CaIdentity, caIdentity, type Entry, sameCa } from '../entry.ts'
import type { RevocationFault } from '../reasons/fault.ts'
import type { CheckedCrl, CrlRef, RevocationData, RevocationLookup, RevocationStatus } from './revocation.ts'
import { covering } from './revocation-scope.ts'

/** CRLReason (RFC 5280 5.3.1). */
const REASON_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'unspecified'],
  [1, 'keyCompromise'],
  [2, 'cACompromise'],
  [3, 'affiliationChanged'],
  [4, 'superseded'],
  [5, 'cessationOfOperation'],
  [6, 'certificateHold'],
  [9, 'privilegeWithdrawn'],
  [10, 'aACompromise'],
])

/** The revocation of one certificate: the fault that refuses it, or its status. */
type Outcome = { readonly fault: RevocationFault } | Pick<RevocationStatus, 'status' | 'crl'>

/** A CRL with the CAs of its caPath. */
interface KeyedCrl {
  readonly crl: CheckedCrl
  readonly caPath: readonly CaIdentity[]
}

/** The revocation of the certificates of a path. */
export interface PathRevocation {
  /** Whether the anchor of the path is not registered any more. */
  readonly removed: boolean
  /** The fault of each certificate except the anchor, from the top down; undefined where it has none. A block may follow. */
  readonly faults: readonly (readonly [height: number, fault: RevocationFault | undefined])[]
  /** One for each certificate without a fault, except the anchor, from the leaf up. */
  readonly statuses: readonly RevocationStatus[]
}

/**
 * Checks the revocation of a path's certificates in one decision (RFC 5280 6.1.3 (a) (3), 6.3.3; docs/conformance.md has the
 * steps). The path is complete, from the leaf to the anchor, and valid otherwise.
 */
export class RevocationChecker {
  readonly #lookUp: RevocationLookup
  readonly #at: UnixSeconds

  /** @param at Unix seconds, UTC */
  constructor(lookUp: RevocationLookup, at: UnixSeconds) {
    this.#lookUp = lookUp
    this.#at = at
  }

  /** Checks all certificates, so that a revoked leaf is called revoked even where the CRL above it is stale. */
  async examine(path: readonly Entry[]): Promise<PathRevocation> {
    const data = await this.#lookUp(path.map(({ certificate }) => certificate))
    const origin = path.at(-1)?.origin
    const anchor = origin?.role === 'anchor' ? origin : undefined
    const faults: (readonly [number, RevocationFault | undefined])[] = []
    const statuses: RevocationStatus[] = []
    const outcomes = await this.#outcomes(path, data, anchor?.mustBeCovered ?? false)
    for (const [height, outcome] of outcomes.entries()) {
      const fault = 'fault' in outcome ? outcome.fault : undefined
      faults.unshift([height, fault])
      if ('fault' in outcome) continue
      statuses.push({ height, subject: displayName(path[height]?.certificate.subject ?? NO_NAME), ...outcome })
    }
    const blocked = blockOf(path, data)
    if (blocked !== undefined) faults.push([0, blocked])
    return { removed: anchor?.ids.every((id) => data.removed.has(id)) ?? false, faults, statuses }
  }

  /** The outcome for each certificate except the last, in order. */
  async #outcomes(
    path: readonly CaIdentity[],
    data: RevocationData,
    mustBeCovered: boolean,
  ): Promise<readonly Outcome[]> {
    const anchor = path.at(-1)
    const keyed = data.crls.map(keyedCrl).sort((a, b) => b.crl.thisUpdate - a.crl.thisUpdate)
    const outcomes: Outcome[] = []
    for (const [height, subject] of path.slice(0, -1).entries()) {
      const issuer = path[height + 1] ?? subject
      const crls: CheckedCrl[] = []
      for (const given of keyed) {
        if (anchor && (await this.#counts(given, issuer, anchor, mustBeCovered))) crls.push(given.crl)
      }
      outcomes.push(this.#outcome(subject, issuer, crls, mustBeCovered))
    }
    return outcomes
  }

  /**
   * Whether a CRL counts for an issuer. RFC 5280 6.3.3 (b) (1) and (f): it has the issuer's name, and is signed with the issuer's
   * key, or with another key that leads to the same anchor and is not revoked.
   */
  async #counts(
    { caPath }: KeyedCrl,
    issuer: CaIdentity,
    anchor: CaIdentity,
    mustBeCovered: boolean,
  ): Promise<boolean> {
    const [signer] = caPath
    if (signer === undefined || signer.subjectKey !== issuer.subjectKey) return false
    if (sameCa(signer, issuer)) return true
    const end = caPath.findIndex((ca) => sameCa(ca, anchor))
    if (end === -1) return false
    const signerPath = caPath.slice(0, end + 1)
    if (signerPath.length === 1) return true
    const data = await this.#lookUp(signerPath.map(({ certificate }) => certificate))
    const keyed = data.crls.map(keyedCrl)
    return signerPath.slice(0, -1).every((subject, height) => {
      const above = signerPath[height + 1] ?? subject
      // Only CRLs of the issuer's own key count here. A CRL of another key would need the same proof, perhaps without end.
      const own = keyed.filter(({ caPath: [by] }) => by !== undefined && sameCa(by, above)).map(({ crl }) => crl)
      return !('fault' in this.#outcome(subject, above, own, mustBeCovered))
    })
  }

  /**
   * The outcome by all CRLs of the issuer, the newest first. A certificate that any of them lists is revoked, whatever that CRL
   * covers and whether or not it is stale: a serial number stands for one certificate of its issuer. Otherwise a current CRL that
   * covers the certificate makes it good. Otherwise the strictest policy of the stale CRLs that cover it applies.
   */
  #outcome(subject: CaIdentity, issuer: CaIdentity, crls: readonly CheckedCrl[], mustBeCovered: boolean): Outcome {
    const serial = toHex(subject.certificate.serialNumber)
    for (const crl of crls) {
      const listed = crl.revoked.get(serial)
      if (listed === undefined) continue
      const crlReason = REASON_NAMES.get(listed.reason) ?? `${listed.reason}`
      return { fault: { reason: 'revoked', serial, revokedAt: listed.revokedAt, crlReason, crl: this.#ref(crl) } }
    }
    const covers = covering(crls, subject.certificate)
    const current = covers.find(({ nextUpdate }) => this.#at <= nextUpdate)
    if (current !== undefined) return { status: 'good', crl: this.#ref(current) }
    const strict = covers.find(({ whenStale }) => whenStale === 'hard')
    if (strict !== undefined) return { fault: { reason: 'crl_stale', at: this.#at, crl: this.#ref(strict) } }
    const [stale] = covers
    if (stale !== undefined) return { status: 'stale', crl: this.#ref(stale) }
    if (!mustBeCovered) return { status: 'not_covered' }
    return { fault: { reason: 'not_covered', issuer: displayName(issuer.certificate.subject), crls: crls.length } }
  }

  #ref({ certificateId, caPath: [ca], number, thisUpdate, nextUpdate }: CheckedCrl): CrlRef {
    const issuer = displayName(ca.subject)
    const ageSeconds = this.#at - thisUpdate
    return { certificateId, issuer, ...(number !== undefined && { number }), thisUpdate, nextUpdate, ageSeconds }
  }
}

const NO_NAME = { der: new Uint8Array(), rdns: [] }

function keyedCrl(crl: CheckedCrl): KeyedCrl {
  return { crl, caPath: crl.caPath.map(caIdentity) }
}

/** The fault of a leaf whose serial number is blocked for a record with a CA on the path. */
function blockOf(path: readonly Entry[], { blocked, cas }: RevocationData): RevocationFault | undefined {
  const [leaf] = path
  if (leaf === undefined) return undefined
  const serial = toHex(leaf.certificate.serialNumber)
  // A leaf that is itself the anchor is the path's only CA.
  const above = path.length === 1 ? path : path.slice(1)
  const block = blocked.find(
    (given) =>
      given.serial === serial &&
      (cas.get(given.certificateId) ?? []).map(caIdentity).some((ca) => above.some((one) => sameCa(one, ca))),
  )
  return block && { reason: 'blocked', serial, blockedAt: block.blockedAt, certificateId: block.certificateId }
}
