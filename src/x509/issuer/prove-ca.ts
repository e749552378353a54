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

/** Where the certificate of the CA that signed a CRL can be found, and by what it is to be proven. */
export interface CaSources {
  /** The certificates of the record that the CRL was uploaded to. */
  readonly own: readonly Certificate[]
  /** Those of them that are anchors. */
  readonly anchors: TrustSet
  /** Others that can be the CA, or lead from it to the record's. They are trusted no further than what they prove. */
  readonly others: readonly Certificate[]
}

/**
 * A CA that signed a CRL, and has to do with the record that this was uploaded to: its certificate, then those that lead up
 * from it to the record's by which it was proven, that one included. On paths of other CAs, the CRL says nothing.
 */
export type ProvenCa = readonly [ca: Certificate, ...above: Certificate[]]

/** Signing CRLs is no purpose of extKeyUsage (RFC 5280 4.2.1.12), and crlSigners has looked at keyUsage. */
const CRL_SIGN: Purpose = { name: 'cRLSign', extKeyUsage: [], keyUsage: [] }

/** Certificates of one name and key that are tried. A CA that was renewed or cross-certified has two or three. */
const MAX_CERTIFICATES_OF_CA = 4

/**
 * Finds the CA that signed a CRL and proves that it has to do with a record: its certificate is one of the record's, or leads
 * to one of them, or one of them leads to it, by the rules that hold for clients' paths (RFC 5280 6.1). A CA of the same name
 * below another anchor thus does not count, and a CA's new key does where its certificate chains to the same anchor
 * (6.3.3 (f)). The work is bounded by one budget of a path.
 * @param at Unix seconds, UTC
 */
export async function proveCa(crl: Crl, sources: CaSources, at: UnixSeconds): Promise<Result<ProvenCa, CrlCheckFault>> {
  const all = [...sources.own, ...sources.others]
  const bytes = PATH_LIMITS.bytes + all.reduce((sum, { der }) => sum + der.length, 0)
  // What the owner's certificates are does not use up the limits that are there for clients.
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

/** The path from a CA up to the record's certificates, to an anchor where there is one; else why there is none. */
async function leadsUp(ca: Certificate, search: Search): Promise<ProvenCa | string> {
  const registered = search.own.some(({ der }) => sameOctets(der, ca.der))
  const toAnchor = await pathBetween(ca, search.anchors, search)
  if (typeof toAnchor !== 'string') return proven(ca, toAnchor)
  // Whoever registered a CA vouches for it. What is above it is not known then.
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
  // What verdictOf would say of it is about a client's certificate.
  const { fault, at: refused } = outcome
  return refused === undefined ? fault.reason : `${fault.reason}: ${displayName(refused.certificate.subject)}`
}

function trustOf(certificates: readonly Certificate[]): TrustSet {
  return new TrustSet(certificates.map((certificate, index) => ({ id: String(index), certificate })))
}
