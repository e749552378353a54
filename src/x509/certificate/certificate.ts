import { fail, ok, type Result } from '../../core/result.ts'
import type { UnixSeconds } from '../../core/units.ts'
import { contextTag, DerReader, TAG, type Tlv } from '../asn1/der.ts'
import { Malformed, TooComplex } from '../asn1/malformed.ts'
import { readTime } from '../asn1/time.ts'
import { bitString, integerOctets, octetAlignedBitString, sameOctets } from '../asn1/values.ts'
import { MAX_CERTIFICATE_BYTES, MAX_SERIAL_BYTES } from '../limits.ts'
import { type AlgorithmIdentifier, readAlgorithm } from './algorithm.ts'
import { type Extensions, NO_EXTENSIONS, readExtensions } from './extensions.ts'
import { type Name, readName } from './name.ts'
import { type PublicKey, readPublicKey } from './public-key.ts'

/** A certificate as RFC 5280 4.1 lays it out. All octets are views of `der`. */
export interface Certificate {
  readonly der: Uint8Array
  /** The octets that are signed. */
  readonly tbs: Uint8Array
  readonly version: 1 | 2 | 3
  /** Content octets of serialNumber, two's complement, as they are compared with CRLs and blocks. */
  readonly serialNumber: Uint8Array
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
  readonly issuer: Name
  readonly subject: Name
  /** Unix seconds, UTC. */
  readonly notBefore: UnixSeconds
  /** Unix seconds, UTC. */
  readonly notAfter: UnixSeconds
  readonly publicKey: PublicKey
  readonly extensions: Extensions
}

/** Why octets are not a certificate. */
export type ReadFault =
  | { readonly reason: 'certificate_too_large'; readonly bytes: number; readonly limitBytes: number }
  | { readonly reason: 'certificate_too_complex'; readonly field: string; readonly problem: string }
  | { readonly reason: 'malformed_certificate'; readonly field: string; readonly problem: string }

/**
 * Reads one certificate, strictly and to its last octet: DER only (X.690 section 10), the fields of RFC 5280 4.1 and the
 * extensions of 4.2. Neither time nor signature is checked. Bounded by limits.ts; never throws for what `der` holds.
 */
export function readCertificate(der: Uint8Array): Result<Certificate, ReadFault> {
  if (der.length > MAX_CERTIFICATE_BYTES) {
    return fail({ reason: 'certificate_too_large', bytes: der.length, limitBytes: MAX_CERTIFICATE_BYTES })
  }
  try {
    return ok(read(der))
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    const reason = error instanceof TooComplex ? 'certificate_too_complex' : 'malformed_certificate'
    return fail({ reason, field: error.field, problem: error.problem })
  }
}

/** The certificates among octets, without what cannot be read. */
export function readableCertificates(ders: readonly Uint8Array[]): readonly Certificate[] {
  return ders.flatMap((der) => {
    const read = readCertificate(der)
    return read.ok ? [read.value] : []
  })
}

/**
 * The subject of a certificate without the rest, to find the certificate by its name. Undefined where it cannot be read;
 * readCertificate says why.
 */
export function readSubject(der: Uint8Array): Name | undefined {
  try {
    const tbs = DerReader.over(der).sequence('certificate').sequence('tbsCertificate')
    tbs.optional(contextTag(0, 'constructed'), 'version')
    for (const field of ['serialNumber', 'signature', 'issuer', 'validity']) tbs.read(field)
    return readName(tbs, 'subject')
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return undefined
  }
}

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue } */
function read(der: Uint8Array): Certificate {
  const outer = DerReader.over(der)
  const members = outer.sequence('certificate')
  outer.end('certificate')
  const tbs = members.expect(TAG.sequence, 'tbsCertificate')
  const signatureAlgorithm = readAlgorithm(members, 'signatureAlgorithm')
  const signature = octetAlignedBitString(members.expect(TAG.bitString, 'signatureValue'), 'signatureValue')
  members.end('certificate')
  return { der, tbs: tbs.der, signatureAlgorithm, signature, ...readTbs(tbs, signatureAlgorithm) }
}

type TbsFields = Omit<Certificate, 'der' | 'tbs' | 'signatureAlgorithm' | 'signature'>

/** TBSCertificate, field by field (RFC 5280 4.1.2). */
function readTbs(tbs: Tlv, signatureAlgorithm: AlgorithmIdentifier): TbsFields {
  const members = tbs.open('tbsCertificate')
  const version = readVersion(members)
  const serialNumber = readSerialNumber(members)
  // 4.1.1.2: the outer identifier is not signed. It must be the same as the signed one, or an attacker could replace it.
  const inner = readAlgorithm(members, 'tbsCertificate.signature')
  if (!sameOctets(inner.der, signatureAlgorithm.der)) {
    throw new Malformed('signatureAlgorithm', 'differs from tbsCertificate.signature')
  }
  const issuer = readName(members, 'tbsCertificate.issuer')
  const validity = members.sequence('tbsCertificate.validity')
  const notBefore = readTime(validity, 'tbsCertificate.validity.notBefore')
  const notAfter = readTime(validity, 'tbsCertificate.validity.notAfter')
  validity.end('tbsCertificate.validity')
  const subject = readName(members, 'tbsCertificate.subject')
  const publicKey = readPublicKey(members, 'tbsCertificate.subjectPublicKeyInfo')
  skipUniqueIdentifiers(members, version)
  const extensions = members.done ? NO_EXTENSIONS : readExtensions(members)
  members.end('tbsCertificate')
  // 4.1.2.1: "When extensions are used, as expected in this profile, version MUST be 3".
  if (extensions.list.length > 0 && version !== 3) {
    throw new Malformed('tbsCertificate.version', `is ${version}, which has no extensions`)
  }
  return { version, serialNumber, issuer, subject, notBefore, notAfter, publicKey, extensions }
}

/**
 * 4.1.2.1: `[0] EXPLICIT INTEGER DEFAULT v1`. DER leaves v1 out (X.690 11.5), but a public root writes it, and it means the
 * same.
 */
function readVersion(members: DerReader): 1 | 2 | 3 {
  const field = 'tbsCertificate.version'
  const wrapper = members.optional(contextTag(0, 'constructed'), field)
  if (wrapper === undefined) return 1
  const inner = wrapper.open(field)
  const octets = integerOctets(inner.expect(TAG.integer, field), field)
  inner.end(field)
  const [version] = octets
  if (octets.length === 1 && version === 0) return 1
  if (octets.length === 1 && version === 1) return 2
  if (octets.length === 1 && version === 2) return 3
  throw new Malformed(field, 'is not 1, 2 or 3')
}

/**
 * 4.1.2.2: "Certificate users SHOULD be prepared to gracefully handle" zero and negative numbers, which older CAs issued. Serial
 * numbers are only compared, octet for octet.
 */
function readSerialNumber(members: DerReader): Uint8Array {
  const field = 'tbsCertificate.serialNumber'
  const octets = integerOctets(members.expect(TAG.integer, field), field)
  if (octets.length > MAX_SERIAL_BYTES) throw new Malformed(field, `is longer than ${MAX_SERIAL_BYTES} bytes`)
  return octets
}

/** 4.1.2.8: issuerUniqueID [1] and subjectUniqueID [2], in versions 2 and 3 only. Their values are not used. */
function skipUniqueIdentifiers(members: DerReader, version: 1 | 2 | 3): void {
  for (const [number, field] of [
    [1, 'tbsCertificate.issuerUniqueID'],
    [2, 'tbsCertificate.subjectUniqueID'],
  ] as const) {
    const tlv = members.optional(contextTag(number, 'primitive'), field)
    if (tlv === undefined) continue
    bitString(tlv, field)
    if (version === 1) throw new Malformed(field, 'is in a version 1 certificate')
  }
}
