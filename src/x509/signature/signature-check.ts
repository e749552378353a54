import { octetsKey } from '../asn1/values.ts'
import type { AlgorithmIdentifier } from '../certificate/algorithm.ts'
import type { PublicKey } from '../certificate/public-key.ts'
import { rawEcdsaSignature } from './ecdsa-signature.ts'
import { allowedKeyType, importableSpki } from './keys.ts'
import { fits, type SchemeFault, type SignatureScheme, signatureScheme } from './signature-scheme.ts'

/** What a CA signs: a certificate or a CRL (RFC 5280 4.1.1, 5.1.1). */
export interface Signed {
  /** The octets that are signed. */
  readonly tbs: Uint8Array
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
}

/**
 * Why a signature does not count. `key_unusable`: WebCrypto does not take the key. `key_type`: such a key cannot make such a
 * signature. `encoding`: it is not a signature of that kind. `mismatch`: the key did not make it.
 */
export type SignatureProblem = SchemeFault | { readonly reason: 'key_unusable' | 'key_type' | 'encoding' | 'mismatch' }

/**
 * Verifies a signature by WebCrypto, with the allow-lists of signature-scheme.ts and keys.ts. Undefined where it is valid.
 * @param beforeVerify is called before the costly part; checkSignature rejects with what it throws
 */
export async function checkSignature(
  signed: Signed,
  key: PublicKey,
  keys: ImportedKeys,
  beforeVerify: () => void,
): Promise<SignatureProblem | undefined> {
  const scheme = signatureScheme(signed.signatureAlgorithm)
  if (!scheme.ok) return scheme.error
  const keyType = allowedKeyType(key)
  if (keyType === undefined || !fits(scheme.value, key, keyType)) return { reason: 'key_type' }
  const signature = webCryptoSignature(scheme.value, signed.signature, key)
  if (signature === undefined) return { reason: 'encoding' }
  const imported = await keys.import(scheme.value, key)
  if (imported === undefined) return { reason: 'key_unusable' }
  beforeVerify()
  const holds = await crypto.subtle.verify(verifyAlgorithm(scheme.value), imported, signature, signed.tbs)
  return holds ? undefined : { reason: 'mismatch' }
}

/** Imports each key once. */
export class ImportedKeys {
  readonly #keys = new Map<string, Promise<CryptoKey | undefined>>()

  /** Undefined for a key that WebCrypto does not take: a point off its curve, an RSA exponent other than 3, 17, 37 and 65537. */
  import(scheme: SignatureScheme, key: PublicKey): Promise<CryptoKey | undefined> {
    const algorithm = importAlgorithm(scheme, key)
    const id = `${JSON.stringify(algorithm)} ${octetsKey(key.der)}`
    const imported =
      this.#keys.get(id) ??
      crypto.subtle.importKey('spki', importableSpki(key), algorithm, false, ['verify']).catch(() => undefined)
    this.#keys.set(id, imported)
    return imported
  }
}

/** Octets of an Ed25519 signature (RFC 8032 5.1.6). workerd throws for any other length instead of returning false. */
const ED25519_SIGNATURE_BYTES = 64

/** A signature in the form that WebCrypto takes; undefined where it is malformed. ECDSA becomes r and s concatenated. */
function webCryptoSignature(
  { scheme }: SignatureScheme,
  signature: Uint8Array,
  { kind }: PublicKey,
): Uint8Array | undefined {
  if (scheme === 'Ed25519') return signature.length === ED25519_SIGNATURE_BYTES ? signature : undefined
  if (scheme !== 'ECDSA') return signature
  return kind.type === 'EC' && kind.bits !== undefined ? rawEcdsaSignature(signature, kind.bits) : undefined
}

function importAlgorithm(scheme: SignatureScheme, { kind }: PublicKey) {
  switch (scheme.scheme) {
    case 'ECDSA':
      return { name: 'ECDSA', namedCurve: kind.type === 'EC' ? kind.curve : '' }
    case 'Ed25519':
      return { name: 'Ed25519' }
    default:
      return { name: scheme.scheme, hash: scheme.hash }
  }
}

function verifyAlgorithm(scheme: SignatureScheme) {
  switch (scheme.scheme) {
    case 'RSA-PSS':
      return { name: 'RSA-PSS', saltLength: scheme.saltLength }
    case 'ECDSA':
      return { name: 'ECDSA', hash: scheme.hash }
    default:
      return { name: scheme.scheme }
  }
}
