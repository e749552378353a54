import { toHex } from '../../core/bytes.ts'
import type { Crl, CrlEntry } from './crl.ts'
import { EntryScanner } from './entry-scanner.ts'

/** More than the entries of the largest CRL (limits.ts). An index below it and a prefix of 31 bits fit into a double's 53. */
const MAX_ENTRIES = 2 ** 22

/**
 * The entries of a CRL, sorted by the first four octets of their serial numbers, each made on demand. CRLs are sorted by time;
 * a database that gets the entries in the order of its index writes each page once. Takes 12 bytes of memory an entry. Cannot
 * fail, since readCrl has read all entries.
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

/** A number for each entry, made of the beginning of its serial number and of its index. Fills in where each entry starts. */
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

/** The first 31 bits of a serial number. All 32 bits of four octets do not fit into a double beside the index. */
function prefix(octets: Uint8Array, start: number, length: number): number {
  let value = 0
  for (let i = 0; i < 4; i += 1) value = value * 256 + (i < length ? (octets[start + i] ?? 0) : 0)
  return Math.floor(value / 2)
}
