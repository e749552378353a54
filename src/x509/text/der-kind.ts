import { toHex } from '../../core/bytes.ts'
import { TAG } from '../asn1/der.ts'

/** The kind of octets that were sent where a certificate or a CRL was expected. */
export type DerKind =
  | 'certificate'
  | 'trusted_certificate'
  | 'certificate_request'
  | 'crl'
  | 'pkcs7'
  | 'pkcs12'
  | 'private_key'
  | 'encrypted_private_key'
  | 'public_key'
  | 'pem'
  | 'java_keystore'
  | 'ocsp_response'

/** Content octets of 1.2.840.113549.1.7, PKCS #7 (RFC 2315 14). The type of each content is one arc below. */
const PKCS7 = '2a864886f70d0107'
/** `-----BEGIN`: the octets are PEM. */
const ARMOUR = '2d2d2d2d2d424547494e'
/** The first octets of a Java keystore. */
const JAVA_KEYSTORE = 'feedfeed'

/** A tag-length-value as indexes of its content. `end` may be beyond the octets. */
interface Value {
  readonly tag: number
  readonly start: number
  readonly end: number
}

/**
 * The kind of some octets, by their outermost values, for messages to people; undefined where the kind is unknown. The octets may
 * be BER, or cut short. What this calls a certificate may still be malformed: only readCertificate decides.
 */
export function kindOfDer(octets: Uint8Array): DerKind | undefined {
  const hex = hexOf(octets, 0, 10)
  if (hex.startsWith(JAVA_KEYSTORE)) return 'java_keystore'
  if (hex === ARMOUR) return 'pem'
  const outer = valueAt(octets, 0)
  if (outer?.tag !== TAG.sequence) return undefined
  const members = membersOf(octets, outer)
  const kind = members[0]?.tag === TAG.sequence ? kindOfSigned(octets, members) : kindOfContainer(octets, members)
  return kind === 'certificate' && hasTrustSettings(octets, outer) ? 'trusted_certificate' : kind
}

/** The kind of a value that begins with a version or with the type of its content. */
function kindOfContainer(octets: Uint8Array, members: readonly Value[]): DerKind | undefined {
  const [first, second, third] = members
  // OCSPResponse (RFC 6960 4.2.1)
  if (first?.tag === TAG.enumerated) return 'ocsp_response'
  if (first === undefined || second === undefined) return undefined
  if (first.tag === TAG.objectIdentifier) return isPkcs7(octets, first) ? 'pkcs7' : undefined
  if (first.tag !== TAG.integer) return undefined
  const version = hexOf(octets, first.start, Math.min(first.end, first.start + 2))
  // PFX ::= SEQUENCE { version 3, authSafe ContentInfo, … } (RFC 7292 4)
  if (version === '03' && isPkcs7(octets, membersOf(octets, second)[0])) return 'pkcs12'
  // RSAPublicKey ::= SEQUENCE { modulus, publicExponent } (RFC 8017 A.1.1)
  if (second.tag === TAG.integer && third === undefined && second.end === octets.length) return 'public_key'
  return (version === '00' || version === '01') && isPrivateKey(second, third) ? 'private_key' : undefined
}

/** Whether these follow the version in PKCS #8 (RFC 5958 2), RSA (RFC 8017 A.1.2), OpenSSL's DSA, or EC (RFC 5915 3). */
function isPrivateKey(second: Value, third: Value | undefined): boolean {
  if (second.tag === TAG.sequence) return third?.tag === TAG.octetString
  if (second.tag === TAG.integer) return third?.tag === TAG.integer
  return second.tag === TAG.octetString
}

/** The kind of a value that begins with a SEQUENCE: it is signed, or has an algorithm and a key. */
function kindOfSigned(octets: Uint8Array, [first, second, third]: readonly Value[]): DerKind | undefined {
  if (first === undefined || second === undefined) return undefined
  const inner = membersOf(octets, first)
  const hasAlgorithm = inner[0]?.tag === TAG.objectIdentifier
  // EncryptedPrivateKeyInfo (RFC 5958 3) and SubjectPublicKeyInfo (RFC 5280 4.1)
  if (hasAlgorithm && second.tag === TAG.octetString) return 'encrypted_private_key'
  if (hasAlgorithm && second.tag === TAG.bitString) return 'public_key'
  if (second.tag !== TAG.sequence || third?.tag !== TAG.bitString) return undefined
  return kindOfToBeSigned(octets, inner)
}

/** Certificate (RFC 5280 4.1), CertificationRequest (RFC 2986 4.2) or CertificateList (RFC 5280 5.1), by the signed part. */
function kindOfToBeSigned(octets: Uint8Array, inner: readonly Value[]): DerKind | undefined {
  const [first, second, third] = inner
  if (first?.tag === CERTIFICATE_VERSION) return 'certificate'
  const withoutVersion = first?.tag === TAG.integer ? inner.slice(1) : inner
  // signature, issuer, thisUpdate
  if (isTime(withoutVersion[2])) return 'crl'
  if (first?.tag !== TAG.integer || second?.tag !== TAG.sequence || third?.tag !== TAG.sequence) return undefined
  // subject, subjectPublicKeyInfo
  if (membersOf(octets, third)[1]?.tag === TAG.bitString) return 'certificate_request'
  // signature, issuer, validity: a certificate of version 1
  return membersOf(octets, second)[0]?.tag === TAG.objectIdentifier ? 'certificate' : undefined
}

/** `[0] EXPLICIT`: version of a TBSCertificate. */
const CERTIFICATE_VERSION = 0xa0

/** Whether OpenSSL's X509_CERT_AUX follows the certificate: one more SEQUENCE, up to the end. */
function hasTrustSettings(octets: Uint8Array, certificate: Value): boolean {
  const settings = valueAt(octets, certificate.end)
  if (settings?.tag !== TAG.sequence || settings.end !== octets.length) return false
  return kindOfDer(octets.subarray(certificate.end)) === undefined
}

function isPkcs7(octets: Uint8Array, value: Value | undefined): boolean {
  if (value?.tag !== TAG.objectIdentifier) return false
  return hexOf(octets, value.start, value.start + PKCS7.length / 2) === PKCS7
}

function isTime(value: Value | undefined): boolean {
  return value?.tag === TAG.utcTime || value?.tag === TAG.generalizedTime
}

/** The first four members of a constructed value. No kind depends on a later one. */
function membersOf(octets: Uint8Array, { start, end }: Value): readonly Value[] {
  const members: Value[] = []
  let at = start
  while (members.length < 4 && at < Math.min(end, octets.length)) {
    const member = valueAt(octets, at)
    if (member === undefined) break
    members.push(member)
    at = member.end
  }
  return members
}

/** The value at an index, in DER or BER. A value of indefinite length ends with the octets. */
function valueAt(octets: Uint8Array, at: number): Value | undefined {
  const [tag, first] = octets.subarray(at, at + 2)
  if (tag === undefined || first === undefined) return undefined
  const start = at + 2
  if (first < 0x80) return { tag, start, end: start + first }
  const lengthOctets = first & 0x7f
  if (lengthOctets === 0) return { tag, start, end: octets.length }
  if (lengthOctets > 4) return undefined
  const length = Number.parseInt(hexOf(octets, start, start + lengthOctets), 16)
  return { tag, start: start + lengthOctets, end: start + lengthOctets + length }
}

function hexOf(octets: Uint8Array, start: number, end: number): string {
  return toHex(octets.subarray(start, end))
}
