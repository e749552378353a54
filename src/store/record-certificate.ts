import type { RecordCertificate } from '../core/model.ts'
import { number, type Row, text } from './d1.ts'

/**
 * The columns that recordCertificateFrom reads, of `certificate_chain ch`. D1 gives a BLOB as an array of numbers: twice the
 * text to carry, and three times the time to read.
 */
export const RECORD_CERTIFICATE_SQL = 'hex(ch.der) AS der_hex, ch.is_anchor'

/** A certificate of a record. */
export function recordCertificateFrom(row: Row): RecordCertificate {
  return { der: derFrom(row), isAnchor: row['is_anchor'] === null ? undefined : number(row, 'is_anchor') === 1 }
}

/** Its DER alone. */
export function derFrom(row: Row): Uint8Array {
  return Uint8Array.fromHex(text(row, 'der_hex'))
}
