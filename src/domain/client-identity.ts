import type { CertificateRef } from '../x509/path/verdict.ts'
import type { PresentedChain, Trust } from './trust.ts'

/** What the origin is told of a client that was let in, where its hostname has `client_certificate_forwarding` on. */
export interface ClientIdentity {
  /** DER of the client's certificate, base64. */
  readonly certificateBase64: string
  /** SHA-256 of that DER, lower-case hexadecimal. */
  readonly sha256: string
  /**
   * The intermediates of the path that was validated, from the client's issuer up, base64; without the anchor. Not what
   * was presented: that may hold anything.
   */
  readonly chainBase64: readonly string[]
}

/** @param path as it was accepted: its positions count presented certificates, then the bundles' own, from 1 */
export function clientIdentity(
  sha256: string,
  path: readonly CertificateRef[],
  presented: PresentedChain,
  trust: Trust,
): ClientIdentity {
  const intermediates = [...presented.chain, ...trust.intermediates.map(({ der }) => der)]
  const chain = path.flatMap(({ position }) =>
    position === undefined ? [] : intermediates.slice(position - 1, position),
  )
  return { certificateBase64: base64(presented.leaf), sha256, chainBase64: chain.map(base64) }
}

function base64(octets: Uint8Array): string {
  return btoa(Array.from(octets, (octet) => String.fromCharCode(octet)).join(''))
}
