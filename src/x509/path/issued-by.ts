import { type Budget, LimitReached } from '../budget.ts'
import { checkKey } from './certificate-checks.ts'
import { type Entry, entry } from './entry.ts'
import { checkCa } from './issuer-checks.ts'
import { readPresented } from './presented.ts'
import { SignatureChecker } from './signature.ts'
import { asCertificate, type TrustSet } from './trust-set.ts'

/** A certificate, what came with it, and the registered certificates that may have issued it. */
export interface IssuedByRequest {
  /** DER. */
  readonly leaf: Uint8Array
  /** DER, in any order. */
  readonly intermediates: readonly Uint8Array[]
  readonly trust: TrustSet
  readonly budget: Budget
}

/**
 * Whether a registered certificate signed a certificate, by itself or by way of CAs that came with it, whatever else is wrong with
 * them: dates, purposes, names, revocation. It says whose certificate was refused, and lets nobody in. Anybody can name a CA as
 * issuer, so only signatures count. `unknown`: the budget does not suffice.
 */
export async function isIssuedBy(request: IssuedByRequest): Promise<boolean | 'unknown'> {
  const certificate = asCertificate(request.leaf)
  if ('reason' in certificate) return false
  try {
    return await leadsUp(entry(certificate, { role: 'leaf' }), request)
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error
    return error.limit === 'signatureChecks' || error.limit === 'signatureCost' ? 'unknown' : false
  }
}

async function leadsUp(leaf: Entry, { intermediates, trust, budget }: IssuedByRequest): Promise<boolean> {
  const presented = readPresented(leaf, intermediates, trust, budget.limits)
  const signatures = new SignatureChecker(budget)
  const signed = async (subject: Entry, issuer: Entry) =>
    checkKey(issuer) === undefined && (await signatures.check(subject, issuer)) === undefined
  // The set grows during the loop, so that the issuers of issuers follow.
  const reached = new Set([leaf])
  for (const top of reached) {
    const { issuerKey } = top
    for (const registered of [...trust.anchorsNamed(issuerKey), ...trust.intermediatesNamed(issuerKey)]) {
      if (await signed(top, registered)) return true
    }
    // A client's certificate must not vouch for another.
    const cas = (presented.bySubject.get(issuerKey) ?? []).filter((issuer) => checkCa(issuer) === undefined)
    for (const issuer of cas) if (await signed(top, issuer)) reached.add(issuer)
  }
  return false
}
