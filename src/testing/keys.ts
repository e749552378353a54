import { toHex } from '../core/bytes.ts'
import { type Bytes, bits, explicit, int, nul, oid, seq } from './der.ts'

/** Keys of WebCrypto, and how X.509 names and writes their signatures. */

/** The members of WebCrypto's algorithm dictionaries that are used here. */
interface AlgorithmParameters {
  readonly name: string
  readonly namedCurve?: string
  readonly hash?: string
  readonly saltLength?: number
  readonly modulusLength?: number
  readonly publicExponent?: Uint8Array<ArrayBuffer>
}

/** How something is signed: WebCrypto's algorithms and the AlgorithmIdentifier for them. */
export interface Signing {
  readonly generate: AlgorithmParameters
  readonly sign: AlgorithmParameters
  readonly identifier: Bytes
  /** WebCrypto writes an ECDSA signature raw; X.509 requires DER. */
  readonly ecdsa?: true
}

type HashBits = 256 | 384 | 512

const number = (bits: HashBits) => ({ 256: 1, 384: 2, 512: 3 })[bits]

export const hashIdentifier = (bits: HashBits): Bytes => seq(oid(`2.16.840.1.101.3.4.2.${number(bits)}`), nul())

/** RSASSA-PSS-params (RFC 4055 3.1). */
export const pssParameters = (bits: HashBits, saltLength: number): Bytes =>
  seq(
    explicit(0, hashIdentifier(bits)),
    explicit(1, seq(oid('1.2.840.113549.1.1.8'), hashIdentifier(bits))),
    explicit(2, int(saltLength)),
  )

/** RFC 5758 3.2. */
export const ecdsa = (namedCurve: 'P-256' | 'P-384' | 'P-521', bits: HashBits): Signing => ({
  generate: { name: 'ECDSA', namedCurve },
  sign: { name: 'ECDSA', hash: `SHA-${bits}` },
  identifier: seq(oid(`1.2.840.10045.4.3.${number(bits) + 1}`)),
  ecdsa: true,
})

const rsa = (name: string, bits: HashBits) => ({
  name,
  hash: `SHA-${bits}`,
  modulusLength: 2_048,
  publicExponent: Uint8Array.of(1, 0, 1),
})

/** RFC 4055 5. */
export const rsaPkcs1 = (bits: HashBits): Signing => ({
  generate: rsa('RSASSA-PKCS1-v1_5', bits),
  sign: { name: 'RSASSA-PKCS1-v1_5' },
  identifier: seq(oid(`1.2.840.113549.1.1.${number(bits) + 10}`), nul()),
})

export const rsaPss = (bits: HashBits, saltLength: number): Signing => ({
  generate: rsa('RSA-PSS', bits),
  sign: { name: 'RSA-PSS', saltLength },
  identifier: seq(oid('1.2.840.113549.1.1.10'), pssParameters(bits, saltLength)),
})

/** RFC 8410 3. */
export const ed25519 = (): Signing => ({
  generate: { name: 'Ed25519' },
  sign: { name: 'Ed25519' },
  identifier: seq(oid('1.3.101.112')),
})

/** A private key, its public key as SubjectPublicKeyInfo, and how it signs. */
export interface Keys {
  readonly signing: Signing
  readonly privateKey: CryptoKey
  readonly spki: Bytes
}

export async function newKeys(signing: Signing): Promise<Keys> {
  const pair = (await crypto.subtle.generateKey(signing.generate, true, ['sign', 'verify'])) as CryptoKeyPair
  return { signing, privateKey: pair.privateKey, spki: await exported('spki', pair.publicKey) }
}

/** Members of a JWK that are not secret (RFC 7518 6.2.1 and 6.3.1, RFC 8037 2). */
const PUBLIC_MEMBERS: ReadonlySet<string> = new Set(['kty', 'crv', 'x', 'y', 'n', 'e'])

/** Keys from a PrivateKeyInfo (RFC 5208 5). WebCrypto throws when it is not one of that type of key. */
export async function keysFromPkcs8(signing: Signing, pkcs8: Bytes): Promise<Keys> {
  const privateKey = await crypto.subtle.importKey('pkcs8', Uint8Array.from(pkcs8), signing.generate, true, ['sign'])
  const jwk = Object.entries(await crypto.subtle.exportKey('jwk', privateKey))
  // The types of Node and those of workerd name a JWK differently.
  const publicJwk = Object.fromEntries(jwk.filter(([member]) => PUBLIC_MEMBERS.has(member))) as never
  const publicKey = await crypto.subtle.importKey('jwk', publicJwk, signing.generate, true, ['verify'])
  return { signing, privateKey, spki: await exported('spki', publicKey) }
}

/** The PrivateKeyInfo of a key. */
export function pkcs8Of({ privateKey }: Keys): Promise<Bytes> {
  return exported('pkcs8', privateKey)
}

async function exported(format: 'spki' | 'pkcs8', key: CryptoKey): Promise<Bytes> {
  return new Uint8Array((await crypto.subtle.exportKey(format, key)) as ArrayBuffer)
}

/** A signature as WebCrypto writes it; for ECDSA, r and then s. */
export async function signRaw(octets: Bytes, { signing, privateKey }: Keys): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign(signing.sign, privateKey, Uint8Array.from(octets)))
}

/** The octets of signatureValue over a TBSCertificate or TBSCertList. */
export async function sign(tbs: Bytes, keys: Keys): Promise<Bytes> {
  const raw = await signRaw(tbs, keys)
  return keys.signing.ecdsa ? ecdsaDer(raw) : raw
}

/** What replaces a valid signature. */
export interface SignatureFields {
  /** A BIT STRING. */
  readonly signature?: Bytes
  /** The valid signature with its last bit flipped. */
  readonly breakSignature?: boolean
}

/** The signatureValue, a BIT STRING, of a TBSCertificate or TBSCertList. */
export async function signatureValue(
  tbs: Bytes,
  keys: Keys,
  { signature, breakSignature }: SignatureFields,
): Promise<Bytes> {
  if (signature !== undefined) return signature
  const octets = await sign(tbs, keys)
  if (breakSignature) octets[octets.length - 1] = (octets.at(-1) ?? 0) ^ 1
  return bits(octets)
}

/** An Ecdsa-Sig-Value (RFC 3279 2.2.3) from r and then s. */
export function ecdsaDer(raw: Bytes): Bytes {
  const half = raw.length / 2
  const part = (from: number) => int(BigInt(`0x${toHex(raw.subarray(from, from + half))}`))
  return seq(part(0), part(half))
}
