import { displayName } from '../name.ts'
import { toHex } from '../values.ts'
import { type Entry, octetsKey } from './entry.ts'
import type { RevocationFault } from './fault.ts'
import { nameKey } from './name-key.ts'
import type { CheckedCrl, CrlRef, RevocationData, RevocationStatus } from './revocation.ts'

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

/** What makes a CA: certificates of the same name and key are the same CA, whoever certified it. */
type CaKeys = Pick<Entry, 'subjectKey' | 'publicKeyKey'>

interface KeyedCrl extends CaKeys {
  readonly crl: CheckedCrl
}

/** What is known of one certificate: it is refused, or may pass. */
type Outcome = { readonly fault: RevocationFault } | Pick<RevocationStatus, 'status' | 'crl'>

/**
 * Asks what is known of revocation about the certificates of a path (RFC 5280 6.1.3 (a) (3), 6.3.3; docs/conformance.md
 * says which steps). Made for one decision. A path is given whole, from the leaf to the anchor.
 */
export class RevocationChecker {
  readonly #data: RevocationData
  readonly #at: number
  #keyed: readonly KeyedCrl[] | undefined

  /** @param at Unix seconds, UTC */
  constructor(data: RevocationData, at: number) {
    this.#data = data
    this.#at = at
  }

  /**
   * What CRLs say against each certificate, from the one below the anchor down to the leaf, undefined where that is
   * nothing; then what blocks the leaf, if anything does.
   */
  *faults(path: readonly Entry[]): Generator<readonly [height: number, fault: RevocationFault | undefined]> {
    for (let height = path.length - 2; height >= 0; height -= 1) {
      const outcome = this.#outcome(path, height)
      yield [height, 'fault' in outcome ? outcome.fault : undefined]
    }
    const blocked = this.#blocked(path)
    if (blocked !== undefined) yield [0, blocked]
  }

  /** What is known of each certificate of a path without faults, from the leaf up, the anchor left out. */
  statuses(path: readonly Entry[]): readonly RevocationStatus[] {
    return path.slice(0, -1).flatMap(({ certificate }, height) => {
      const outcome = this.#outcome(path, height)
      return 'fault' in outcome ? [] : [{ height, subject: displayName(certificate.subject), ...outcome }]
    })
  }

  /**
   * By all CRLs of its issuer: there can be more than one, where records share a CA. Listed by any is revoked, whether that
   * one is stale or not; else one that is current says good; else each has its own policy, and the strictest holds.
   */
  #outcome(path: readonly Entry[], height: number): Outcome {
    const [subject, issuer] = [path[height], path[height + 1]]
    if (subject === undefined || issuer === undefined) return { status: 'not_covered' }
    const serial = toHex(subject.certificate.serialNumber)
    const crls = this.#crlsOf(issuer).filter((crl) => covers(crl, subject))
    for (const crl of crls) {
      const listed = crl.revoked.get(serial)
      if (listed === undefined) continue
      const crlReason = REASON_NAMES.get(listed.reason) ?? `${listed.reason}`
      return { fault: { reason: 'revoked', serial, revokedAt: listed.revokedAt, crlReason, crl: this.#ref(crl) } }
    }
    const current = crls.find(({ nextUpdate }) => this.#at <= nextUpdate)
    if (current !== undefined) return { status: 'good', crl: this.#ref(current) }
    const strict = crls.find(({ whenStale }) => whenStale === 'hard')
    if (strict !== undefined) return { fault: { reason: 'crl_stale', at: this.#at, crl: this.#ref(strict) } }
    const [stale] = crls
    return stale === undefined ? { status: 'not_covered' } : { status: 'stale', crl: this.#ref(stale) }
  }

  /** The leaf's serial number, if it is blocked for a record with a CA that is on the path. */
  #blocked(path: readonly Entry[]): RevocationFault | undefined {
    const [leaf] = path
    if (leaf === undefined) return undefined
    const serial = toHex(leaf.certificate.serialNumber)
    // A leaf that is itself the anchor is the path's only CA.
    const cas = path.length === 1 ? path : path.slice(1)
    const block = this.#data.blocked.find(
      (given) =>
        given.serial === serial &&
        (this.#data.cas.get(given.certificateId) ?? []).some(({ subject, publicKey }) => {
          const keys = { subjectKey: nameKey(subject), publicKeyKey: octetsKey(publicKey.der) }
          return cas.some((ca) => sameCa(ca, keys))
        }),
    )
    return block && { reason: 'blocked', serial, blockedAt: block.blockedAt, certificateId: block.certificateId }
  }

  /** The CRLs of a CA, the newest first. */
  #crlsOf(issuer: Entry): readonly CheckedCrl[] {
    this.#keyed ??= this.#data.crls
      .map((crl) => ({ crl, subjectKey: nameKey(crl.ca.subject), publicKeyKey: octetsKey(crl.ca.publicKey.der) }))
      .sort((a, b) => b.crl.thisUpdate - a.crl.thisUpdate)
    return this.#keyed.filter((keyed) => sameCa(keyed, issuer)).map(({ crl }) => crl)
  }

  #ref({ certificateId, ca, number, thisUpdate, nextUpdate }: CheckedCrl): CrlRef {
    const issuer = displayName(ca.subject)
    return { certificateId, issuer, number, thisUpdate, nextUpdate, ageSeconds: this.#at - thisUpdate }
  }
}

function sameCa(a: CaKeys, b: CaKeys): boolean {
  return a.subjectKey === b.subjectKey && a.publicKeyKey === b.publicKeyKey
}

/** RFC 5280 6.3.3 (b) (2) (ii) and (iii): by cA of basicConstraints, not by where it stands. */
function covers(crl: CheckedCrl, { certificate }: Entry): boolean {
  const isCa = certificate.extensions.values.basicConstraints?.cA === true
  return crl.covers === 'all' || (crl.covers === 'ca') === isCa
}
