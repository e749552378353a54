import { type DerReader, TAG, type Tlv } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { SIGNATURE_NAMES } from '../asn1/oids.ts'
import { readOid } from '../asn1/values.ts'

/** AlgorithmIdentifier (RFC 5280 4.1.1.2). */
export interface AlgorithmIdentifier {
  /** Dotted. */
  readonly oid: string
  readonly parameters: Tlv | undefined
  /** The whole encoding. */
  readonly der: Uint8Array
}

export function readAlgorithm(reader: DerReader, field: string): AlgorithmIdentifier {
  const sequence = reader.expect(TAG.sequence, field)
  const members = sequence.open(field)
  const oid = readOid(members, field)
  const parameters = members.done ? undefined : members.read(`${field}.parameters`)
  parameters?.checkBelow(`${field}.parameters`)
  members.end(field)
  return { oid, parameters, der: sequence.der }
}

/** Whether the parameters are NULL, as those of RSA are (RFC 3279 2.3.1, RFC 4055 2.1). */
export function isNull(parameters: Tlv | undefined): boolean {
  return parameters?.tag === TAG.null && parameters.content.length === 0
}

/** A signature algorithm that a registered certificate may be signed with. */
export interface SignatureAlgorithm {
  readonly name: string
  readonly scheme: 'RSASSA-PKCS1-v1_5' | 'ECDSA'
  readonly hash: 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512'
}

/** The algorithms that Cloudflare's endpoint accepts: SHA-1, SHA-256, SHA-384 and SHA-512 with RSA or ECDSA (contract 3). */
const SIGNATURES: ReadonlyMap<string, SignatureAlgorithm> = new Map(
  (
    [
      ['1.2.840.113549.1.1.5', 'RSASSA-PKCS1-v1_5', 'SHA-1'],
      ['1.2.840.113549.1.1.11', 'RSASSA-PKCS1-v1_5', 'SHA-256'],
      ['1.2.840.113549.1.1.12', 'RSASSA-PKCS1-v1_5', 'SHA-384'],
      ['1.2.840.113549.1.1.13', 'RSASSA-PKCS1-v1_5', 'SHA-512'],
      ['1.2.840.10045.4.1', 'ECDSA', 'SHA-1'],
      ['1.2.840.10045.4.3.2', 'ECDSA', 'SHA-256'],
      ['1.2.840.10045.4.3.3', 'ECDSA', 'SHA-384'],
      ['1.2.840.10045.4.3.4', 'ECDSA', 'SHA-512'],
    ] as const
  ).map(([oid, scheme, hash]) => [oid, { name: signatureName(oid), scheme, hash }]),
)

/** The name that OpenSSL prints for a signature algorithm; the OID where it has none. */
export function signatureName(oid: string): string {
  return SIGNATURE_NAMES.get(oid) ?? oid
}

/**
 * The signature algorithm that an identifier stands for; undefined where it is not one of Cloudflare's eight.
 * Parameters are NULL or absent; any others are Malformed. RFC 4055 2.1 has readers accept both with RSA. RFC 5758 3.2 requires
 * them to be absent with ECDSA, but keytool of Java 11 writes NULL, which changes nothing.
 */
export function signatureAlgorithm(identifier: AlgorithmIdentifier, field: string): SignatureAlgorithm | undefined {
  const known = SIGNATURES.get(identifier.oid)
  if (known === undefined || identifier.parameters === undefined) return known
  if (!isNull(identifier.parameters)) {
    throw new Malformed(field, `${known.name} does not take these parameters`)
  }
  return known
}
