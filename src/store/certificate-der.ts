import { type Row, text } from './d1.ts'

/**
 * The column that derFrom reads, of `certificate_chain ch`. D1 gives a BLOB as an array of numbers: twice the text to
 * carry, and three times the time to read.
 */
export const DER_SQL = 'hex(ch.der) AS der_hex'

/** The DER of a certificate of a record's chain. */
export function derFrom(row: Row): Uint8Array {
  return Uint8Array.fromHex(text(row, 'der_hex'))
}
