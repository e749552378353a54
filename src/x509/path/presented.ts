import { octetsKey, sameOctets } from '../asn1/values.ts'
import { LimitReached } from '../budget.ts'
import type { Certificate, ReadFault } from '../certificate/certificate.ts'
import type { PathLimits } from '../path-limits.ts'
import { type Entry, entry } from './entry.ts'
import { asCertificate, indexBySubject, type TrustSet } from './trust-set.ts'

/** What came with the leaf, ready to be searched. */
export interface Presented {
  readonly bySubject: ReadonlyMap<string, readonly Entry[]>
  /** Those that could not be read: no part of any path, but perhaps the reason why none was found. */
  readonly unreadable: readonly { readonly position: number; readonly fault: ReadFault }[]
}

/** Throws LimitReached when leaf and intermediates together are too large; before anything is read. */
export function checkBytes(presented: readonly (Certificate | Uint8Array)[], { bytes }: PathLimits): void {
  const total = presented.reduce((sum, given) => sum + (given instanceof Uint8Array ? given : given.der).length, 0)
  if (!(total <= bytes)) throw new LimitReached('bytes', bytes)
}

/**
 * Reads the intermediates, in any order and with repetitions (RFC 8446 4.4.2 asks to be prepared for both), and keeps
 * those that could stand between the leaf and an anchor. The leaf is the caller's: a copy of it, or of a registered
 * certificate, among the intermediates is left out and changes nothing. Throws LimitReached when too many are left.
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

/** Those that issuer names lead to from the leaf, by way of registered ones too, each visited once. */
function reachable(leaf: Entry, entries: readonly Entry[], trust: TrustSet, limit: number): readonly Entry[] {
  const bySubject = indexBySubject(entries)
  const found: Entry[] = []
  const names = new Set([leaf.issuerKey])
  // The set grows while it is walked: issuers of issuers follow.
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
