import { DerReader, TAG } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { KEY_ALGORITHM } from '../asn1/oids.ts'
import { describeKey, type PublicKey, rsaKey, underRsaEncryption } from '../certificate/public-key.ts'
import { MAX_RSA_BITS, MIN_RSA_BITS } from '../limits.ts'

/** Octets of an Ed25519 public key (RFC 8032 5.1.5). */
const ED25519_BYTES = 32

/** The kind of signatures that a key verifies. RSA keys under id-RSASSA-PSS verify RSASSA-PSS only (RFC 4055 1.2). */
export type KeyType = 'RSA' | 'RSASSA-PSS' | 'EC' | 'Ed25519'

/**
 * The type of a key on the allow-list: RSA of 2048 to 8192 bits (limits.ts), P-256, P-384, P-521, Ed25519. Undefined for any
 * other key, although WebCrypto in workerd takes even RSA-512.
 * Sizes of RSA that are not a multiple of 8 come from broken generators (CA/Browser Forum BR 6.1.5 forbids them).
 */
export function allowedKeyType(key: PublicKey): KeyType | undefined {
  switch (key.kind.type) {
    case 'RSA':
      return sizeAllowed(key.kind.bits) ? 'RSA' : undefined
    case 'EC':
      return key.kind.bits === undefined ? undefined : 'EC'
    case 'other':
      if (key.algorithm.oid === KEY_ALGORITHM.rsassaPss) return sizeAllowed(pssBits(key)) ? 'RSASSA-PSS' : undefined
      return isEd25519(key) ? 'Ed25519' : undefined
  }
}

/** The name of a key that is not on the allow-list; undefined for one that is. */
export function refusedKey(key: PublicKey): string | undefined {
  if (allowedKeyType(key) !== undefined) return undefined
  const bits = key.algorithm.oid === KEY_ALGORITHM.rsassaPss ? pssBits(key) : undefined
  return bits === undefined ? describeKey(key.kind) : `${describeKey(key.kind)} ${bits}`
}

function sizeAllowed(bits: number | undefined): boolean {
  return bits !== undefined && bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS && bits % 8 === 0
}

/** RFC 8410 3: without parameters, of 32 octets. */
function isEd25519({ algorithm, keyOctets }: PublicKey): boolean {
  return (
    algorithm.oid === KEY_ALGORITHM.ed25519 && algorithm.parameters === undefined && keyOctets.length === ED25519_BYTES
  )
}

/** Bits of the modulus; undefined where it is not an RSAPublicKey. The certificate reader does not read RSASSA-PSS keys. */
function pssBits({ keyOctets }: PublicKey): number | undefined {
  try {
    return rsaKey(keyOctets, 'subjectPublicKey').bits
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return undefined
  }
}

/**
 * The SubjectPublicKeyInfo in the form that WebCrypto imports. workerd does not import id-RSASSA-PSS, so such a key is put under
 * rsaEncryption.
 */
export function importableSpki(key: PublicKey): Uint8Array {
  if (key.algorithm.oid !== KEY_ALGORITHM.rsassaPss) return key.der
  const outer = DerReader.over(key.der).sequence('subjectPublicKeyInfo')
  outer.read('algorithm')
  return underRsaEncryption(outer.expect(TAG.bitString, 'subjectPublicKey').der)
}
