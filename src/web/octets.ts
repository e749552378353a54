import { fail, ok, type Result } from '../core/result.ts'
import type { HttpRefusal } from './http-refusal.ts'

/** The first buffer for a body, in bytes. Uploads of a certificate or two (PEM, 1 to 2 KB each) fit. */
const FIRST_ROOM_BYTES = 4 * 1024

/** The longest pause between two parts of a body, in seconds. nginx's client_body_timeout has this default, and answers 408 too. */
export const BODY_STALL_SECONDS = 60

/**
 * The longest time for a whole body, in seconds. Node's server.requestTimeout has this default, and answers 408 too. A CRL of
 * 48 MiB then needs 1.4 Mbit/s.
 */
export const BODY_TOTAL_SECONDS = 300

/** Why a body did not arrive in full: nothing came any more, it took too long, or the connection ended. */
export type BodyEnd = 'stalled' | 'slow' | 'cut_short'

/**
 * Reads a body of at most `limitBytes` bytes. Memory grows with what has arrived, not with Content-Length, which a client can
 * claim at no cost. A Content-Length above the limit is refused before anything is read; one within it only bounds the growth.
 * Errors: `body_too_large`; `body_incomplete`, when the body stalls, is too slow, or is cut short.
 */
export async function readOctets(
  { headers, body }: Pick<Request, 'headers' | 'body'>,
  limitBytes: number,
): Promise<Result<Uint8Array, HttpRefusal>> {
  const claimed = Number(headers.get('content-length'))
  if (claimed > limitBytes) return fail({ reason: 'body_too_large', limitBytes })
  if (body === null) return ok(new Uint8Array())
  const reader = body.getReader({ mode: 'byob' })
  const deadline = new Deadline(reader)
  try {
    const octets = await fill(reader, deadline, claimed, limitBytes)
    if (octets !== undefined && deadline.missed === undefined) {
      if (octets.length <= limitBytes) return ok(octets)
      await reader.cancel()
      return fail({ reason: 'body_too_large', limitBytes })
    }
  } finally {
    deadline.clear()
  }
  return fail({ reason: 'body_incomplete', end: deadline.missed ?? 'cut_short' })
}

/** The result of a read. `value` has the buffer that the read was given, at the end too; undefined where the stream broke off. */
interface Read {
  readonly done: boolean
  readonly value?: Uint8Array<ArrayBuffer> | undefined
}

/** The result of a read that failed because the stream was cancelled or its connection ended. A TypeError is a bug, and thrown. */
function brokenOff(error: unknown): Read {
  if (error instanceof TypeError) throw error
  return { done: true }
}

/**
 * The octets of a body; more than `limitBytes` of them where the body is too large; undefined where the stream broke off. The
 * stream writes into our buffer, so that no chunk is copied.
 */
async function fill(
  reader: ReadableStreamBYOBReader,
  deadline: Deadline,
  claimed: number,
  limitBytes: number,
): Promise<Uint8Array | undefined> {
  let room = new ArrayBuffer(claimed > 0 ? Math.min(claimed + 1, FIRST_ROOM_BYTES) : FIRST_ROOM_BYTES)
  let length = 0
  while (length <= limitBytes) {
    // One byte more than is expected: the end of the body, or a byte too many, is then seen without growing.
    const most = (length <= claimed ? claimed : limitBytes) + 1
    // transfer() frees the old buffer at once, not at the next garbage collection.
    if (length === room.byteLength) room = room.transfer(Math.min(2 * length, most))
    deadline.extend()
    const { done, value }: Read = await reader.read(new Uint8Array(room, length)).catch(brokenOff)
    if (value === undefined) return undefined
    room = value.buffer
    length += value.length
    if (done) break
  }
  return new Uint8Array(room, 0, length)
}

/** Cancels the stream of a body that stalls or takes too long as a whole. That ends a read under way. */
class Deadline {
  /** The deadline that was missed first; undefined while none was. */
  missed: 'stalled' | 'slow' | undefined
  readonly #reader: ReadableStreamBYOBReader
  readonly #total: ReturnType<typeof setTimeout>
  #stall: ReturnType<typeof setTimeout> | undefined

  constructor(reader: ReadableStreamBYOBReader) {
    this.#reader = reader
    this.#total = setTimeout(() => this.#miss('slow'), BODY_TOTAL_SECONDS * 1_000)
  }

  /** Starts the time of the next read. */
  extend(): void {
    clearTimeout(this.#stall)
    this.#stall = setTimeout(() => this.#miss('stalled'), BODY_STALL_SECONDS * 1_000)
  }

  clear(): void {
    clearTimeout(this.#total)
    clearTimeout(this.#stall)
  }

  #miss(end: 'stalled' | 'slow'): void {
    this.missed = end
    void this.#reader.cancel().catch(() => undefined)
  }
}
