import { fail, ok, type Result } from '../../core/result.ts'
import { Malformed } from '../asn1/malformed.ts'
import { type AlgorithmIdentifier, signatureAlgorithm, signatureName } from '../certificate/algorithm.ts'
import type { PublicKey } from '../certificate/public-key.ts'
import type { KeyType } from './keys.ts'
import { type Hash, type PssScheme, pssKeyAllows, readPssParameters } from './pss-parameters.ts'

/** Why a signature is not checked: its algorithm is not on the allow-list, or its parameters are wrong. */
export type SchemeFault =
  | { readonly reason: 'signature_algorithm_not_allowed'; readonly algorithm: string; readonly weak: boolean }
  | { readonly reason: 'signature_parameters'; readonly algorithm: string; readonly problem: string }

/** How a signature is verified. */
export type SignatureScheme =
  | { readonly scheme: 'RSASSA-PKCS1-v1_5'; readonly hash: Hash }
  | PssScheme
  | { readonly scheme: 'ECDSA'; readonly hash: Hash }
  | { readonly scheme: 'Ed25519' }

const RSASSA_PSS = '1.2.840.113549.1.1.10'
const ED25519 = '1.3.101.112'

/** Signatures over hashes that are broken: MD2, MD4, MD5 (RFC 6149, 6150, 6151) and SHA-1 (RFC 6194), with RSA, EC, DSA. */
const WEAK: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.2',
  '1.2.840.113549.1.1.3',
  '1.2.840.113549.1.1.4',
  '1.2.840.113549.1.1.5',
  '1.2.840.10045.4.1',
  '1.2.840.10040.4.3',
])

/**
 * The scheme with which a certificate or CRL is signed. RFC 5280 4.1.1.2 does not choose algorithms. This is the allow-list:
 * SHA-256, SHA-384 or SHA-512 with RSA PKCS #1, RSASSA-PSS or ECDSA, and Ed25519. MD5 and SHA-1 are not on it, although WebCrypto
 * in workerd verifies them.
 */
export function signatureScheme(identifier: AlgorithmIdentifier): Result<SignatureScheme, SchemeFault> {
  const algorithm = signatureName(identifier.oid)
  try {
    const scheme = schemeOf(identifier)
    if (scheme !== undefined) return ok(scheme)
    return fail({ reason: 'signature_algorithm_not_allowed', algorithm, weak: WEAK.has(identifier.oid) })
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return fail({ reason: 'signature_parameters', algorithm, problem: error.problem })
  }
}

function schemeOf(identifier: AlgorithmIdentifier): SignatureScheme | undefined {
  if (identifier.oid === RSASSA_PSS) return readPssParameters(identifier.parameters)
  if (identifier.oid === ED25519) {
    // RFC 8410 3: "the parameters MUST be absent".
    if (identifier.parameters !== undefined) throw new Malformed('signatureAlgorithm', 'takes no parameters')
    return { scheme: 'Ed25519' }
  }
  const known = signatureAlgorithm(identifier, 'signatureAlgorithm')
  return known === undefined || known.hash === 'SHA-1' ? undefined : { scheme: known.scheme, hash: known.hash }
}

/** Whether a key can make such a signature. @param type of the key, by allowedKeyType */
export function fits(signature: SignatureScheme, key: PublicKey, type: KeyType): boolean {
  switch (signature.scheme) {
    case 'RSASSA-PKCS1-v1_5':
      return type === 'RSA'
    // RFC 4055 1.2: a key under rsaEncryption may be used with RSASSA-PSS as well.
    case 'RSA-PSS':
      return type === 'RSA' || (type === 'RSASSA-PSS' && pssAllowed(key, signature))
    case 'ECDSA':
      return type === 'EC'
    case 'Ed25519':
      return type === 'Ed25519'
  }
}

function pssAllowed(key: PublicKey, signature: PssScheme): boolean {
  try {
    return pssKeyAllows(key.algorithm.parameters, signature)
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return false
  }
}
