import { displayName } from '../name.ts'
import { describeKey } from '../public-key.ts'
import type { Budget } from './budget.ts'
import { rawEcdsaSignature } from './ecdsa-signature.ts'
import type { Entry } from './entry.ts'
import type { SignatureFault } from './fault.ts'
import { allowedKeyType, importableSpki } from './keys.ts'
import { fits, type SignatureScheme, signatureScheme } from './signature-scheme.ts'

/**
 * Verifies signatures through WebCrypto (RFC 5280 6.1.3 (a) (1)). Made for one decision: it imports each key and checks
 * each pair of certificate and key once, so cross-signed CAs that share a key cost one check.
 */
export class SignatureChecker {
  readonly #budget: Budget
  readonly #keys = new Map<string, Promise<CryptoKey | undefined>>()
  readonly #checked = new Map<Entry, Map<string, SignatureFault | undefined>>()

  constructor(budget: Budget) {
    this.#budget = budget
  }

  /**
   * Whether the issuer's key signed the subject's TBSCertificate, over its original octets. The issuer's key must have
   * passed checkKey. Spends a signature check where one is made; throws LimitReached where none is left.
   */
  async check(subject: Entry, issuer: Entry): Promise<SignatureFault | undefined> {
    const known = this.#checked.get(subject) ?? new Map<string, SignatureFault | undefined>()
    this.#checked.set(subject, known)
    if (!known.has(issuer.publicKeyKey)) known.set(issuer.publicKeyKey, await this.#check(subject, issuer))
    return known.get(issuer.publicKeyKey)
  }

  async #check(subject: Entry, issuer: Entry): Promise<SignatureFault | undefined> {
    const scheme = signatureScheme(subject.certificate.signatureAlgorithm)
    if (!scheme.ok) return scheme.error
    const keyType = allowedKeyType(issuer.certificate.publicKey)
    if (keyType === undefined || !fits(scheme.value, issuer.certificate.publicKey, keyType))
      return invalid(subject, issuer, 'key_type')
    const signature = webCryptoSignature(scheme.value, subject, issuer)
    if (signature === undefined) return invalid(subject, issuer, 'encoding')
    const key = await this.#import(scheme.value, issuer)
    if (key === undefined) return { reason: 'key_unusable', key: describeKey(issuer.certificate.publicKey.kind) }
    this.#budget.spend('signatureChecks')
    const holds = await crypto.subtle.verify(verifyAlgorithm(scheme.value), key, signature, subject.certificate.tbs)
    return holds ? undefined : invalid(subject, issuer, 'mismatch')
  }

  /** Undefined for a key that WebCrypto does not take: a point off its curve, an RSA exponent other than 3 and 65537. */
  #import(scheme: SignatureScheme, issuer: Entry): Promise<CryptoKey | undefined> {
    const algorithm = importAlgorithm(scheme, issuer)
    const id = `${JSON.stringify(algorithm)} ${issuer.publicKeyKey}`
    const imported =
      this.#keys.get(id) ??
      crypto.subtle
        .importKey('spki', importableSpki(issuer.certificate.publicKey), algorithm, false, ['verify'])
        .catch(() => undefined)
    this.#keys.set(id, imported)
    return imported
  }
}

/** Ed25519 and RSA signatures as they stand; ECDSA as r and s side by side. Undefined when it is no such signature. */
function webCryptoSignature(scheme: SignatureScheme, subject: Entry, issuer: Entry): Uint8Array | undefined {
  const { signature } = subject.certificate
  if (scheme.scheme !== 'ECDSA') return signature
  const { kind } = issuer.certificate.publicKey
  return kind.type === 'EC' && kind.bits !== undefined ? rawEcdsaSignature(signature, kind.bits) : undefined
}

function importAlgorithm(scheme: SignatureScheme, issuer: Entry) {
  const { kind } = issuer.certificate.publicKey
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

function invalid(subject: Entry, issuer: Entry, because: 'key_type' | 'encoding' | 'mismatch'): SignatureFault {
  return {
    reason: 'signature_invalid',
    issuer: displayName(issuer.certificate.subject),
    because,
    keyIdentifiers: compareKeyIdentifiers(subject, issuer),
  }
}

/** RFC 5280 4.2.1.1: a hint at which key signed, never a proof, so it orders candidates and explains, but decides nothing. */
export function compareKeyIdentifiers(subject: Entry, issuer: Entry): 'match' | 'differ' | 'absent' {
  const wanted = subject.certificate.extensions.values.authorityKeyIdentifier
  const offered = issuer.certificate.extensions.values.subjectKeyIdentifier
  if (wanted === undefined || offered === undefined) return 'absent'
  return wanted === offered ? 'match' : 'differ'
}
