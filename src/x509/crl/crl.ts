import type { AlgorithmIdentifier } from '../algorithm.ts'
import type { Name } from '../name.ts'

/** Which certificates of its issuer a CRL speaks of: onlyContainsUserCerts, onlyContainsCACerts (RFC 5280 5.2.5). */
export type CrlCoverage = 'all' | 'user' | 'ca'

/** A CRL as RFC 5280 5.1 lays it out, version 2, complete and direct. All octets are views of `der`. */
export interface Crl {
  readonly der: Uint8Array
  /** The octets the signature is over. */
  readonly tbs: Uint8Array
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
  readonly issuer: Name
  /** Unix seconds, UTC. */
  readonly thisUpdate: number
  /** Unix seconds, UTC; always after thisUpdate. */
  readonly nextUpdate: number
  /** cRLNumber, lower-case hexadecimal without leading zeros; `0` for zero. */
  readonly number: string
  readonly covers: CrlCoverage
  /** keyIdentifier of authorityKeyIdentifier, hexadecimal; undefined where there is none. */
  readonly authorityKeyIdentifier: string | undefined
  /** How many certificates it lists. */
  readonly entries: number
  /** The entries one after the other, read already and found well formed: crlEntries() takes them apart. */
  readonly entriesDer: Uint8Array
}

/** One revoked certificate (RFC 5280 5.1.2.6). */
export interface CrlEntry {
  /** Content octets of userCertificate, lower-case hexadecimal, as toHex(certificate.serialNumber) has them. */
  readonly serial: string
  /** revocationDate, Unix seconds, UTC. */
  readonly revokedAt: number
  /** CRLReason (5.3.1); 0, unspecified, where there is none. */
  readonly reason: number
}
