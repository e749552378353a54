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
  const certificates: Certificate[] = []
  try {
    const reader = DerReader.over(octets)
    while (!reader.done) {
      const read = readCertificate(reader.read('caPath').der)
      if (read.ok) certificates.push(read.value)
    }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
  }
  return certificates
}
