import { EntryScanner } from './entry-scanner.ts'
import type { Oddities } from './oddities.ts'

/** Octets of the shortest possible entry: SEQUENCE { INTEGER of one octet, UTCTime }. */
const MIN_ENTRY_BYTES = 20

/**
 * Reads every entry of a CRL to its end, and returns their number. Throws Malformed, or Unusable for an entry of a CRL that cannot
 * be used. A serial number that is there more than once is revoked by either entry, so it is only noted.
 * @param octets the content of revokedCertificates
 */
export function readEntries(octets: Uint8Array, oddities: Oddities): number {
  const keys = new Float64Array(Math.ceil(octets.length / MIN_ENTRY_BYTES))
  const scanner = new EntryScanner(octets, oddities)
  while (scanner.next()) keys[scanner.index - 1] = serialKey(octets, scanner.serialStart, scanner.serialLength)
  const count = scanner.index
  const shared = sharedKeys(keys.subarray(0, count))
  const repeated = shared.size === 0 ? 0 : repeatedSerials(octets, shared)
  if (repeated > 0) oddities.add({ oddity: 'serial_repeated', entries: repeated })
  return count
}

/**
 * A hash of a serial number, of the 53 bits that a double holds. Among a million different serial numbers, two have the same hash
 * with a chance of 1 in 18,000.
 */
function serialKey(octets: Uint8Array, start: number, length: number): number {
  // Two hashes of 32 bits with the multipliers of FNV-1a and MurmurHash3. An attacker gains nothing by collisions:
  // repeatedSerials compares the octets, in at most n log n steps.
  let high = length
  let low = 0
  for (let i = start; i < start + length; i += 1) {
    const octet = octets[i] ?? 0
    high = Math.imul(high ^ octet, 0x01000193)
    low = Math.imul((low ^ octet) + (low >>> 15), 0x85ebca6b)
  }
  return (high >>> 0) * 0x20_0000 + (low >>> 11)
}

/** The keys that are there more than once. Sorts `keys` in place. */
function sharedKeys(keys: Float64Array): ReadonlySet<number> {
  keys.sort()
  const shared = new Set<number>()
  for (let i = 1; i < keys.length; i += 1) {
    const key = keys[i] ?? 0
    if (key === keys[i - 1]) shared.add(key)
  }
  return shared
}

/** How many entries repeat an earlier serial number. Only serial numbers with shared keys are compared. */
function repeatedSerials(octets: Uint8Array, shared: ReadonlySet<number>): number {
  const suspects: number[] = []
  const scanner = new EntryScanner(octets)
  while (scanner.next()) {
    // The length is the one octet before the content, since a serial number is shorter than 128 octets.
    if (shared.has(serialKey(octets, scanner.serialStart, scanner.serialLength))) suspects.push(scanner.serialStart - 1)
  }
  const sorted = Uint32Array.from(suspects).sort((a, b) => compareSerials(octets, a, b))
  let repeated = 0
  for (let i = 1; i < sorted.length; i += 1) {
    if (compareSerials(octets, sorted[i - 1] ?? 0, sorted[i] ?? 0) === 0) repeated += 1
  }
  return repeated
}

/** Compares two serial numbers by their length, then octet by octet. `a` and `b` are the indexes of their length octets. */
function compareSerials(octets: Uint8Array, a: number, b: number): number {
  const length = octets[a] ?? 0
  for (let i = 0; i <= length; i += 1) {
    const difference = (octets[a + i] ?? 0) - (octets[b + i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
