import { octetsKey, sameOctets } from '../asn1/values.ts'
import { LimitReached } from '../budget.ts'
import type { Certificate, ReadFault } from '../certificate/certificate.ts'
import type { PathLimits } from '../path-limits.ts'
import { type Entry, entry } from './entry.ts'
import { asCertificate, indexBySubject, type TrustSet } from './trust-set.ts'

/** The certificates that came with the leaf, ready for the search. */
export interface Presented {
  readonly bySubject: ReadonlyMap<string, readonly Entry[]>
  /** Certificates that cannot be read. They are on no path, but may be the reason why none is found. */
  readonly unreadable: readonly { readonly position: number; readonly fault: ReadFault }[]
}

/** Throws LimitReached where leaf and intermediates together are too large. Called before anything is read. */
export function checkBytes(presented: readonly (Certificate | Uint8Array)[], { bytes }: PathLimits): void {
  const total = presented.reduce((sum, given) => sum + (given instanceof Uint8Array ? given : given.der).length, 0)
  if (!(total <= bytes)) throw new LimitReached('bytes', bytes)
}

/**
 * Reads the intermediates, in any order and with repetitions (RFC 8446 4.4.2), and keeps those that could be between the leaf and
 * an anchor. A copy of the leaf or of a registered certificate is left out. Throws LimitReached where too many are left.
 */
export function readPresented(
  leaf: Entry,
  intermediates: readonly (Certificate | Uint8Array)[],
  trust: TrustSet,
  limits: PathLimits,
): Presented {
  const seen = new Set([octetsKey(leaf.certificate.der)])
  const entries: Entry[] = []
  const unreadable: { position: number; fault: ReadFault }[] = []
  for (const [index, given] of intermediates.entries()) {
    const key = octetsKey(given instanceof Uint8Array ? given : given.der)
    if (seen.has(key)) continue
    seen.add(key)
    const position = index + 1
    const read = asCertificate(given)
    if ('reason' in read) {
      unreadable.push({ position, fault: read })
      continue
    }
    const made = entry(read, { role: 'intermediate', position })
    if (!isRegistered(made, trust)) entries.push(made)
  }
  return { bySubject: indexBySubject(reachable(leaf, entries, trust, limits.intermediates)), unreadable }
}

function isRegistered({ subjectKey, certificate }: Entry, trust: TrustSet): boolean {
  const registered = [...trust.anchorsNamed(subjectKey), ...trust.intermediatesNamed(subjectKey)]
  return registered.some((known) => sameOctets(known.certificate.der, certificate.der))
}

/** The entries that issuer names lead to from the leaf, by registered certificates too. */
function reachable(leaf: Entry, entries: readonly Entry[], trust: TrustSet, limit: number): readonly Entry[] {
  const bySubject = indexBySubject(entries)
  const found: Entry[] = []
  const names = new Set([leaf.issuerKey])
  // The set grows during the loop, so that the issuers of issuers follow.
  for (const name of names) {
    for (const candidate of bySubject.get(name) ?? []) {
      found.push(candidate)
      names.add(candidate.issuerKey)
    }
    for (const { issuerKey } of trust.intermediatesNamed(name)) names.add(issuerKey)
    if (!(found.length <= limit)) throw new LimitReached('intermediates', limit)
  }
  return found
}
