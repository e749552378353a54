import { concatenate } from '../../core/bytes.ts'
import { DerReader } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { type Certificate, readCertificate } from '../certificate/certificate.ts'

/** The DER of the certificates of a ProvenCa, concatenated, as it is stored. */
export function caPathDer(path: readonly Certificate[]): Uint8Array {
  return concatenate(path.map(({ der }) => der))
}

/** The certificates of a stored path, the CA's first, without those that cannot be read any more. Never throws. */
export function readCaPath(octets: Uint8Array): readonly Certificate[] {
  return elementsOf(octets).elements.flatMap((der) => {
    const read = readCertificate(der)
    return read.ok ? [read.value] : []
  })
}

/** The elements of octets that are DER, one after the other; undefined where they are something else. Never throws. */
export function derElements(octets: Uint8Array): readonly Uint8Array[] | undefined {
  const { elements, whole } = elementsOf(octets)
  return whole ? elements : undefined
}

function elementsOf(octets: Uint8Array): { readonly elements: readonly Uint8Array[]; readonly whole: boolean } {
  const elements: Uint8Array[] = []
  try {
    const reader = DerReader.over(octets)
    while (!reader.done) elements.push(reader.read('caPath').der)
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return { elements, whole: false }
  }
  return { elements, whole: true }
}
