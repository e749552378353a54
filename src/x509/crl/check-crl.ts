import { fail, ok, type Result } from '../../result.ts'
import type { Certificate } from '../certificate.ts'
import { displayName } from '../name.ts'
import { compareKeyIdentifiers } from '../path/key-identifiers.ts'
import { refusedKey } from '../path/keys.ts'
import { nameKey } from '../path/name-key.ts'
import { checkSignature, ImportedKeys, type SignatureProblem } from '../path/signature-check.ts'
import { describeKey } from '../public-key.ts'
import type { Crl } from './crl.ts'
import type { CrlCheckFault } from './fault.ts'

/** The CA that issued a CRL, and its place among those that were asked about, from 0. */
export interface CrlIssuer {
  readonly ca: Certificate
  readonly index: number
}

/**
 * Finds the CA that issued a CRL and checks what it may (RFC 5280 6.3.3 (f) and (g), 5.1.2.4, 5.1.2.5): its name is the
 * issuer's, its key made the signature, its keyUsage, where present, has cRLSign; and the time lies from thisUpdate through
 * nextUpdate. Of several CAs that fit, the first. authorityKeyIdentifier only explains: RFC 5280 5.2.1 asks for it, but
 * `openssl ca -gencrl` writes none unless told to, and the signature decides anyway.
 * @param at Unix seconds, UTC
 */
export async function checkCrl(
  crl: Crl,
  cas: readonly Certificate[],
  at: number,
): Promise<Result<CrlIssuer, CrlCheckFault>> {
  if (at < crl.thisUpdate) return fail({ reason: 'crl_not_yet_valid', thisUpdate: crl.thisUpdate, at })
  if (at > crl.nextUpdate) return fail({ reason: 'crl_expired', nextUpdate: crl.nextUpdate, at })
  const issuer = nameKey(crl.issuer)
  const keys = new ImportedKeys()
  let best: CrlCheckFault = { reason: 'crl_issuer_unknown', issuer: displayName(crl.issuer) }
  for (const [index, ca] of cas.entries()) {
    if (nameKey(ca.subject) !== issuer) continue
    const fault = await issuerFault(crl, ca, keys)
    if (fault === undefined) return ok({ ca, index })
    // A CA whose key did sign tells more than a namesake.
    if (best.reason !== 'crl_no_crl_sign') best = fault
  }
  return fail(best)
}

/** Why a CA of the issuer's name did not issue it, or may not have; undefined when it did. */
async function issuerFault(crl: Crl, ca: Certificate, keys: ImportedKeys): Promise<CrlCheckFault | undefined> {
  const issuer = displayName(ca.subject)
  const key = refusedKey(ca.publicKey)
  if (key !== undefined) return { reason: 'crl_key_not_allowed', issuer, key }
  const problem = await checkSignature(crl, ca.publicKey, keys, () => {})
  if (problem !== undefined) return signatureFault(problem, crl, ca, issuer)
  const { keyUsage } = ca.extensions.values
  if (keyUsage === undefined || keyUsage.has('cRLSign')) return undefined
  return { reason: 'crl_no_crl_sign', issuer, present: [...keyUsage] }
}

function signatureFault(problem: SignatureProblem, crl: Crl, ca: Certificate, issuer: string): CrlCheckFault {
  switch (problem.reason) {
    case 'signature_algorithm_not_allowed':
      return { reason: 'crl_signature_algorithm', algorithm: problem.algorithm, weak: problem.weak }
    case 'signature_parameters':
      return { reason: 'crl_signature_parameters', algorithm: problem.algorithm, problem: problem.problem }
    case 'key_unusable':
      return { reason: 'crl_key_unusable', issuer, key: describeKey(ca.publicKey.kind) }
    default:
      return {
        reason: 'crl_signature_invalid',
        issuer,
        because: problem.reason,
        keyIdentifiers: compareKeyIdentifiers(crl.authorityKeyIdentifier, ca),
      }
  }
}
