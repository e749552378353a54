import { toHex } from '../../core/bytes.ts'
import type { Crl, CrlEntry } from './crl.ts'
import { EntryScanner } from './entry-scanner.ts'

/** More than there are entries in the largest CRL (limits.ts). With a prefix of 31 bits it fits into a double's 53. */
const MAX_ENTRIES = 2 ** 22

/**
 * The entries of a CRL in the order of their serial numbers' first four octets, each made when it is asked for. CRLs are
 * in the order of time; who writes them to an index in its own order writes each page once. Takes 12 bytes an entry.
 * readCrl has read them all, so this cannot fail.
 */
export function* crlEntriesBySerial({ entries, entriesDer }: Crl): Generator<CrlEntry, void, undefined> {
  const starts = new Uint32Array(entries)
  const scanner = new EntryScanner(entriesDer)
  for (const key of sortedKeys(entriesDer, starts)) {
    scanner.moveTo(starts[key % MAX_ENTRIES] ?? 0)
    scanner.next()
    yield { serial: toHex(scanner.serial), revokedAt: scanner.revokedAt, reason: scanner.reason }
  }
}

/** A number for each entry: the start of its serial number, then its index. Fills in where the entries start. */
function sortedKeys(octets: Uint8Array, starts: Uint32Array): Float64Array {
  const keys = new Float64Array(starts.length)
  const scanner = new EntryScanner(octets)
  while (scanner.next()) {
    const index = scanner.index - 1
    starts[index] = scanner.start
    keys[index] = prefix(octets, scanner.serialStart, scanner.serialLength) * MAX_ENTRIES + index
  }
  return keys.sort()
}

/** The first 31 bits: of all four octets they would not fit into a double beside the index. */
function prefix(octets: Uint8Array, start: number, length: number): number {
  let value = 0
  for (let i = 0; i < 4; i += 1) value = value * 256 + (i < length ? (octets[start + i] ?? 0) : 0)
  return Math.floor(value / 2)
}
