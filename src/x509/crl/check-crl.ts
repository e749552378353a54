import { fail, ok, type Result } from '../../core/result.ts'
import type { UnixSeconds } from '../../core/units.ts'
import { octetsKey } from '../asn1/values.ts'
import { Budget, LimitReached } from '../budget.ts'
import type { Certificate } from '../certificate/certificate.ts'
import { compareKeyIdentifiers } from '../certificate/key-identifiers.ts'
import { displayName } from '../certificate/name.ts'
import { nameKey } from '../certificate/name-key.ts'
import { describeKey } from '../certificate/public-key.ts'
import { MAX_CRL_SIGNER_KEYS } from '../limits.ts'
import { refusedKey } from '../signature/keys.ts'
import { checkSignature, ImportedKeys, type SignatureProblem } from '../signature/signature-check.ts'
import type { Crl } from './crl.ts'
import type { CrlCheckFault } from './fault.ts'

/** The CA that issued a CRL. `index` is its place among the given CAs, from 0. */
export interface CrlIssuer {
  readonly ca: Certificate
  readonly index: number
}

/**
 * Finds the CA that issued a CRL: the first certificate that crlSigners() returns.
 * @param at Unix seconds, UTC
 */
export async function checkCrl(
  crl: Crl,
  cas: readonly Certificate[],
  at: UnixSeconds,
): Promise<Result<CrlIssuer, CrlCheckFault>> {
  const signers = await crlSigners(crl, cas, at)
  if (!signers.ok) return signers
  const [ca] = signers.value
  return ca === undefined ? fail(unknown(crl)) : ok({ ca, index: cas.indexOf(ca) })
}

/**
 * The certificates of the CA that issued a CRL, in the order given, at least one (RFC 5280 6.3.3 (f) and (g), 5.1.2.4, 5.1.2.5).
 * Their name is the issuer's, their key made the signature, and their keyUsage, where present, has cRLSign. The time must be
 * from thisUpdate through nextUpdate. authorityKeyIdentifier only orders the keys and explains refusals: RFC 5280 5.2.1 requires
 * it, but `openssl ca -gencrl` writes it only when told to, and the signature decides anyway.
 * @param at Unix seconds, UTC
 * @param budget counts the signature checks: one for each key, at most MAX_CRL_SIGNER_KEYS
 */
export async function crlSigners(
  crl: Crl,
  cas: readonly Certificate[],
  at: UnixSeconds,
  budget = new Budget(),
): Promise<Result<readonly Certificate[], CrlCheckFault>> {
  if (at < crl.thisUpdate) return fail({ reason: 'crl_not_yet_valid', thisUpdate: crl.thisUpdate, at })
  if (at > crl.nextUpdate) return fail({ reason: 'crl_expired', nextUpdate: crl.nextUpdate, at })
  const issuer = nameKey(crl.issuer)
  const keys = new ImportedKeys()
  let best: CrlCheckFault | undefined
  for (const sameKey of byKey(
    cas.filter(({ subject }) => nameKey(subject) === issuer),
    crl,
  )) {
    const fault = await keyFault(crl, sameKey[0], keys, budget)
    if (fault === undefined) return maySign(sameKey)
    best ??= fault
  }
  return fail(best ?? unknown(crl))
}

/** Groups certificates by their keys. Keys whose identifier differs from the CRL's are last. At most MAX_CRL_SIGNER_KEYS groups. */
function byKey(cas: readonly Certificate[], crl: Crl): readonly (readonly [Certificate, ...Certificate[]])[] {
  const groups = new Map<string, [Certificate, ...Certificate[]]>()
  for (const ca of cas) {
    const key = octetsKey(ca.publicKey.der)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [ca])
    else group.push(ca)
  }
  const differs = (group: readonly Certificate[]) =>
    group.every((ca) => compareKeyIdentifiers(crl.authorityKeyIdentifier, ca) === 'differ') ? 1 : 0
  return [...groups.values()].sort((a, b) => differs(a) - differs(b)).slice(0, MAX_CRL_SIGNER_KEYS)
}

/** Why a CA's key did not make the signature; undefined where it did. */
async function keyFault(
  crl: Crl,
  ca: Certificate,
  keys: ImportedKeys,
  budget: Budget,
): Promise<CrlCheckFault | undefined> {
  const issuer = displayName(ca.subject)
  const key = refusedKey(ca.publicKey)
  if (key !== undefined) return { reason: 'crl_key_not_allowed', issuer, key }
  try {
    const problem = await checkSignature(crl, ca.publicKey, keys, () => budget.spend('signatureChecks'))
    return problem && signatureFault(problem, crl, ca, issuer)
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error
    return { reason: 'crl_too_costly', issuer }
  }
}

/**
 * The certificates of a key that may sign CRLs. RFC 5280 6.3.3 (f): "If a key usage extension is present in the CRL issuer's
 * certificate, verify that the cRLSign bit is set." Without that extension, the certificate must be a CA's: a client must not
 * issue CRLs.
 */
function maySign(cas: readonly [Certificate, ...Certificate[]]): Result<readonly Certificate[], CrlCheckFault> {
  const may = cas.filter(({ extensions: { values } }) =>
    values.keyUsage === undefined ? values.basicConstraints?.cA === true : values.keyUsage.has('cRLSign'),
  )
  if (may.length > 0) return ok(may)
  const [{ subject, extensions }] = cas
  const { keyUsage } = extensions.values
  return fail({ reason: 'crl_no_crl_sign', issuer: displayName(subject), present: keyUsage && [...keyUsage] })
}

function unknown({ issuer }: Crl): CrlCheckFault {
  return { reason: 'crl_issuer_unknown', issuer: displayName(issuer) }
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
