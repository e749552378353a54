import { type Bytes, bytes, explicit, int, seq } from './der.ts'
import { type Keys, type SignatureFields, signatureValue } from './keys.ts'

/** Certificates from fields that are already DER, so that a faulty certificate is made the same way as a sound one. */

/** The fields of a Certificate (RFC 5280 4.1), each as DER. */
export interface CertificateFields extends SignatureFields {
  /** Null: left out, as in version 1. Default: version 3. */
  readonly version?: Bytes | null
  readonly serial: Bytes
  /** AlgorithmIdentifier of the signature. */
  readonly algorithm: Bytes
  /** The outer signatureAlgorithm, if it differs from `algorithm`. */
  readonly outerAlgorithm?: Bytes
  readonly issuer: Bytes
  readonly notBefore: Bytes
  readonly notAfter: Bytes
  readonly subject: Bytes
  readonly spki: Bytes
  /** Null: no extensions field at all. */
  readonly extensions: readonly Bytes[] | null
  /** DER between the key and the extensions. */
  readonly uniqueIds?: Bytes
  /** DER after the last field of the TBSCertificate, and of the Certificate. */
  readonly afterTbs?: Bytes
  readonly after?: Bytes
}

export function tbsCertificate(fields: CertificateFields): Bytes {
  const { version = explicit(0, int(2)), serial, algorithm, issuer, notBefore, notAfter, subject, spki } = fields
  const { extensions, uniqueIds = bytes(), afterTbs = bytes() } = fields
  const head = [version ?? bytes(), serial, algorithm, issuer, seq(notBefore, notAfter), subject, spki]
  return seq(...head, uniqueIds, extensions === null ? bytes() : explicit(3, seq(...extensions)), afterTbs)
}

/** The DER of a certificate. @param signature a BIT STRING */
export function certificateWith(fields: CertificateFields, signature: Bytes): Bytes {
  const { algorithm, outerAlgorithm = algorithm, after = bytes() } = fields
  return seq(tbsCertificate(fields), outerAlgorithm, signature, after)
}

/** The DER of a certificate that these keys sign. */
export async function signedCertificate(fields: CertificateFields, keys: Keys): Promise<Bytes> {
  return certificateWith(fields, await signatureValue(tbsCertificate(fields), keys, fields))
}
