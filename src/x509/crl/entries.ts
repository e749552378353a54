import type { Crl, CrlEntry } from './crl.ts'

export function crlEntries(_crl: Crl): Iterable<CrlEntry> {
  throw new Error('to come')
}
