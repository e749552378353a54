import { type AlgorithmIdentifier, isNull, readAlgorithm } from './algorithm.ts'
import { DerReader, TAG } from './der.ts'
import { Malformed } from './malformed.ts'
import { CURVE_NAMES, KEY_ALGORITHM } from './oids.ts'
import { octetAlignedBitString, oidValue, unsignedOctets } from './values.ts'

/** What kind of key a SubjectPublicKeyInfo holds. Sizes are in bits. */
export type KeyKind =
  | { readonly type: 'RSA'; readonly bits: number; readonly exponent: Uint8Array }
  | { readonly type: 'EC'; readonly curve: string; readonly bits: number | undefined }
  | { readonly type: 'other'; readonly name: string }

/** SubjectPublicKeyInfo (RFC 5280 4.1.2.7). */
export interface PublicKey {
  readonly algorithm: AlgorithmIdentifier
  readonly kind: KeyKind
  /** The octets of subjectPublicKey, without the count of unused bits. */
  readonly keyOctets: Uint8Array
  /** The whole SubjectPublicKeyInfo. */
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
  const keyOctets = octetAlignedBitString(members.expect(TAG.bitString, keyField), keyField)
  members.end(field)
  return { algorithm, kind: keyKind(algorithm, keyOctets, keyField), keyOctets, der: sequence.der }
}

/** How a key reads to people: `RSA 2048`, `EC P-256`, `Ed25519`. */
export function describeKey(kind: KeyKind): string {
  switch (kind.type) {
    case 'RSA':
      return `RSA ${kind.bits}`
    case 'EC':
      return `EC ${kind.curve}`
    case 'other':
      return kind.name
  }
}

function keyKind(algorithm: AlgorithmIdentifier, keyOctets: Uint8Array, field: string): KeyKind {
  switch (algorithm.oid) {
    case KEY_ALGORITHM.rsa:
      if (!isNull(algorithm.parameters))
        throw new Malformed(field, 'an RSA key without NULL parameters (RFC 3279 2.3.1)')
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
  // RFC 8017 3.1: the exponent is coprime to an even number, so it is odd, and at least 3.
  if (even(exponent) || (exponent.length === 1 && (exponent[0] ?? 0) < 3)) {
    throw new Malformed(`${field}.publicExponent`, 'is not an odd number of at least 3')
  }
  return { type: 'RSA', bits: (modulus.length - 1) * 8 + (32 - Math.clz32(modulus[0] ?? 0)), exponent }
}

/** A named curve and an uncompressed point (RFC 5480 2.1.1, 2.2). That the point is on the curve is WebCrypto's to say. */
function ecKey(algorithm: AlgorithmIdentifier, keyOctets: Uint8Array, field: string): KeyKind {
  const { parameters } = algorithm
  if (parameters === undefined) throw new Malformed(field, 'an EC key without a curve')
  if (parameters.tag !== TAG.objectIdentifier) return { type: 'EC', curve: 'with explicit parameters', bits: undefined }
  const oid = oidValue(parameters, field)
  const curve = CURVE_NAMES.get(oid) ?? oid
  const bits = CURVE_BITS.get(curve)
  if (bits !== undefined && (keyOctets[0] !== 0x04 || keyOctets.length !== 1 + 2 * Math.ceil(bits / 8))) {
    throw new Malformed(field, `is not an uncompressed point of ${curve}`)
  }
  return { type: 'EC', curve, bits }
}
