import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BODY_STALL_SECONDS, BODY_TOTAL_SECONDS, readOctets } from '../../src/web/octets.ts'

const MIB = 1024 * 1024
/** The size of the first buffer, before anything has arrived, in bytes. */
const FIRST_ROOM = 4096

const request = (body: ReadableStream, headers: Readonly<Record<string, string>> = {}): Request =>
  new Request('https://api.example/', { method: 'PUT', body, headers })

/** What was read, or why reading failed. */
async function outcome(reading: ReturnType<typeof readOctets>): Promise<unknown> {
  const read = await reading
  return read.ok ? [...read.value] : read.error
}

/** Octets that depend on their position, so that a lost, doubled or exchanged octet is noticed. */
const numbered = (length: number, from = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => ((from + i) * 31) % 251)

/**
 * A body that arrives in pieces of these sizes, in bytes. A stream of bytes gets the buffer to fill: for each read, `rooms` has
 * the bytes that were allocated and those that had arrived.
 */
function arriving(sizes: Iterable<number>) {
  const rooms: { readonly arrived: number; readonly allocated: number }[] = []
  const left = sizes[Symbol.iterator]()
  let size = 0
  let sent = 0
  const body = new ReadableStream({
    type: 'bytes',
    pull(controller) {
      const view = controller.byobRequest?.view
      if (!view) throw new Error('a read without room of its own')
      rooms.push({ arrived: view.byteOffset, allocated: view.buffer.byteLength })
      if (size === 0) size = left.next().value ?? 0
      const length = Math.min(size, view.byteLength)
      new Uint8Array(view.buffer, view.byteOffset, length).set(numbered(length, sent))
      size -= length
      sent += length
      if (length === 0) controller.close()
      controller.byobRequest?.respond(length)
    },
  })
  return { body, rooms }
}

describe('the octets of a body', () => {
  it.each<[string, readonly number[]]>([
    ['none', []],
    ['one', [1]],
    ['one less than the first room has', [FIRST_ROOM - 1]],
    ['as many as it has', [FIRST_ROOM]],
    ['one more', [FIRST_ROOM + 1]],
    ['one by one', Array(50).fill(1)],
    ['pieces of all sizes', [1, 4095, 1, 5000, 60_000, 3]],
  ])('are those that arrived: %s', async (_, sizes) => {
    const total = sizes.reduce((sum, size) => sum + size, 0)
    for (const claim of [{}, { 'content-length': String(total) }, { 'content-length': 'x' }]) {
      const read = await readOctets(request(arriving(sizes).body, claim), MIB)
      expect(read).toEqual({ ok: true, value: numbered(total) })
    }
  })

  it('are empty without a body', async () => {
    expect(await readOctets(new Request('https://api.example/'), MIB)).toEqual({ ok: true, value: new Uint8Array() })
  })
})

describe('memory', () => {
  const CLAIMS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['claimed to be 48 MiB', { 'content-length': String(48 * MIB) }],
    ['without a length', {}],
    ['with a length of no sense', { 'content-length': '-1' }],
  ]

  it.each(CLAIMS)('is one small buffer for a body of one byte, %s', async (_, headers) => {
    const { body, rooms } = arriving([1])
    await readOctets(request(body, headers), 48 * MIB)
    expect(rooms).toEqual([
      { arrived: 0, allocated: FIRST_ROOM },
      { arrived: 1, allocated: FIRST_ROOM },
    ])
  })

  it.each(CLAIMS)('is at most twice of what has arrived, %s', async (_, headers) => {
    // 3 MiB, in pieces of up to 10 KB.
    const { body, rooms } = arriving(Array.from({ length: 629 }, (_, i) => 16 * (i + 1)))
    const read = await readOctets(request(body, headers), 48 * MIB)
    const total = read.ok ? read.value.length : 0
    expect(total).toBe(3_170_160)
    for (const { arrived, allocated } of rooms) {
      expect(allocated).toBeLessThanOrEqual(Math.max(FIRST_ROOM, 2 * arrived))
    }
    // Each buffer is copied into the next, so their sum is the cost of copying. It is proportional to the body.
    const sizes = new Set(rooms.map(({ allocated }) => allocated))
    expect([...sizes].reduce((sum, size) => sum + size)).toBeLessThan(4 * total)
  })

  it('is the size of the body, if Content-Length is true', async () => {
    for (const total of [1, 2_000, 100_000]) {
      const { body, rooms } = arriving([total])
      await readOctets(request(body, { 'content-length': String(total) }), MIB)
      // One more byte, to see the end.
      expect(rooms.at(-1)).toEqual({ arrived: total, allocated: total + 1 })
    }
  })

  it('is not allocated if Content-Length says that the body is too large', async () => {
    const { body, rooms } = arriving([1])
    const read = readOctets(request(body, { 'content-length': String(MIB + 1) }), MIB)
    expect(await outcome(read)).toEqual({ reason: 'body_too_large', limitBytes: MIB })
    expect(rooms).toEqual([])
  })

  it('never has more than one byte beyond the limit', async () => {
    const { body, rooms } = arriving([2 * MIB])
    expect(await outcome(readOctets(request(body), MIB))).toEqual({ reason: 'body_too_large', limitBytes: MIB })
    expect(Math.max(...rooms.map(({ allocated }) => allocated))).toBe(MIB + 1)
  })
})

describe('a body that does not arrive', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    // For any result, no timer is left.
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  /** The same kind of stream as a body from the network, and its writer. */
  function connection() {
    const { readable, writable } = new IdentityTransformStream()
    const writer = writable.getWriter()
    writer.closed.catch(() => undefined)
    const reading = readOctets(request(readable, { 'content-length': String(MIB) }), MIB)
    let settled = false
    void reading.finally(() => {
      settled = true
    })
    return { writer, reading, isSettled: () => settled }
  }

  const pass = (seconds: number) => vi.advanceTimersByTimeAsync(1_000 * seconds)
  const incomplete = (end: string) => ({ reason: 'body_incomplete', end })

  it('from its first byte on', async () => {
    const { writer, reading, isSettled } = connection()
    await pass(BODY_STALL_SECONDS - 1)
    expect(isSettled()).toBe(false)
    await pass(1)
    expect(await outcome(reading)).toEqual(incomplete('stalled'))
    await expect(writer.write(numbered(1))).rejects.toThrow()
  })

  it('from some byte on: the time starts again with each byte', async () => {
    const { writer, reading, isSettled } = connection()
    for (let i = 0; i < 3; i += 1) {
      await writer.write(numbered(1))
      await pass(BODY_STALL_SECONDS - 1)
    }
    expect(isSettled()).toBe(false)
    await pass(1)
    expect(await outcome(reading)).toEqual(incomplete('stalled'))
  })

  it('in time, although it never stops', async () => {
    const { writer, reading, isSettled } = connection()
    for (let second = 0; second < BODY_TOTAL_SECONDS - 1; second += 1) {
      await writer.write(numbered(1))
      await pass(1)
    }
    expect(isSettled()).toBe(false)
    await pass(1)
    expect(await outcome(reading)).toEqual(incomplete('slow'))
    await expect(writer.write(numbered(1))).rejects.toThrow()
  })

  it('since the connection ends', async () => {
    const { writer, reading } = connection()
    await writer.write(numbered(1))
    await writer.abort(new Error('gone'))
    expect(await outcome(reading)).toEqual(incomplete('cut_short'))
  })

  it('is not one that arrives slowly', async () => {
    const { writer, reading } = connection()
    for (let i = 0; i < 5; i += 1) {
      await writer.write(numbered(1, i))
      await pass(BODY_STALL_SECONDS - 1)
    }
    await writer.close()
    expect(await outcome(reading)).toEqual([...numbered(5)])
  })
})
