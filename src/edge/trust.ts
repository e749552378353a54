import type { RecordCertificate, TrustRecord } from '../core/model.ts'
import { type Anchor, anchorsOf, type Registered, readCertificate, TrustSet } from '../x509/index.ts'

/** What is registered for a hostname. It serves any number of decisions. */
export interface Trust {
  readonly records: readonly TrustRecord[]
  readonly set: TrustSet
}

/** Makes trust of records. Of each certificate only the names are read; the rest is read when a path needs it. */
export function trustOf(records: readonly TrustRecord[]): Trust {
  const anchors: Anchor[] = []
  const intermediates: Registered[] = []
  for (const { id, chain, uncovered } of records) {
    const known = chain.every(({ isAnchor }) => isAnchor !== undefined)
    const certificates = known ? chain : withAnchors(chain)
    for (const { der, isAnchor } of certificates) {
      if (isAnchor) anchors.push({ id, certificate: der, uncovered })
      else intermediates.push({ id, certificate: der })
    }
  }
  return { records, set: new TrustSet(anchors, intermediates) }
}

/** Finds out which certificates of an old row are anchors. Unreadable ones are left out. */
function withAnchors(chain: readonly RecordCertificate[]): readonly RecordCertificate[] {
  const readable = chain.flatMap((one) => {
    const read = readCertificate(one.der)
    return read.ok ? [{ one, certificate: read.value }] : []
  })
  const anchors = anchorsOf(readable.map(({ certificate }) => certificate))
  return readable.map(({ one, certificate }) => ({ ...one, isAnchor: anchors.includes(certificate) }))
}
