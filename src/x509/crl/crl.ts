import type { Hex, UnixSeconds } from '../../core/units.ts'
import type { AlgorithmIdentifier } from '../certificate/algorithm.ts'
import type { CrlCoverage } from '../certificate/distribution-points.ts'
import type { Name } from '../certificate/name.ts'
import type { CrlOddity } from './oddities.ts'

/** A CRL as RFC 5280 5.1 lays it out, complete and direct. All octets are views of `der`. */
export interface Crl {
  readonly der: Uint8Array
  /** The octets the signature is over. */
  readonly tbs: Uint8Array
  readonly version: 1 | 2
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
  readonly issuer: Name
  /** Unix seconds, UTC. */
  readonly thisUpdate: UnixSeconds
  /** Unix seconds, UTC; always after thisUpdate. */
  readonly nextUpdate: UnixSeconds
  /** cRLNumber, lower-case hexadecimal without leading zeros, `0` for zero; undefined where none can order it. */
  readonly number: string | undefined
  readonly covers: CrlCoverage
  /**
   * The names of issuingDistributionPoint's distributionPoint, as comparison keys (distribution-points.ts), sorted, none
   * twice: the CRL is the one of several that is published there. Undefined where there is none.
   */
  readonly part: readonly string[] | undefined
  /** keyIdentifier of authorityKeyIdentifier, hexadecimal; undefined where none can be read. */
  readonly authorityKeyIdentifier: string | undefined
  /** How many entries it has. */
  readonly entries: number
  /** The entries one after the other, read already and found well formed: crlEntries() takes them apart. */
  readonly entriesDer: Uint8Array
  /** What RFC 5280 forbids its issuer to write, and decides nothing. */
  readonly oddities: readonly CrlOddity[]
}

/** One revoked certificate (RFC 5280 5.1.2.6). */
export interface CrlEntry {
  /** Content octets of userCertificate, lower-case hexadecimal, as toHex(certificate.serialNumber) has them. */
  readonly serial: Hex
  /** revocationDate, Unix seconds, UTC. */
  readonly revokedAt: UnixSeconds
  /** CRLReason (5.3.1); 0, unspecified, where there is none. */
  readonly reason: number
}
