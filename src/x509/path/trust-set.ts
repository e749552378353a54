import { sameOctets } from '../asn1/values.ts'
import { type Certificate, type ReadFault, readCertificate, readSubject } from '../certificate/certificate.ts'
import { nameKey } from '../certificate/name-key.ts'
import { type AnchorOrigin, type Entry, entry } from './entry.ts'

/** A registered certificate, under the id that verdicts name it by. */
export interface Registered {
  readonly id: string
  readonly certificate: Certificate | Uint8Array
}

/** A registered certificate that paths may end at. */
export interface Anchor extends Registered {
  /** What becomes of a certificate below it that no CRL covers: `allow` (default) lets it pass, and says so. */
  readonly uncovered?: 'allow' | 'refuse'
}

/** An anchor that cannot be read, and so is none. */
export interface UnreadableAnchor {
  readonly id: string
  readonly fault: ReadFault
}

/**
 * What is registered, ready to be searched by name; good for any number of decisions. Of each certificate only the subject
 * is read, until a path needs the rest: what a decision costs does not grow with what is registered.
 * RFC 5280 6.1.1 (d) lets an anchor be a name and a key; here it is a certificate, and its own limits hold (search.ts).
 */
export class TrustSet {
  /** Registered anchors. */
  readonly size: number
  readonly #anchors: NamedCertificates<Anchor>
  readonly #intermediates: NamedCertificates<Registered>

  constructor(anchors: readonly Anchor[], intermediates: readonly Registered[] = []) {
    this.size = anchors.length
    this.#anchors = new NamedCertificates(anchors, anchorEntry)
    this.#intermediates = new NamedCertificates(intermediates, intermediateEntry)
  }

  /** Anchors with a subject, given its key (nameKey). The same certificate under several ids is one anchor. */
  anchorsNamed(subjectKey: string): readonly Entry[] {
    return this.#anchors.named(subjectKey)
  }

  /** Registered certificates that are no anchors: they help to build paths, and are trusted no further than that. */
  intermediatesNamed(subjectKey: string): readonly Entry[] {
    return this.#intermediates.named(subjectKey)
  }

  /** Anchors that turned out to be unreadable, as far as they were looked at. */
  get unreadable(): readonly UnreadableAnchor[] {
    return this.#anchors.unreadable
  }
}

/** Certificates by their subjects. Those of a name are read when that name is first asked for. */
class NamedCertificates<R extends Registered> {
  readonly unreadable: UnreadableAnchor[] = []
  readonly #unread = new Map<string, R[]>()
  readonly #read = new Map<string, readonly Entry[]>()
  readonly #toEntry: ToEntry<R>

  constructor(registered: readonly R[], toEntry: ToEntry<R>) {
    this.#toEntry = toEntry
    for (const one of registered) {
      const subjectKey = subjectKeyOf(one.certificate)
      if (subjectKey === undefined) this.#note(one)
      else appendTo(this.#unread, subjectKey, one)
    }
  }

  named(subjectKey: string): readonly Entry[] {
    const known = this.#read.get(subjectKey)
    if (known !== undefined) return known
    const entries: Entry[] = []
    for (const one of this.#unread.get(subjectKey) ?? []) {
      const read = asCertificate(one.certificate)
      if ('reason' in read) this.#note(one)
      else merge(entries, read, one, this.#toEntry)
    }
    if (entries.length > 0) this.#read.set(subjectKey, entries)
    this.#unread.delete(subjectKey)
    return entries
  }

  #note({ id, certificate }: R): void {
    const read = asCertificate(certificate)
    if ('reason' in read) this.unreadable.push({ id, fault: read })
  }
}

function subjectKeyOf(certificate: Certificate | Uint8Array): string | undefined {
  const subject = certificate instanceof Uint8Array ? readSubject(certificate) : certificate.subject
  return subject && nameKey(subject)
}

/** Makes the entry of a certificate, given the one it has under earlier ids. */
type ToEntry<R> = (certificate: Certificate, registered: R, known: Entry | undefined) => Entry

function merge<R>(entries: Entry[], certificate: Certificate, registered: R, toEntry: ToEntry<R>): void {
  const index = entries.findIndex((known) => sameOctets(known.certificate.der, certificate.der))
  const made = toEntry(certificate, registered, entries[index])
  if (index === -1) entries.push(made)
  else entries[index] = made
}

/** The strictest of what its owners ask for holds. */
function anchorEntry(certificate: Certificate, { id, uncovered }: Anchor, known: Entry | undefined): Entry {
  const mustBeCovered = uncovered === 'refuse'
  if (known?.origin.role !== 'anchor') return entry(certificate, { role: 'anchor', ids: [id], mustBeCovered })
  const { origin } = known
  const ids: AnchorOrigin['ids'] = [...origin.ids, id]
  return { ...known, origin: { role: 'anchor', ids, mustBeCovered: mustBeCovered || origin.mustBeCovered } }
}

function intermediateEntry(certificate: Certificate, { id }: Registered, known: Entry | undefined): Entry {
  return known ?? entry(certificate, { role: 'intermediate', certificateId: id })
}

/** Reads what is DER still. */
export function asCertificate(given: Certificate | Uint8Array): Certificate | ReadFault {
  if (!(given instanceof Uint8Array)) return given
  const read = readCertificate(given)
  return read.ok ? read.value : read.error
}

export function indexBySubject(entries: Iterable<Entry>): ReadonlyMap<string, readonly Entry[]> {
  const index = new Map<string, Entry[]>()
  for (const candidate of entries) appendTo(index, candidate.subjectKey, candidate)
  return index
}

function appendTo<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
