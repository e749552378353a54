import { type Certificate, type ReadFault, readCertificate } from '../certificate.ts'
import { type Entry, entry, octetsKey } from './entry.ts'

/** A registered certificate, under the id that verdicts name it by. */
export interface Anchor {
  readonly id: string
  readonly certificate: Certificate | Uint8Array
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
 * Reads anchors. They are matched by their DER: of the same certificate under several ids, the first one counts.
 * RFC 5280 6.1.1 (d) lets an anchor be a name and a key; here it is a certificate, and its own limits hold (search.ts).
 */
export function trustSet(anchors: readonly Anchor[]): TrustSet {
  const byDer = new Map<string, Entry>()
  const unreadable: UnreadableAnchor[] = []
  for (const { id, certificate } of anchors) {
    const read = asCertificate(certificate)
    if ('reason' in read) unreadable.push({ id, fault: read })
    else {
      const key = octetsKey(read.der)
      if (!byDer.has(key)) byDer.set(key, entry(read, { role: 'anchor', id }))
    }
  }
  return { byDer, bySubject: indexBySubject(byDer.values()), unreadable, size: byDer.size }
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
