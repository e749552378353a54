import { fail, ok, type Result } from '../../core/result.ts'
import type { UnixSeconds } from '../../core/units.ts'
import { sameOctets } from '../asn1/values.ts'
import { Budget } from '../budget.ts'
import type { Certificate } from '../certificate/certificate.ts'
import { displayName } from '../certificate/name.ts'
import { crlSigners } from '../crl/check-crl.ts'
import type { Crl } from '../crl/crl.ts'
import type { CrlCheckFault } from '../crl/fault.ts'
import type { Purpose } from '../path/purpose.ts'
import { TrustSet } from '../path/trust-set.ts'
import { type AcceptedPath, verifyPath } from '../path/verify.ts'
import { PATH_LIMITS } from '../path-limits.ts'

/** The certificates among which the CA that signed a CRL is looked for and by which it is proven. */
export interface CaSources {
  /** The certificates of the record that the CRL was uploaded to. */
  readonly own: readonly Certificate[]
  /** The anchors among `own`. */
  readonly anchors: TrustSet
  /** Other certificates, which may be the CA's or lead from it to the record's. They are not trusted by themselves. */
  readonly others: readonly Certificate[]
}

/**
 * A CA that signed a CRL and that the record of the upload proves: its certificate, then the certificates up to the one of the
 * record that proves it, included. The CRL does not count on paths without these CAs.
 */
export type ProvenCa = readonly [ca: Certificate, ...above: Certificate[]]

/** extKeyUsage has no purpose for signing CRLs (RFC 5280 4.2.1.12), and crlSigners has checked keyUsage. */
const CRL_SIGN: Purpose = { name: 'cRLSign', extKeyUsage: [], keyUsage: [] }

/** Most certificates of one name and key that are tried. A CA that was renewed or cross-certified has two or three. */
const MAX_CERTIFICATES_OF_CA = 4

/**
 * Finds the CA that signed a CRL, and proves it by a record: its certificate is one of the record's, or a path leads from it to
 * one of them, or from one of them to it, by the rules for clients' paths (RFC 5280 6.1). A CA of the same name below another
 * anchor does not count. A CA's new key counts where its certificate leads to the same anchor (6.3.3 (f)). The budget of one path
 * bounds the work.
 * @param at Unix seconds, UTC
 */
export async function proveCa(crl: Crl, sources: CaSources, at: UnixSeconds): Promise<Result<ProvenCa, CrlCheckFault>> {
  const all = [...sources.own, ...sources.others]
  const bytes = PATH_LIMITS.bytes + all.reduce((sum, { der }) => sum + der.length, 0)
  // These limits are for what clients present. The owner's own certificates do not count against them.
  const budget = new Budget({ ...PATH_LIMITS, bytes, intermediates: Math.max(PATH_LIMITS.intermediates, all.length) })
  const signers = await crlSigners(crl, all, at, budget)
  if (!signers.ok) return signers
  const tried = signers.value.slice(0, MAX_CERTIFICATES_OF_CA)
  const search: Search = { ...sources, all, at, budget }
  let why = ''
  for (const ca of tried) {
    const below = await leadsUp(ca, search)
    if (typeof below !== 'string') return ok(below)
    why ||= below
  }
  for (const ca of tried) {
    if (await isAbove(ca, search)) return ok([ca])
  }
  return fail({ reason: 'crl_ca_unproven', issuer: displayName(crl.issuer), why })
}

interface Search extends CaSources {
  readonly all: readonly Certificate[]
  /** Unix seconds, UTC. */
  readonly at: UnixSeconds
  readonly budget: Budget
}

/** The path from a CA up to a certificate of the record, to an anchor where possible; or why there is none. */
async function leadsUp(ca: Certificate, search: Search): Promise<ProvenCa | string> {
  const registered = search.own.some(({ der }) => sameOctets(der, ca.der))
  const toAnchor = await pathBetween(ca, search.anchors, search)
  if (typeof toAnchor !== 'string') return proven(ca, toAnchor)
  // The owner who registered a CA vouches for it. The path above it is not known.
  if (registered) return [ca]
  const toAny = await pathBetween(ca, trustOf(search.own), search)
  return typeof toAny === 'string' ? toAnchor : proven(ca, toAny)
}

function proven(ca: Certificate, { path }: AcceptedPath): ProvenCa {
  return [ca, ...path.slice(1).map(({ certificate }) => certificate)]
}

/** Whether one of the record's certificates leads up to the CA. */
async function isAbove(ca: Certificate, search: Search): Promise<boolean> {
  for (const own of search.own) {
    if (typeof (await pathBetween(own, trustOf([ca]), search)) !== 'string') return true
  }
  return false
}

async function pathBetween(
  leaf: Certificate,
  trust: TrustSet,
  { all, at, budget }: Search,
): Promise<AcceptedPath | string> {
  const outcome = await verifyPath({ leaf, intermediates: all, trust, at, purpose: CRL_SIGN, budget })
  if (outcome.accepted) return outcome
  // verdictOf does not serve here: its texts are about a client's certificate.
  const { fault, at: refused } = outcome
  return refused === undefined ? fault.reason : `${fault.reason}: ${displayName(refused.certificate.subject)}`
}

function trustOf(certificates: readonly Certificate[]): TrustSet {
  return new TrustSet(certificates.map((certificate, index) => ({ id: String(index), certificate })))
}
