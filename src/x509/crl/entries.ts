import { toHex } from '../../core/bytes.ts'
import type { Crl, CrlEntry } from './crl.ts'
import { EntryScanner } from './entry-scanner.ts'

/** The entries of a CRL in its order, each made on demand. Cannot fail, since readCrl has read all entries. */
export function* crlEntries(crl: Crl): Generator<CrlEntry, void, undefined> {
  const scanner = new EntryScanner(crl.entriesDer)
  while (scanner.next()) {
    yield { serial: toHex(scanner.serial), revokedAt: scanner.revokedAt, reason: scanner.reason }
  }
}
