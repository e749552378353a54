import { fail, ok, type Result } from '../core/result.ts'
import type { HttpRefusal } from './http-refusal.ts'

/** Room for a body of which nothing has arrived, in bytes. Uploads of a certificate or two (PEM, 1 to 2 KB each) fit. */
const FIRST_ROOM_BYTES = 4 * 1024

/** How long nothing of a body may arrive, in seconds: the default of nginx's client_body_timeout, which answers 408 too. */
export const BODY_STALL_SECONDS = 60

/**
 * How long a body may take as a whole, in seconds: the default of Node's server.requestTimeout, which answers 408 too. A
 * CRL of 48 MiB needs 1.4 Mbit/s.
 */
export const BODY_TOTAL_SECONDS = 300

/** Why a body did not arrive to its end: nothing came any more, it took too long, or the connection ended. */
export type BodyEnd = 'stalled' | 'slow' | 'cut_short'

/**
 * Reads a body of bounded size, in bytes. Memory follows what has arrived: Content-Length is the client's claim, and costs it
 * nothing. A claim above the limit is refused before anything is read; a claim within it bounds only how far room grows.
 * Errors: `body_too_large`; `body_incomplete`, when the body stalls, is too slow, or ends before its end.
 */
export async function readOctets(
  { headers, body }: Request,
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

/** At the end too, `value` has the room that the read was given; it is missing where the stream broke off. */
interface Read {
  readonly done: boolean
  readonly value?: Uint8Array<ArrayBuffer> | undefined
}

/** The stream was cancelled, or its connection ended. A TypeError is a mistake in this program. */
function brokenOff(error: unknown): Read {
  if (error instanceof TypeError) throw error
  return { done: true }
}

/**
 * The octets of a body; of one above the limit, the first ones beyond it; undefined where the stream broke off. The
 * stream writes into the room itself: chunks have no buffers of their own, and are not copied.
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
    // One byte more than is expected, so that the end, or one byte too many, is seen without growing.
    const most = (length <= claimed ? claimed : limitBytes) + 1
    // The old room is let go of at once, not when garbage is collected.
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

/** Cancels the stream of a body that stalls, or takes too long as a whole. A read that is under way then ends. */
class Deadline {
  /** Which of the two came first. */
  missed: 'stalled' | 'slow' | undefined
  readonly #reader: ReadableStreamBYOBReader
  readonly #total: ReturnType<typeof setTimeout>
  #stall: ReturnType<typeof setTimeout> | undefined

  constructor(reader: ReadableStreamBYOBReader) {
    this.#reader = reader
    this.#total = setTimeout(() => this.#miss('slow'), BODY_TOTAL_SECONDS * 1_000)
  }

  /** The next read may take its full time from now on. */
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
