import { createECDH, createHash, createPrivateKey, createPublicKey, sign as edSign } from 'node:crypto'
import { fromHex, toHex } from '../../src/core/bytes.ts'
import { type Bytes, bits, bytes, int, octets, oid, seq } from '../../src/testing/der.ts'

/** A key whose signatures depend on nothing but the key and what is signed, so that a seed decides every octet. */
export interface FuzzKey {
  readonly spki: Bytes
  /** AlgorithmIdentifier of its signatures. */
  readonly algorithm: Bytes
  /** The octets of signatureValue. */
  sign(octets: Bytes): Bytes
}

/** The order of P-256's group (SEC 2 2.4.2). */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

const numberOf = (octets: Bytes): bigint => BigInt(`0x${toHex(octets)}`)
const octetsOf = (number: bigint): Bytes => fromHex(number.toString(16).padStart(64, '0'))
const digest = (...parts: readonly Bytes[]): Bytes =>
  createHash('sha256')
    .update(bytes(...parts))
    .digest()
const scalarOf = (seed: Bytes): bigint => (numberOf(seed) % (N - 1n)) + 1n

function pointOf(scalar: bigint): Bytes {
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(octetsOf(scalar))
  return curve.getPublicKey()
}

const KEYS = new Map<string, FuzzKey>()

/** The P-256 key of a name, which is made once. */
export function p256(name: string): FuzzKey {
  const key = KEYS.get(name) ?? newP256(name)
  KEYS.set(name, key)
  return key
}

/** ECDSA with P-256 and SHA-256 (SEC 1 4.1.3). The random number is a hash of key and message, as in RFC 6979. */
function newP256(name: string): FuzzKey {
  const secret = scalarOf(digest(new TextEncoder().encode(`p256 ${name}`)))
  return {
    spki: seq(seq(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')), bits(pointOf(secret))),
    algorithm: seq(oid('1.2.840.10045.4.3.2')),
    sign(message) {
      const hash = digest(message)
      const k = scalarOf(digest(octetsOf(secret), hash))
      const r = numberOf(pointOf(k).subarray(1, 33)) % N
      const s = (inverse(k) * (numberOf(hash) + r * secret)) % N
      return seq(int(r), int(s))
    },
  }
}

/** The inverse modulo N, by the extended Euclidean algorithm. */
function inverse(number: bigint): bigint {
  let [a, b, x, y] = [number, N, 1n, 0n]
  while (b !== 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y]
  return ((x % N) + N) % N
}

/** Ed25519 (RFC 8032), whose signatures are the same each time. */
export function ed25519(name: string): FuzzKey {
  const seed = digest(new TextEncoder().encode(`ed25519 ${name}`))
  const algorithm = seq(oid('1.3.101.112'))
  const der = Buffer.from(seq(int(0), algorithm, octets(octets(seed))))
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return {
    spki: Uint8Array.from(createPublicKey(key).export({ format: 'der', type: 'spki' })),
    algorithm,
    sign: (message) => Uint8Array.from(edSign(null, message, key)),
  }
}
