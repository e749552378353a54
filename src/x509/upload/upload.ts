import { concatenate } from '../../core/bytes.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { Hex, UnixSeconds } from '../../core/units.ts'
import { integerHex, sameOctets } from '../asn1/values.ts'
import { signatureName } from '../certificate/algorithm.ts'
import { type CaKeys, caKeys } from '../certificate/ca-keys.ts'
import { type Certificate, type ReadFault, readCertificate } from '../certificate/certificate.ts'
import { type Fingerprints, fingerprints, sha256 } from '../certificate/fingerprint.ts'
import { displayName } from '../certificate/name.ts'
import { describeKey } from '../certificate/public-key.ts'
import { isUsableKey } from '../signature/webcrypto-key.ts'
import { decodeCertificates, type TextFault } from '../text/index.ts'
import { type CaFault, caFaults } from './ca-rules.ts'

/** What is wrong with one certificate of an upload. */
type UploadedCertificateFault =
  | ReadFault
  | CaFault
  | { readonly reason: 'decoders_disagree'; readonly field: string }
  | { readonly reason: 'key_invalid'; readonly key: string }
  | { readonly reason: 'repeated_certificate'; readonly first: number }

/** What is wrong with an upload: with the text, or with the certificate at a position, counted from 1. */
export type UploadFault = TextFault | (UploadedCertificateFault & { readonly position: number; readonly count: number })

/** The facts that are kept of one certificate. */
export interface DecodedCertificate extends Fingerprints, CaKeys {
  readonly certificate: Certificate
  readonly der: Uint8Array
  /** Of the SubjectPublicKeyInfo (PublicKey.der), which `openssl pkey -pubin -outform DER` writes. */
  readonly keySha256: Hex
  /** The number as OpenSSL prints it (integerHex); a negative one begins with a minus. */
  readonly serialNumber: Hex
  readonly subject: string
  readonly issuer: string
  readonly notBefore: UnixSeconds
  readonly notAfter: UnixSeconds
  /** `RSA 2048`, `EC P-256` */
  readonly publicKey: string
  readonly signatureAlgorithm: string
  /** Whether issuer and subject are the same name, octet for octet. */
  readonly selfIssued: boolean
  /** False for a sound RSA key that WebCrypto cannot import: nothing it signed can be verified here. */
  readonly usableKey: boolean
}

/** Certificates that may become trust anchors. */
export interface Upload {
  /** SHA-256 over the DER of all certificates in order, by which the same content is found again. */
  readonly contentSha256: Hex
  readonly certificates: readonly [DecodedCertificate, ...DecodedCertificate[]]
}

/**
 * Decodes an uploaded text, in any form that decodeCertificates reads, and checks every certificate by the rules of contract 3.
 * readTwice does the second reading.
 * Errors: all faults of all certificates; where the text itself is faulty, its first fault. Bounded by limits.ts.
 */
export async function decodeUpload(text: string): Promise<Result<Upload, readonly UploadFault[]>> {
  const decoded = decodeCertificates(text)
  if (!decoded.ok) return fail([decoded.error])
  const { blocks } = decoded.value
  const count = blocks.length
  const faults: UploadFault[] = []
  const certificates: DecodedCertificate[] = []
  for (const [index, der] of blocks.entries()) {
    const position = index + 1
    const first = blocks.findIndex((other) => sameOctets(other, der))
    const read =
      first < index ? fail([{ reason: 'repeated_certificate', first: first + 1 } as const]) : await decode(der)
    if (read.ok) certificates.push(read.value)
    else faults.push(...read.error.map((fault) => ({ ...fault, position, count })))
  }
  const [first, ...others] = certificates
  if (faults.length > 0 || first === undefined) return fail(faults)
  return ok({ contentSha256: await sha256(concatenate(blocks)), certificates: [first, ...others] })
}

/**
 * Has pkijs read each certificate once more, and returns where it disagrees. It takes 1.2 ms a certificate and up to 100 ms
 * (MAX_TLVS), so it is called last, and for clients with access only.
 */
export async function readTwice({ certificates }: Upload): Promise<readonly UploadFault[]> {
  const { disagreement } = await import('./second-decoder.ts')
  return certificates.flatMap(({ certificate }, index) => {
    const field = disagreement(certificate)
    const count = certificates.length
    return field === undefined ? [] : [{ reason: 'decoders_disagree', field, position: index + 1, count } as const]
  })
}

async function decode(der: Uint8Array): Promise<Result<DecodedCertificate, readonly UploadedCertificateFault[]>> {
  const read = readCertificate(der)
  if (!read.ok) return fail([read.error])
  const certificate = read.value
  const broken = caFaults(certificate)
  if (broken.length > 0) return fail(broken)
  const usableKey = await isUsableKey(certificate.publicKey)
  if (!usableKey && certificate.publicKey.kind.type === 'EC') {
    return fail([{ reason: 'key_invalid', key: describeKey(certificate.publicKey.kind) }])
  }
  const keySha256 = await sha256(certificate.publicKey.der)
  return ok({
    ...facts(certificate),
    ...(await fingerprints(der)),
    ...(await caKeys(certificate)),
    keySha256,
    usableKey,
  })
}

function facts(
  certificate: Certificate,
): Omit<DecodedCertificate, keyof (Fingerprints & CaKeys) | 'keySha256' | 'usableKey'> {
  return {
    certificate,
    der: certificate.der,
    serialNumber: integerHex(certificate.serialNumber),
    subject: displayName(certificate.subject),
    issuer: displayName(certificate.issuer),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    publicKey: describeKey(certificate.publicKey.kind),
    signatureAlgorithm: signatureName(certificate.signatureAlgorithm.oid),
    selfIssued: sameOctets(certificate.issuer.der, certificate.subject.der),
  }
}
