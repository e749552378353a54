import { type Certificate, type ReadFault, readCertificate } from '../certificate.ts'
import { type Entry, entry, type Origin, octetsKey } from './entry.ts'

/** A registered certificate, under the id that verdicts name it by. */
export interface Anchor {
  readonly id: string
  readonly certificate: Certificate | Uint8Array
  /** What becomes of a certificate below it that no CRL covers: `allow` (default) lets it pass, and says so. */
  readonly uncovered?: 'allow' | 'refuse'
}

/** An anchor that cannot be read, and so is none. */
export interface UnreadableAnchor {
  readonly id: string
  readonly fault: ReadFault
}

/** Anchors, read and indexed once; may be kept and used for any number of decisions. */
export interface TrustSet {
  readonly byDer: ReadonlyMap<string, Entry>
  readonly bySubject: ReadonlyMap<string, readonly Entry[]>
  readonly unreadable: readonly UnreadableAnchor[]
  /** Readable anchors, without duplicates. */
  readonly size: number
}

/**
 * Reads anchors. They are matched by their DER: the same certificate under several ids is one anchor, and the strictest of
 * what its owners ask for holds.
 * RFC 5280 6.1.1 (d) lets an anchor be a name and a key; here it is a certificate, and its own limits hold (search.ts).
 */
export function trustSet(anchors: readonly Anchor[]): TrustSet {
  const byDer = new Map<string, Entry>()
  const unreadable: UnreadableAnchor[] = []
  for (const { id, certificate, uncovered } of anchors) {
    const read = asCertificate(certificate)
    if ('reason' in read) unreadable.push({ id, fault: read })
    else {
      const key = octetsKey(read.der)
      byDer.set(key, anchorEntry(read, id, uncovered === 'refuse', byDer.get(key)?.origin))
    }
  }
  return { byDer, bySubject: indexBySubject(byDer.values()), unreadable, size: byDer.size }
}

/** @param known the same certificate under the ids before this one */
function anchorEntry(certificate: Certificate, id: string, mustBeCovered: boolean, known: Origin | undefined): Entry {
  if (known?.role !== 'anchor') return entry(certificate, { role: 'anchor', ids: [id], mustBeCovered })
  const ids = [...known.ids, id] as const
  return entry(certificate, { role: 'anchor', ids, mustBeCovered: mustBeCovered || known.mustBeCovered })
}

/** Reads what is DER still. */
export function asCertificate(given: Certificate | Uint8Array): Certificate | ReadFault {
  if (!(given instanceof Uint8Array)) return given
  const read = readCertificate(given)
  return read.ok ? read.value : read.error
}

export function indexBySubject(entries: Iterable<Entry>): ReadonlyMap<string, readonly Entry[]> {
  const index = new Map<string, Entry[]>()
  for (const candidate of entries) {
    const same = index.get(candidate.subjectKey)
    if (same === undefined) index.set(candidate.subjectKey, [candidate])
    else same.push(candidate)
  }
  return index
}
