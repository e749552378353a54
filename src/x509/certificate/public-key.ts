import { DerReader, TAG } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { CURVE_NAMES, KEY_ALGORITHM } from '../asn1/oids.ts'
import { octetAlignedBitString, oidValue, unsignedOctets } from '../asn1/values.ts'
import { type AlgorithmIdentifier, isNull, readAlgorithm } from './algorithm.ts'

/** The kind of key in a SubjectPublicKeyInfo. Sizes are in bits. */
export type KeyKind =
  | { readonly type: 'RSA'; readonly bits: number; readonly exponent: Uint8Array }
  | {
      readonly type: 'EC'
      readonly curve: string
      readonly bits: number | undefined
      /** The point is x and the sign of y (SEC 1 2.3.3). */
      readonly compressed?: true
    }
  | { readonly type: 'other'; readonly name: string }

/** SubjectPublicKeyInfo (RFC 5280 4.1.2.7). */
export interface PublicKey {
  readonly algorithm: AlgorithmIdentifier
  readonly kind: KeyKind
  /** The octets of subjectPublicKey, without the count of unused bits. */
  readonly keyOctets: Uint8Array
  /**
   * The whole SubjectPublicKeyInfo. The NULL of rsaEncryption is added where the certificate leaves it out: CAs are told apart by
   * these octets, so a key must not have two forms, and WebCrypto imports no other form.
   */
  readonly der: Uint8Array
}

const CURVE_BITS: ReadonlyMap<string, number> = new Map([
  ['P-256', 256],
  ['P-384', 384],
  ['P-521', 521],
])

const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  [KEY_ALGORITHM.rsassaPss, 'RSASSA-PSS'],
  [KEY_ALGORITHM.ed25519, 'Ed25519'],
  [KEY_ALGORITHM.ed448, 'Ed448'],
])

export function readPublicKey(reader: DerReader, field: string): PublicKey {
  const sequence = reader.expect(TAG.sequence, field)
  const members = sequence.open(field)
  const algorithm = readAlgorithm(members, `${field}.algorithm`)
  const keyField = `${field}.subjectPublicKey`
  const subjectPublicKey = members.expect(TAG.bitString, keyField)
  const keyOctets = octetAlignedBitString(subjectPublicKey, keyField)
  members.end(field)
  const kind = keyKind(algorithm, keyOctets, keyField)
  const lacksNull = kind.type === 'RSA' && algorithm.parameters === undefined
  return { algorithm, kind, keyOctets, der: lacksNull ? underRsaEncryption(subjectPublicKey.der) : sequence.der }
}

/** SEQUENCE { OID rsaEncryption, NULL } (RFC 3279 2.3.1) */
const RSA_ENCRYPTION = Uint8Array.of(0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 0x05, 0)

/** The SubjectPublicKeyInfo of an RSAPublicKey under rsaEncryption. @param subjectPublicKey the whole BIT STRING of the key */
export function underRsaEncryption(subjectPublicKey: Uint8Array): Uint8Array {
  const length = RSA_ENCRYPTION.length + subjectPublicKey.length
  // The length is below 64 KiB, as that of every certificate (limits.ts).
  const header =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, Math.floor(length / 256), length % 256]
  return Uint8Array.from([TAG.sequence, ...header, ...RSA_ENCRYPTION, ...subjectPublicKey])
}

/** A key for people: `RSA 2048`, `EC P-256`, `EC P-256 (compressed point)`, `Ed25519`. */
export function describeKey(kind: KeyKind): string {
  switch (kind.type) {
    case 'RSA':
      return `RSA ${kind.bits}`
    case 'EC':
      return kind.compressed ? `EC ${kind.curve} (compressed point)` : `EC ${kind.curve}`
    case 'other':
      return kind.name
  }
}

function keyKind(algorithm: AlgorithmIdentifier, keyOctets: Uint8Array, field: string): KeyKind {
  switch (algorithm.oid) {
    case KEY_ALGORITHM.rsa:
      // RFC 3279 2.3.1 requires NULL. Without it the key is the same.
      if (algorithm.parameters !== undefined && !isNull(algorithm.parameters)) {
        throw new Malformed(field, 'an RSA key with parameters other than NULL (RFC 3279 2.3.1)')
      }
      return rsaKey(keyOctets, field)
    case KEY_ALGORITHM.ec:
      return ecKey(algorithm, keyOctets, field)
    default:
      return { type: 'other', name: OTHER_NAMES.get(algorithm.oid) ?? algorithm.oid }
  }
}

/** RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } (RFC 3279 2.3.1). Throws Malformed. */
export function rsaKey(keyOctets: Uint8Array, field: string): Extract<KeyKind, { type: 'RSA' }> {
  const outer = DerReader.over(keyOctets)
  const members = outer.sequence(field)
  outer.end(field)
  const modulus = unsignedOctets(members.expect(TAG.integer, `${field}.modulus`), `${field}.modulus`)
  const exponent = unsignedOctets(members.expect(TAG.integer, `${field}.publicExponent`), `${field}.publicExponent`)
  members.end(field)
  const even = (octets: Uint8Array) => ((octets.at(-1) ?? 0) & 1) === 0
  if (even(modulus)) throw new Malformed(`${field}.modulus`, 'is even')
  // RFC 8017 3.1: the exponent is coprime to an even number and at least 3, so it is odd.
  if (even(exponent) || (exponent.length === 1 && (exponent[0] ?? 0) < 3)) {
    throw new Malformed(`${field}.publicExponent`, 'is not an odd number of at least 3')
  }
  return { type: 'RSA', bits: (modulus.length - 1) * 8 + (32 - Math.clz32(modulus[0] ?? 0)), exponent }
}

/**
 * Reads a named curve and a point, uncompressed or compressed (RFC 5480 2.1.1, 2.2). WebCrypto checks that the point is on the
 * curve.
 */
function ecKey(algorithm: AlgorithmIdentifier, keyOctets: Uint8Array, field: string): KeyKind {
  const { parameters } = algorithm
  if (parameters === undefined) throw new Malformed(field, 'an EC key without a curve')
  if (parameters.tag !== TAG.objectIdentifier) return { type: 'EC', curve: 'with explicit parameters', bits: undefined }
  const oid = oidValue(parameters, field)
  const curve = CURVE_NAMES.get(oid) ?? oid
  const bits = CURVE_BITS.get(curve)
  if (bits === undefined) return { type: 'EC', curve, bits }
  const [form] = keyOctets
  const coordinate = Math.ceil(bits / 8)
  if (form === 0x04 && keyOctets.length === 1 + 2 * coordinate) return { type: 'EC', curve, bits }
  if ((form === 0x02 || form === 0x03) && keyOctets.length === 1 + coordinate) {
    return { type: 'EC', curve, bits, compressed: true }
  }
  throw new Malformed(field, `is neither an uncompressed nor a compressed point of ${curve}`)
}
