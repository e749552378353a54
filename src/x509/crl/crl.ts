import type { Hex, UnixSeconds } from '../../core/units.ts'
import type { AlgorithmIdentifier } from '../certificate/algorithm.ts'
import type { CrlCoverage } from '../certificate/distribution-points.ts'
import type { Name } from '../certificate/name.ts'
import type { CrlOddity } from './oddities.ts'

/** A complete and direct CRL (RFC 5280 5.1). All octets are views of `der`. */
export interface Crl {
  readonly der: Uint8Array
  /** The octets that are signed. */
  readonly tbs: Uint8Array
  readonly version: 1 | 2
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
  readonly issuer: Name
  /** Unix seconds, UTC. */
  readonly thisUpdate: UnixSeconds
  /** Unix seconds, UTC; always after thisUpdate. */
  readonly nextUpdate: UnixSeconds
  /** cRLNumber, lower-case hexadecimal without leading zeros, `0` for zero; undefined where there is none, or it is too long. */
  readonly number: string | undefined
  readonly covers: CrlCoverage
  /**
   * The names of issuingDistributionPoint's distributionPoint, as comparison keys (distribution-points.ts), sorted, without
   * duplicates: the CRL is the one of several parts that is published there. Undefined where it has none.
   */
  readonly part: readonly string[] | undefined
  /** keyIdentifier of authorityKeyIdentifier, hexadecimal; undefined where none can be read. */
  readonly authorityKeyIdentifier: string | undefined
  /** How many entries it has. */
  readonly entries: number
  /** The entries, concatenated. They are well formed; crlEntries() reads them. */
  readonly entriesDer: Uint8Array
  /** What the issuer wrote against RFC 5280 and which decides nothing. */
  readonly oddities: readonly CrlOddity[]
}

/** One revoked certificate (RFC 5280 5.1.2.6). */
export interface CrlEntry {
  /** Content octets of userCertificate in the form of toHex(certificate.serialNumber). */
  readonly serial: Hex
  /** revocationDate, Unix seconds, UTC. */
  readonly revokedAt: UnixSeconds
  /** CRLReason (5.3.1); 0, unspecified, where the entry has none. */
  readonly reason: number
}
