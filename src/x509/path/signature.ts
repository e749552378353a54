import type { Budget } from '../budget.ts'
import { authorityKeyIdentifier } from '../certificate/informing-extensions.ts'
import { compareKeyIdentifiers } from '../certificate/key-identifiers.ts'
import { displayName } from '../certificate/name.ts'
import { describeKey, type PublicKey } from '../certificate/public-key.ts'
import { checkSignature, ImportedKeys, type SignatureProblem } from '../signature/signature-check.ts'
import type { Entry } from './entry.ts'
import type { SignatureFault } from './reasons/fault.ts'

/**
 * Verifies the signatures over certificates (RFC 5280 6.1.3 (a) (1)) in one decision. Each key is imported once, and each pair of
 * certificate and key is checked once, so cross-signed CAs that share a key cost one check.
 */
export class SignatureChecker {
  readonly #budget: Budget
  readonly #keys = new ImportedKeys()
  readonly #checked = new Map<Entry, Map<string, SignatureFault | undefined>>()

  constructor(budget: Budget) {
    this.#budget = budget
  }

  /**
   * Whether the issuer's key, which must have passed checkKey, signed the original octets of the subject's TBSCertificate. Spends
   * a signature check where one is made; throws LimitReached where none is left.
   */
  async check(subject: Entry, issuer: Entry): Promise<SignatureFault | undefined> {
    const known = this.#checked.get(subject) ?? new Map<string, SignatureFault | undefined>()
    this.#checked.set(subject, known)
    if (!known.has(issuer.publicKeyKey)) known.set(issuer.publicKeyKey, await this.#check(subject, issuer))
    return known.get(issuer.publicKeyKey)
  }

  async #check(subject: Entry, issuer: Entry): Promise<SignatureFault | undefined> {
    const { publicKey } = issuer.certificate
    const problem = await checkSignature(subject.certificate, publicKey, this.#keys, () => {
      this.#budget.spend('signatureCost', verificationCost(publicKey))
      this.#budget.spend('signatureChecks')
    })
    return problem && signatureFault(problem, subject, issuer)
  }
}

/** Time of a verification by the bits of the curve. The unit is one with P-256. Measured in workerd, with the key's import. */
const CURVE_COST: Readonly<Record<number, number>> = { 256: 1, 384: 7, 521: 17 }
/** The same for RSA of more than 4096 bits. Shorter RSA keys and Ed25519 cost as much as P-256. */
const LONG_RSA_COST = 4
/** Most octets of the SubjectPublicKeyInfo of an RSA key of 4096 bits, parameters for RSASSA-PSS included. */
const RSA_4096_BYTES = 650

function verificationCost({ kind, der }: PublicKey): number {
  if (kind.type === 'EC') return CURVE_COST[kind.bits ?? 0] ?? 1
  return der.length > RSA_4096_BYTES ? LONG_RSA_COST : 1
}

function signatureFault(problem: SignatureProblem, subject: Entry, issuer: Entry): SignatureFault {
  switch (problem.reason) {
    case 'signature_algorithm_not_allowed':
    case 'signature_parameters':
      return problem
    case 'key_unusable':
      return { reason: 'key_unusable', key: describeKey(issuer.certificate.publicKey.kind) }
    default:
      return {
        reason: 'signature_invalid',
        issuer: displayName(issuer.certificate.subject),
        because: problem.reason,
        keyIdentifiers: compareKeyIdentifiers(authorityKeyIdentifier(subject.certificate), issuer.certificate),
      }
  }
}
