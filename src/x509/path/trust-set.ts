import { sameOctets } from '../asn1/values.ts'
import { type Certificate, type ReadFault, readCertificate, readSubject } from '../certificate/certificate.ts'
import { nameKey } from '../certificate/name-key.ts'
import { type AnchorOrigin, type Entry, entry } from './entry.ts'

/** A registered certificate. */
export interface Registered {
  /** Id of its record, by which verdicts name it. */
  readonly id: string
  readonly certificate: Certificate | Uint8Array
}

/** A registered certificate that paths may end at. */
export interface Anchor extends Registered {
  /** Whether a certificate below it is refused that no CRL covers. `allow` (default) accepts it and says so. */
  readonly uncovered?: 'allow' | 'refuse'
}

/** A registered certificate that cannot be read, and is not used. */
export interface UnreadableAnchor {
  readonly id: string
  readonly fault: ReadFault
}

/**
 * The registered certificates, ready for searches by name. It serves any number of decisions. Only the subject of a certificate
 * is read until a path needs the rest, so the cost of a decision does not grow with what is registered.
 * RFC 5280 6.1.1 (d) lets an anchor be a name and a key. Here it is a certificate, whose limits apply (search.ts).
 */
export class TrustSet {
  /** The number of registered anchors. */
  readonly size: number
  readonly #anchors: NamedCertificates<Anchor>
  readonly #intermediates: NamedCertificates<Registered>

  constructor(anchors: readonly Anchor[], intermediates: readonly Registered[] = []) {
    this.size = anchors.length
    this.#anchors = new NamedCertificates(anchors, anchorEntry)
    this.#intermediates = new NamedCertificates(intermediates, intermediateEntry)
  }

  /** The anchors with a subject. The same certificate under several ids is one anchor. @param subjectKey its nameKey */
  anchorsNamed(subjectKey: string): readonly Entry[] {
    return this.#anchors.named(subjectKey)
  }

  /** The registered certificates with a subject that are not anchors. They help to build paths, and are not trusted. */
  intermediatesNamed(subjectKey: string): readonly Entry[] {
    return this.#intermediates.named(subjectKey)
  }

  /** The anchors that were found to be unreadable so far. */
  get unreadable(): readonly UnreadableAnchor[] {
    return this.#anchors.unreadable
  }
}

/** Certificates by their subjects. The certificates of a name are read when the name is first asked for. */
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

/** Makes the entry of a certificate. @param known its entry under earlier ids */
type ToEntry<R> = (certificate: Certificate, registered: R, known: Entry | undefined) => Entry

function merge<R>(entries: Entry[], certificate: Certificate, registered: R, toEntry: ToEntry<R>): void {
  const index = entries.findIndex((known) => sameOctets(known.certificate.der, certificate.der))
  const made = toEntry(certificate, registered, entries[index])
  if (index === -1) entries.push(made)
  else entries[index] = made
}

/** The entry of an anchor. Of several records' policies, the strictest applies. */
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

/** Reads a certificate that is given as DER. */
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
