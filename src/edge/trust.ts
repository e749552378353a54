import type { RecordCertificate, TrustRecord } from '../core/model.ts'
import { type Anchor, anchorsOf, type Registered, readCertificate, TrustSet } from '../x509/index.ts'

/** What is registered for a hostname, good for any number of decisions. */
export interface Trust {
  readonly records: readonly TrustRecord[]
  readonly set: TrustSet
}

/** Makes trust of records, without reading more than the names of their certificates: each is read when a path asks for it. */
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

function withAnchors(chain: readonly RecordCertificate[]): readonly RecordCertificate[] {
  const readable = chain.flatMap((one) => {
    const read = readCertificate(one.der)
    return read.ok ? [{ one, certificate: read.value }] : []
  })
  const anchors = anchorsOf(readable.map(({ certificate }) => certificate))
  return readable.map(({ one, certificate }) => ({ ...one, isAnchor: anchors.includes(certificate) }))
}
