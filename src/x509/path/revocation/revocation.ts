import type { CertificateId, Hex, Seconds, UnixSeconds } from '../../../core/units.ts'
import type { Certificate } from '../../certificate/certificate.ts'
import type { CrlCoverage } from '../../certificate/distribution-points.ts'

/** What a decision needs of a CRL's entry (RFC 5280 5.1.2.6, 5.3.1). */
export interface Revocation {
  /** revocationDate, Unix seconds, UTC. */
  readonly revokedAt: UnixSeconds
  /** CRLReason; 0, unspecified, where the entry gives none. */
  readonly reason: number
}

/** A CRL whose form, issuer and signature were checked before it was stored (checkCrl; RFC 5280 6.3.3 (b) to (g)). */
export interface CheckedCrl {
  /** Id of the record it was uploaded to. */
  readonly certificateId: CertificateId
  /**
   * The CA that signed it, then the CAs up to the anchor that proves it, included. The signature of each except the last was
   * verified with the key of the next.
   */
  readonly caPath: readonly [Certificate, ...Certificate[]]
  /** cRLNumber, hexadecimal without leading zeros; undefined where the CRL has none. */
  readonly number: string | undefined
  /** Unix seconds, UTC. */
  readonly thisUpdate: UnixSeconds
  /** Unix seconds, UTC. */
  readonly nextUpdate: UnixSeconds
  readonly covers: CrlCoverage
  /** The names of issuingDistributionPoint (distributionPointNames); undefined where it has none. */
  readonly part: readonly string[] | undefined
  /** Whether a certificate that it does not list is refused (`hard`) when it is past its nextUpdate. */
  readonly whenStale: 'soft' | 'hard'
  /** Its entries for the serial numbers of the path, by toHex(certificate.serialNumber). */
  readonly revoked: ReadonlyMap<string, Revocation>
}

/** A serial number that the owner of a record blocks, whatever a CRL says. */
export interface BlockedSerial {
  readonly certificateId: CertificateId
  /** In the form of toHex(certificate.serialNumber). */
  readonly serial: Hex
  /** Unix seconds, UTC. */
  readonly blockedAt: UnixSeconds
}

/** What is known about the revocation of one path's certificates. Plain data. */
export interface RevocationData {
  /** The CRLs whose CA has the name of an issuer on the path. */
  readonly crls: readonly CheckedCrl[]
  readonly blocked: readonly BlockedSerial[]
  /** The CAs of records with blocked serials, by the record's id. A block counts on paths with such a CA. */
  readonly cas: ReadonlyMap<string, readonly Certificate[]>
  /** Ids of records that are deleted. Their CRLs and blocks are gone, so their anchors must not be trusted. */
  readonly removed: ReadonlySet<string>
}

/** Nothing is revoked. */
export const NOTHING_REVOKED: RevocationData = { crls: [], blocked: [], cas: new Map(), removed: new Set() }

/**
 * Looks up the revocation of a path's certificates, the anchor last. Each signature on the path was verified, so a stranger cannot
 * cause a look-up. Rejects where it cannot be known; then no client is let in.
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
  /** The time of the check minus thisUpdate. */
  readonly ageSeconds: Seconds
}

/** The revocation of one certificate on an accepted path. */
export interface RevocationStatus {
  /** Its height above the leaf, which has 0. */
  readonly height: number
  /** For people (displayName). */
  readonly subject: string
  /** `stale`: the CRL that does not list it is past its nextUpdate. `not_covered`: no CRL here covers it. */
  readonly status: 'good' | 'stale' | 'not_covered'
  /** The CRL that says so. */
  readonly crl?: CrlRef
}
