import type { Certificate } from '../certificate.ts'
import type { CrlCoverage } from '../crl/crl.ts'

/** An entry of a CRL, as far as a decision needs it (RFC 5280 5.1.2.6, 5.3.1). */
export interface Revocation {
  /** revocationDate, Unix seconds, UTC. */
  readonly revokedAt: number
  /** CRLReason; 0, unspecified, where the entry gives none. */
  readonly reason: number
}

/** A CRL that was checked when it was stored: form, issuer and signature (checkCrl; RFC 5280 6.3.3 (b) to (g)). */
export interface CheckedCrl {
  /** Id of the record it was uploaded for. */
  readonly certificateId: string
  /** The CA that signed it. */
  readonly ca: Certificate
  /** cRLNumber, hexadecimal without leading zeros. */
  readonly number: string
  /** Unix seconds, UTC. */
  readonly thisUpdate: number
  /** Unix seconds, UTC. */
  readonly nextUpdate: number
  readonly covers: CrlCoverage
  /** What becomes of a certificate that a CRL past its nextUpdate does not list. */
  readonly whenStale: 'soft' | 'hard'
  /** Those of its entries that were asked for, by serial number: toHex(certificate.serialNumber). */
  readonly revoked: ReadonlyMap<string, Revocation>
}

/** A serial number that the owner of a record blocks, whatever a CRL says. */
export interface BlockedSerial {
  readonly certificateId: string
  /** As CheckedCrl.revoked has it. */
  readonly serial: string
  /** Unix seconds, UTC. */
  readonly blockedAt: number
}

/** What is known of the serial numbers that can be on any path of one decision. Plain data, looked up beforehand. */
export interface RevocationData {
  readonly crls: readonly CheckedCrl[]
  readonly blocked: readonly BlockedSerial[]
  /** The CAs of records with blocked serials, by the record's id: a block counts on paths that such a CA is on. */
  readonly cas: ReadonlyMap<string, readonly Certificate[]>
}

/** A CRL as verdicts name it. */
export interface CrlRef {
  readonly certificateId: string
  /** For people (displayName). */
  readonly issuer: string
  /** cRLNumber, hexadecimal. */
  readonly number: string
  /** Unix seconds, UTC. */
  readonly thisUpdate: number
  /** Unix seconds, UTC. */
  readonly nextUpdate: number
  /** Time of the check less thisUpdate, in seconds. */
  readonly ageSeconds: number
}

/** What is known of the revocation of one certificate on an accepted path. */
export interface RevocationStatus {
  /** Certificates between this one and the leaf, the leaf being 0. */
  readonly height: number
  /** For people (displayName). */
  readonly subject: string
  /** `stale`: not listed, but by a CRL past its nextUpdate; `not_covered`: no CRL of its issuer speaks of it. */
  readonly status: 'good' | 'stale' | 'not_covered'
  /** The CRL that says so. */
  readonly crl?: CrlRef
}
