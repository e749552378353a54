import type { Bytes } from '../../src/testing/der.ts'
import { DerReader, type Tlv } from '../../src/x509/asn1/der.ts'
import { Malformed, TooComplex } from '../../src/x509/asn1/malformed.ts'
import { type Certificate, readCertificate } from '../../src/x509/certificate/certificate.ts'

/** The objection of a reader: a fault of the input, or a limit of limits.ts. */
export interface Objection {
  readonly kind: 'malformed' | 'too complex'
  readonly field: string
  readonly problem: string
}

/** The objection of a reader, or undefined. Any other exception is a bug, and is thrown again. */
export function objection(read: () => unknown): Objection | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    const kind = error instanceof TooComplex ? 'too complex' : 'malformed'
    return { kind, field: error.field, problem: error.problem }
  }
}

export const malformed = (field: string, problem: string): Objection => ({ kind: 'malformed', field, problem })
export const tooComplex = (field: string, problem: string): Objection => ({ kind: 'too complex', field, problem })

/** The first value in an encoding. */
export const first = (der: Bytes): Tlv => DerReader.over(der).read('test')

/** The certificate in a DER, which must be readable. */
export function sound(der: Bytes): Certificate {
  const read = readCertificate(der)
  if (!read.ok) throw new Error(`not a sound certificate: ${JSON.stringify(read.error)}`)
  return read.value
}
