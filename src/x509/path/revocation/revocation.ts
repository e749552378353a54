import type { CertificateId, Hex, Seconds, UnixSeconds } from '../../../core/units.ts'
import type { Certificate } from '../../certificate/certificate.ts'
import type { CrlCoverage } from '../../certificate/distribution-points.ts'

/** An entry of a CRL, as far as a decision needs it (RFC 5280 5.1.2.6, 5.3.1). */
export interface Revocation {
  /** revocationDate, Unix seconds, UTC. */
  readonly revokedAt: UnixSeconds
  /** CRLReason; 0, unspecified, where the entry gives none. */
  readonly reason: number
}

/** A CRL that was checked when it was stored: form, issuer and signature (checkCrl; RFC 5280 6.3.3 (b) to (g)). */
export interface CheckedCrl {
  /** Id of the record it was uploaded to. */
  readonly certificateId: CertificateId
  /**
   * The CA that signed it, then the CAs that lead from it to the anchor by which it was proven, that anchor included. The
   * signature of each but the last was verified with the key of the next.
   */
  readonly caPath: readonly [Certificate, ...Certificate[]]
  /** cRLNumber, hexadecimal without leading zeros; undefined where the CRL has none. */
  readonly number: string | undefined
  /** Unix seconds, UTC. */
  readonly thisUpdate: UnixSeconds
  /** Unix seconds, UTC. */
  readonly nextUpdate: UnixSeconds
  readonly covers: CrlCoverage
  /** The names of issuingDistributionPoint, as distributionPointNames has them; undefined: it is no part of several. */
  readonly part: readonly string[] | undefined
  /** What becomes of a certificate that a CRL past its nextUpdate does not list. */
  readonly whenStale: 'soft' | 'hard'
  /** Those of its entries that were asked for, by serial number: toHex(certificate.serialNumber). */
  readonly revoked: ReadonlyMap<string, Revocation>
}

/** A serial number that the owner of a record blocks, whatever a CRL says. */
export interface BlockedSerial {
  readonly certificateId: CertificateId
  /** As CheckedCrl.revoked has it. */
  readonly serial: Hex
  /** Unix seconds, UTC. */
  readonly blockedAt: UnixSeconds
}

/** What is known of the certificates of one path. Plain data. */
export interface RevocationData {
  /** Those whose CA has the name of an issuer on the path. */
  readonly crls: readonly CheckedCrl[]
  readonly blocked: readonly BlockedSerial[]
  /** The CAs of records with blocked serials, by the record's id: a block counts on paths that such a CA is on. */
  readonly cas: ReadonlyMap<string, readonly Certificate[]>
  /** Ids of anchors that are not registered any more: what their owner revoked went with them, and so does their trust. */
  readonly removed: ReadonlySet<string>
}

/** Nobody revoked anything. */
export const NOTHING_REVOKED: RevocationData = { crls: [], blocked: [], cas: new Map(), removed: new Set() }

/**
 * Looks up what is known of the certificates of a path. It is asked only about paths on which each signature was
 * verified, the anchor last: a stranger cannot cause a look-up. Rejects when it cannot be known: nobody is let in then.
 */
export type RevocationLookup = (path: readonly Certificate[]) => Promise<RevocationData>

/** A CRL as verdicts name it. */
export interface CrlRef {
  readonly certificateId: CertificateId
  /** For people (displayName). */
  readonly issuer: string
  /** cRLNumber, hexadecimal; absent where the CRL has none. */
  readonly number?: string
  /** Unix seconds, UTC. */
  readonly thisUpdate: UnixSeconds
  /** Unix seconds, UTC. */
  readonly nextUpdate: UnixSeconds
  /** Time of the check less thisUpdate, in seconds. */
  readonly ageSeconds: Seconds
}

/** What is known of the revocation of one certificate on an accepted path. */
export interface RevocationStatus {
  /** Certificates between this one and the leaf, the leaf being 0. */
  readonly height: number
  /** For people (displayName). */
  readonly subject: string
  /** `stale`: not listed, but by a CRL past its nextUpdate; `not_covered`: no CRL that is held covers it. */
  readonly status: 'good' | 'stale' | 'not_covered'
  /** The CRL that says so. */
  readonly crl?: CrlRef
}
