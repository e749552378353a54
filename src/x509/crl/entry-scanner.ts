import type { UnixSeconds } from '../../core/units.ts'
import { MAX_SERIAL_BYTES } from '../limits.ts'
import { Oddities } from './oddities.ts'
import { readEntry } from './read-entry.ts'
import { UTC_TIME_BYTES, utcTimeAt } from './utc-time.ts'

/** `Extensions` with only a reasonCode, up to the reason itself (RFC 5280 5.3.1), as in nearly all entries. */
const REASON_ONLY = Uint8Array.of(0x30, 12, 0x30, 10, 0x06, 3, 0x55, 0x1d, 21, 0x04, 3, 0x0a, 1)

/** Whether a complete CRL may have a CRLReason: 7 is unused, and 8 is removeFromCRL. */
const REASONS: readonly boolean[] = [true, true, true, true, true, true, true, false, false, true, true]

/**
 * Walks the entries of a CRL one by one. It holds the current entry as numbers: an entry in one of the two forms that nearly all
 * have makes no object. readEntry reads any other entry with care, and notes what is odd, or throws. So the quick way only
 * accepts.
 */
export class EntryScanner {
  readonly #octets: Uint8Array
  readonly #oddities: Oddities
  #position = 0
  #index = 0
  #start = 0
  #serialStart = 0
  #serialEnd = 0
  #revokedAt = 0
  #reason = 0

  /**
   * @param octets the content of revokedCertificates
   * @param oddities collects what is odd about entries
   */
  constructor(octets: Uint8Array, oddities = new Oddities()) {
    this.#octets = octets
    this.#oddities = oddities
  }

  /** Goes to the next entry; false where there is none. Throws Malformed or Unusable. */
  next(): boolean {
    if (this.#position === this.#octets.length) return false
    this.#index += 1
    this.#start = this.#position
    if (!this.#quick()) this.#careful()
    return true
  }

  /** Makes an entry that was read before the next one. @param start of that entry */
  moveTo(start: number): void {
    this.#position = start
  }

  /** The number of entries so far, the current one included. */
  get index(): number {
    return this.#index
  }

  /** The index at which the current entry starts. */
  get start(): number {
    return this.#start
  }

  /** Content octets of userCertificate. */
  get serial(): Uint8Array {
    return this.#octets.subarray(this.#serialStart, this.#serialEnd)
  }

  /** The index at which these octets start. */
  get serialStart(): number {
    return this.#serialStart
  }

  /** The number of these octets. */
  get serialLength(): number {
    return this.#serialEnd - this.#serialStart
  }

  /** Unix seconds, UTC. */
  get revokedAt(): number {
    return this.#revokedAt
  }

  get reason(): number {
    return this.#reason
  }

  /** SEQUENCE { INTEGER, UTCTime } or SEQUENCE { INTEGER, UTCTime, only a reasonCode }, all lengths in one octet. */
  #quick(): boolean {
    const octets = this.#octets
    const start = this.#position
    const length = octets[start + 1] ?? 0xff
    const serialLength = octets[start + 3] ?? 0
    const serialStart = start + 4
    const time = serialStart + serialLength
    const rest = time + 2 + UTC_TIME_BYTES
    const end = start + 2 + length
    if (octets[start] !== 0x30 || length >= 0x80 || end > octets.length || octets[start + 2] !== 0x02) return false
    if (!isSerial(octets, serialStart, serialLength) || rest > end) return false
    if (octets[time] !== 0x17 || octets[time + 1] !== UTC_TIME_BYTES) return false
    const revokedAt = utcTimeAt(octets, time + 2)
    const reason = rest === end ? 0 : reasonAt(octets, rest, end)
    if (Number.isNaN(revokedAt) || reason === undefined) return false
    this.#set(serialStart, time, revokedAt, reason, end)
    return true
  }

  #careful(): void {
    const rest = this.#octets.subarray(this.#position)
    const entry = readEntry(rest, `revokedCertificates[${this.#index - 1}]`, this.#oddities)
    const start = this.#position + entry.serialOffset
    this.#set(start, start + entry.serialLength, entry.revokedAt, entry.reason, this.#position + entry.length)
  }

  #set(serialStart: number, serialEnd: number, revokedAt: UnixSeconds, reason: number, end: number): void {
    this.#serialStart = serialStart
    this.#serialEnd = serialEnd
    this.#revokedAt = revokedAt
    this.#reason = reason
    this.#position = end
  }
}

/** Whether a serial number is positive, in its shortest form, and not too long. */
function isSerial(octets: Uint8Array, start: number, length: number): boolean {
  const first = octets[start] ?? 0xff
  if (length === 0 || length > MAX_SERIAL_BYTES || first >= 0x80) return false
  return first !== 0 || (length > 1 && (octets[start + 1] ?? 0) >= 0x80)
}

/** The reason of an entry whose only extension is a reasonCode; undefined for any other entry, and for a reason not in use. */
function reasonAt(octets: Uint8Array, start: number, end: number): number | undefined {
  if (end - start !== REASON_ONLY.length + 1) return undefined
  for (let i = 0; i < REASON_ONLY.length; i += 1) if (octets[start + i] !== REASON_ONLY[i]) return undefined
  const reason = octets[end - 1] ?? 0xff
  return REASONS[reason] === true ? reason : undefined
}
