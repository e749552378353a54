import { DerReader } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { type Certificate, readCertificate } from '../certificate/certificate.ts'

/** The DER of the certificates of a ProvenCa, concatenated, as it is stored. */
export function caPathDer(path: readonly Certificate[]): Uint8Array {
  const whole = new Uint8Array(path.reduce((sum, { der }) => sum + der.length, 0))
  let offset = 0
  for (const { der } of path) {
    whole.set(der, offset)
    offset += der.length
  }
  return whole
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
