import type { Hex } from '../core/units.ts'
import type { ValidPath } from '../x509/index.ts'

/** What the origin is told of a client that is let in, where the hostname has `client_certificate_forwarding` on. */
export interface ClientIdentity {
  /** DER of the client's certificate, base64. */
  readonly certificateBase64: string
  /** SHA-256 of that DER, lower-case hexadecimal. */
  readonly sha256: Hex
  /**
   * The intermediates of the validated path, from the client's issuer up, without the anchor, base64. It is not the presented
   * chain, which may hold anything.
   */
  readonly chainBase64: readonly string[]
}

/** @param sha256 of the leaf, lower-case hexadecimal */
export function identityOf({ path }: ValidPath, sha256: Hex): ClientIdentity {
  const [leaf, ...above] = path.map(({ certificate }) => certificate.der.toBase64())
  return { certificateBase64: leaf ?? '', sha256, chainBase64: above.slice(0, -1) }
}
