import { EntryScanner } from './entry-scanner.ts'
import type { Oddities } from './oddities.ts'

/** Octets of the shortest entry there is: SEQUENCE { INTEGER of one octet, UTCTime }. */
const MIN_ENTRY_BYTES = 20

/**
 * Reads every entry of a CRL to its end and returns how many there are. Throws Malformed, or Unusable where one is not to
 * be used. A serial number that stands more than once is revoked whichever entry holds, so that is only noted.
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
 * A number that stands for a serial number: equal numbers have equal keys, and others hardly ever. 53 bits, which is what
 * a double holds: a million serial numbers share one with a chance of 1 in 18,000.
 */
function serialKey(octets: Uint8Array, start: number, length: number): number {
  // Two hashes of 32 bits, multiplied by the primes of FNV-1a and of MurmurHash3. Who makes them collide gains nothing:
  // repeatedSerials compares the octets, in n log n steps at most.
  let high = length
  let low = 0
  for (let i = start; i < start + length; i += 1) {
    const octet = octets[i] ?? 0
    high = Math.imul(high ^ octet, 0x01000193)
    low = Math.imul((low ^ octet) + (low >>> 15), 0x85ebca6b)
  }
  return (high >>> 0) * 0x20_0000 + (low >>> 11)
}

/** Those keys that are there more than once. Sorts them in place. */
function sharedKeys(keys: Float64Array): ReadonlySet<number> {
  keys.sort()
  const shared = new Set<number>()
  for (let i = 1; i < keys.length; i += 1) {
    const key = keys[i] ?? 0
    if (key === keys[i - 1]) shared.add(key)
  }
  return shared
}

/** How many entries are of a serial number that stands before. Compares the serial numbers whose keys are shared. */
function repeatedSerials(octets: Uint8Array, shared: ReadonlySet<number>): number {
  const suspects: number[] = []
  const scanner = new EntryScanner(octets)
  while (scanner.next()) {
    // The length octet stands right before the content: a serial number is shorter than 128 octets.
    if (shared.has(serialKey(octets, scanner.serialStart, scanner.serialLength))) suspects.push(scanner.serialStart - 1)
  }
  const sorted = Uint32Array.from(suspects).sort((a, b) => compareSerials(octets, a, b))
  let repeated = 0
  for (let i = 1; i < sorted.length; i += 1) {
    if (compareSerials(octets, sorted[i - 1] ?? 0, sorted[i] ?? 0) === 0) repeated += 1
  }
  return repeated
}

/** By length, then octet by octet; `a` and `b` point at the length octets. */
function compareSerials(octets: Uint8Array, a: number, b: number): number {
  const length = octets[a] ?? 0
  for (let i = 0; i <= length; i += 1) {
    const difference = (octets[a + i] ?? 0) - (octets[b + i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
