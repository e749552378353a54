import type { Hex } from '../core/units.ts'
import type { ValidPath } from '../x509/index.ts'

/** What the origin is told of a client that was let in, where its hostname has `client_certificate_forwarding` on. */
export interface ClientIdentity {
  /** DER of the client's certificate, base64. */
  readonly certificateBase64: string
  /** SHA-256 of that DER, lower-case hexadecimal. */
  readonly sha256: Hex
  /**
   * The intermediates of the path that was validated, from the client's issuer up, base64; without the anchor. Not what
   * was presented: that may hold anything.
   */
  readonly chainBase64: readonly string[]
}

/** @param sha256 of the leaf, lower-case hexadecimal */
export function identityOf({ path }: ValidPath, sha256: Hex): ClientIdentity {
  const [leaf, ...above] = path.map(({ certificate }) => certificate.der.toBase64())
  return { certificateBase64: leaf ?? '', sha256, chainBase64: above.slice(0, -1) }
}
