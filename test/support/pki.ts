import { fromHex } from '../../src/core/bytes.ts'
import { type CertificateFields, certificateWith } from '../../src/testing/certificate.ts'
import { type Bytes, bits, int, nul, oid, seq, time } from '../../src/testing/der.ts'
import { basicConstraints, dns, keyUsage, name, subjectAltName } from '../../src/testing/extensions.ts'
import { encodePem as pem } from '../../src/x509/index.ts'

export { pem }

/** One fixed moment for all tests: 2026-06-01T00:00:00Z, in Unix seconds. */
export const NOW = 1_780_272_000

export const EC_KEY_OID = '1.2.840.10045.2.1'
export const RSA_KEY_OID = '1.2.840.113549.1.1.1'

export const ECDSA_SHA256 = seq(oid('1.2.840.10045.4.3.2'))
export const RSA_SHA256 = seq(oid('1.2.840.113549.1.1.11'), nul())

/** The generator point of P-256 (SEC 2 2.4.2): a public key whose private key is 1, hence on the curve. */
const P256_G =
  '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5'

export const spkiP256 = (point: Bytes = fromHex(P256_G)): Bytes =>
  seq(seq(oid(EC_KEY_OID), oid('1.2.840.10045.3.1.7')), bits(point))

/** An RSA key of this many bits. The modulus is odd and otherwise meaningless. */
export const spkiRsa = (bitLength: number, exponent: number | bigint = 65_537): Bytes => {
  const modulus = (1n << BigInt(bitLength - 1)) + 1n
  return seq(seq(oid(RSA_KEY_OID), nul()), bits(seq(int(modulus), int(exponent))))
}

/** The prime of P-256 (SEC 2 2.4.2). */
const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn
type Point = readonly [x: bigint, y: bigint]
const G: Point = [BigInt(`0x${P256_G.slice(2, 66)}`), BigInt(`0x${P256_G.slice(66)}`)]

const modulo = (n: bigint) => ((n % P) + P) % P

/** n to the power of e, modulo P. */
function power(n: bigint, e: bigint): bigint {
  let [result, square] = [1n, modulo(n)]
  for (let rest = e; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P
    square = (square * square) % P
  }
  return result
}

/** The sum of two points (SEC 1 2.2.1); neither is the other's negative. */
function sum([x1, y1]: Point, [x2, y2]: Point): Point {
  const [rise, run] = x1 === x2 ? [3n * x1 * x1 - 3n, 2n * y1] : [y2 - y1, x2 - x1]
  const slope = modulo(rise) * power(run, P - 2n)
  const x = modulo(slope * slope - x1 - x2)
  return [x, modulo(slope * (x1 - x) - y1)]
}

let point = G

/** A key on P-256 that no other certificate has: the next multiple of the generator. */
export function freshKey(): Bytes {
  point = sum(point, G)
  return spkiP256(fromHex(`04${point.map((n) => n.toString(16).padStart(64, '0')).join('')}`))
}

/** The fields that a test sets; the others are those of a sound root around NOW. */
export type CertificateParts = Partial<CertificateFields>

let serial = 1

/** The fields of a sound root, except for the given parts. Each root has its own serial number. */
export function rootFields({ subject = name('Test Root'), ...parts }: CertificateParts): CertificateFields {
  serial += 1
  return {
    serial: int(serial),
    algorithm: ECDSA_SHA256,
    issuer: subject,
    subject,
    notBefore: time('2025-01-01T00:00:00Z'),
    notAfter: time('2035-01-01T00:00:00Z'),
    spki: spkiP256(),
    extensions: [basicConstraints(true), keyUsage(0x04, 2)],
    ...parts,
  }
}

/** The DER of a sound root, except for the given parts. Its signature is not valid. */
export function certificate(parts: CertificateParts = {}): Bytes {
  return certificateWith(rootFields(parts), parts.signature ?? bits(seq(int(1), int(1))))
}

/** Parts of a root about which an upload has nothing to say: its own key, and no CA below it. */
export const unremarkable = (parts: CertificateParts = {}): CertificateParts => ({
  extensions: [basicConstraints(true, 0), keyUsage(0x04, 2)],
  spki: freshKey(),
  ...parts,
})

/** The PEM of a sound root, except for the given parts. */
export function root(parts: CertificateParts = {}): string {
  return pem(certificate(parts))
}

export const dnsNames = (...names: readonly string[]): Bytes => subjectAltName(names.map(dns))
