import { fromHex } from '../../src/core/bytes.ts'
import {
  ascii,
  type Bytes,
  bits,
  bool,
  bytes,
  explicit,
  int,
  nul,
  octets,
  oid,
  pem,
  seq,
  set,
  time,
  utf8,
} from './der.ts'

/** One fixed moment for all tests: 2026-06-01T00:00:00Z, in Unix seconds. */
export const NOW = 1_780_272_000

export const EC_KEY_OID = '1.2.840.10045.2.1'
export const RSA_KEY_OID = '1.2.840.113549.1.1.1'

export const ECDSA_SHA256 = seq(oid('1.2.840.10045.4.3.2'))
export const RSA_SHA256 = seq(oid('1.2.840.113549.1.1.11'), nul())

/** A distinguished name of one CN. */
export const name = (cn: string): Bytes => seq(set(seq(oid('2.5.4.3'), utf8(cn))))

/** The generator point of P-256 (SEC 2 2.4.2): a public key whose private key is 1, so surely on the curve. */
const P256_G =
  '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5'

export const spkiP256 = (point: Bytes = fromHex(P256_G)): Bytes =>
  seq(seq(oid(EC_KEY_OID), oid('1.2.840.10045.3.1.7')), bits(point))

/** An RSA key of that many bits; the modulus is odd and otherwise meaningless. */
export const spkiRsa = (bitLength: number, exponent: number | bigint = 65_537): Bytes => {
  const modulus = (1n << BigInt(bitLength - 1)) + 1n
  return seq(seq(oid(RSA_KEY_OID), nul()), bits(seq(int(modulus), int(exponent))))
}

export const extension = (id: string, value: Bytes, critical?: boolean): Bytes =>
  seq(oid(id), ...(critical === undefined ? [] : [bool(critical)]), octets(value))

export const basicConstraints = (cA: boolean, pathLen?: number): Bytes =>
  extension('2.5.29.19', seq(...(cA ? [bool(true)] : []), ...(pathLen === undefined ? [] : [int(pathLen)])), true)

/** keyUsage from the octet of its first eight bits: 0x04 is keyCertSign, 0x80 digitalSignature. */
export const keyUsage = (octet: number, unused: number): Bytes =>
  extension('2.5.29.15', bits(Uint8Array.of(octet), unused), true)

/** The parts of a certificate, each as DER: a test replaces the one it is about. */
export interface CertificateParts {
  version?: Bytes | null
  serial?: Bytes
  algorithm?: Bytes
  /** The outer signatureAlgorithm, where it is to differ. */
  outerAlgorithm?: Bytes
  issuer?: Bytes
  notBefore?: Bytes
  notAfter?: Bytes
  subject?: Bytes
  spki?: Bytes
  /** Null: no extensions field at all. */
  extensions?: readonly Bytes[] | null
  /** Anything between the key and the extensions. */
  uniqueIds?: Bytes
  afterTbs?: Bytes
  signature?: Bytes
  after?: Bytes
}

let serial = 1

/** The DER of a sound root, but for the parts that are given. Each has a serial number of its own. */
export function certificate(parts: CertificateParts = {}): Bytes {
  serial += 1
  const {
    version = explicit(0, int(2)),
    serial: serialNumber = int(serial),
    algorithm = ECDSA_SHA256,
    subject = name('Test Root'),
    notBefore = time('2025-01-01T00:00:00Z'),
    notAfter = time('2035-01-01T00:00:00Z'),
    spki = spkiP256(),
    uniqueIds = bytes(),
    extensions = [basicConstraints(true), keyUsage(0x04, 2)],
    afterTbs = bytes(),
    signature = bits(seq(int(1), int(1))),
    after = bytes(),
  } = parts
  const { issuer = subject, outerAlgorithm = algorithm } = parts
  const extensionsField = extensions === null ? bytes() : explicit(3, seq(...extensions))
  const validity = seq(notBefore, notAfter)
  const head = [version ?? bytes(), serialNumber, algorithm, issuer, validity, subject, spki]
  return seq(seq(...head, uniqueIds, extensionsField, afterTbs), outerAlgorithm, signature, after)
}

/** The PEM of a sound root, but for the parts that are given. */
export function root(parts: CertificateParts = {}): string {
  return pem(certificate(parts))
}

export const dnsNames = (...names: readonly string[]): Bytes =>
  extension('2.5.29.17', seq(...names.map((dns) => bytes([0x82, dns.length], ascii(dns)))))
