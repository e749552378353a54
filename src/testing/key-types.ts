import { fromBase64 } from '../core/bytes.ts'
import { DerReader, encodePem, sameOctets } from '../x509/index.ts'
import { type Bytes, nul, oid, seq } from './der.ts'
import { ecdsa, ed25519, type Keys, keysFromPkcs8, newKeys, pkcs8Of, rsaPkcs1, type Signing } from './keys.ts'

/** The common types of key, and their keys in PEM. */

export type KeyType = 'P-256' | 'P-384' | 'P-521' | 'RSA-2048' | 'Ed25519'

/** How a key of each type signs, and the AlgorithmIdentifier of such keys (RFC 5480 2.1.1, RFC 3279 2.3.1, RFC 8410 3). */
const KEY_TYPES: Readonly<Record<KeyType, () => { readonly signing: Signing; readonly algorithm: Bytes }>> = {
  'P-256': () => ({ signing: ecdsa('P-256', 256), algorithm: ecKey('1.2.840.10045.3.1.7') }),
  'P-384': () => ({ signing: ecdsa('P-384', 384), algorithm: ecKey('1.3.132.0.34') }),
  'P-521': () => ({ signing: ecdsa('P-521', 512), algorithm: ecKey('1.3.132.0.35') }),
  'RSA-2048': () => ({ signing: rsaPkcs1(256), algorithm: seq(oid('1.2.840.113549.1.1.1'), nul()) }),
  Ed25519: () => ({ signing: ed25519(), algorithm: seq(oid('1.3.101.112')) }),
}

const NAMES = 'P-256, P-384, P-521, RSA-2048, Ed25519'

const ecKey = (curve: string) => seq(oid('1.2.840.10045.2.1'), oid(curve))

/** @throws TypeError when `type` is another type */
export async function newKeysOf(type: KeyType): Promise<Keys> {
  if (!Object.hasOwn(KEY_TYPES, type)) throw new TypeError(`keyType: ${type} is none of ${NAMES}`)
  return newKeys(KEY_TYPES[type]().signing)
}

/** The keys of a PKCS #8 in PEM (RFC 7468 10). @throws TypeError when it is not PKCS #8, or its type is not one of these */
export async function keysFromPem(pem: string): Promise<Keys> {
  const [, base64] = /-----BEGIN PRIVATE KEY-----([\w+/=\s]+)-----END PRIVATE KEY-----/.exec(pem) ?? []
  if (base64 === undefined) throw new TypeError('key: no PEM block PRIVATE KEY, which is PKCS #8 without a password')
  try {
    const pkcs8 = fromBase64(base64)
    const algorithm = algorithmOf(pkcs8)
    const found = Object.values(KEY_TYPES).find((type) => sameOctets(type().algorithm, algorithm))
    if (found !== undefined) return await keysFromPkcs8(found().signing, pkcs8)
  } catch (cause) {
    throw new TypeError('key: it cannot be read', { cause })
  }
  throw new TypeError(`key: its type is none of ${NAMES}`)
}

export async function pemOf(keys: Keys): Promise<string> {
  return encodePem(await pkcs8Of(keys), 'PRIVATE KEY')
}

/** RFC 5280 4.2.1.2, method 1: SHA-1 of the public key's BIT STRING. */
export async function keyIdentifierOf({ spki }: Keys): Promise<Bytes> {
  const members = DerReader.over(spki).sequence('subjectPublicKeyInfo')
  members.read('algorithm')
  const [, ...key] = members.read('subjectPublicKey').content
  return new Uint8Array(await crypto.subtle.digest('SHA-1', Uint8Array.from(key)))
}

/** privateKeyAlgorithm of a PrivateKeyInfo. */
function algorithmOf(pkcs8: Bytes): Bytes {
  const members = DerReader.over(pkcs8).sequence('key')
  members.read('version')
  return members.read('privateKeyAlgorithm').der
}
