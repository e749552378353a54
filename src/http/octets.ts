import { fail, ok, type Result } from '../result.ts'
import type { HttpRefusal } from './refusals.ts'

/** Room for a body of which nothing has arrived, in bytes. Uploads of a certificate or two (PEM, 1 to 2 KB each) fit. */
const FIRST_ROOM_BYTES = 4 * 1024

/**
 * Reads a body of bounded size, in bytes. Memory follows what has arrived: Content-Length is the client's claim, and costs it
 * nothing. A claim above the limit is refused before anything is read; a claim within it bounds only how far room grows.
 * Errors: `body_too_large`.
 */
export async function readOctets(
  { headers, body }: Request,
  limitBytes: number,
): Promise<Result<Uint8Array, HttpRefusal>> {
  const claimed = Number(headers.get('content-length'))
  if (claimed > limitBytes) return fail({ reason: 'body_too_large', limitBytes })
  if (body === null) return ok(new Uint8Array())
  const reader = body.getReader({ mode: 'byob' })
  const octets = await fill(reader, claimed, limitBytes)
  if (octets.length <= limitBytes) return ok(octets)
  await reader.cancel()
  return fail({ reason: 'body_too_large', limitBytes })
}

/** At the end too, `value` has the room that the read was given. */
interface Read {
  readonly done: boolean
  readonly value?: Uint8Array<ArrayBuffer> | undefined
}

/**
 * The octets of a body; of one above the limit, the first ones beyond it. The
 * stream writes into the room itself: chunks have no buffers of their own, and are not copied.
 */
async function fill(reader: ReadableStreamBYOBReader, claimed: number, limitBytes: number): Promise<Uint8Array> {
  let room = new ArrayBuffer(claimed > 0 ? Math.min(claimed + 1, FIRST_ROOM_BYTES) : FIRST_ROOM_BYTES)
  let length = 0
  while (length <= limitBytes) {
    // One byte more than is expected, so that the end, or one byte too many, is seen without growing.
    const most = (length <= claimed ? claimed : limitBytes) + 1
    // The old room is let go of at once, not when garbage is collected.
    if (length === room.byteLength) room = room.transfer(Math.min(2 * length, most))
    const { done, value }: Read = await reader.read(new Uint8Array(room, length))
    if (value === undefined) throw new Error('a stream of bytes gave no view back')
    room = value.buffer
    length += value.length
    if (done) break
  }
  return new Uint8Array(room, 0, length)
}
