import { describe, expect, it } from 'vitest'
import { ClientCounter, type Sighting } from '../../../src/edge/clients/counter.ts'
import { NOW } from '../../support/pki.ts'

/** When an isolate writes what it has counted, and what it does where there is no room. */

const HOST = { account: 'a', zone: 'z', hostname: 'a.example' }

/** A client that was let in. */
const good = (client: number, at = NOW): Sighting => ({
  client: client.toString(16).padStart(64, '0'),
  at,
  anchor: 'f'.repeat(64),
  refusal: undefined,
  presented: { leaf: new Uint8Array(1_000), chain: [] },
  trust: undefined,
})

/** A client that is refused, and of no CA. */
const bad = (client: number, at = NOW): Sighting => ({
  ...good(client + 1e9, at),
  anchor: undefined,
  refusal: 'no_issuer',
})

async function write(counter: ClientCounter, now: number, pace = 1) {
  const batch = await counter.take(now)
  batch?.settle(pace, now)
  return batch?.noted
}

describe('an isolate', () => {
  it('writes a new client after 5 seconds, and the next after 20 more', async () => {
    const counter = new ClientCounter()
    expect(counter.note(HOST, good(1))).toBe(5)
    expect(counter.note(HOST, good(2, NOW + 1))).toBeUndefined()
    expect((await write(counter, NOW + 5))?.clients).toHaveLength(2)
    expect(counter.note(HOST, good(3, NOW + 10))).toBe(15)
  })

  it('writes what failed once more, with what came since', async () => {
    const counter = new ClientCounter()
    counter.note(HOST, good(1))
    const batch = await counter.take(NOW + 5)
    counter.note(HOST, good(1, NOW + 6))
    batch?.settle(undefined, NOW + 7)
    const noted = await write(counter, NOW + 30)
    expect(noted).toMatchObject({ clients: [{ accepted: 2 }], certificates: [{}], anchors: [{ count: 2 }] })
    expect(await write(counter, NOW + 60)).toBeUndefined()
  })

  it('begins anew where the work that should have written is not coming any more', () => {
    const counter = new ClientCounter()
    expect(counter.note(HOST, good(1))).toBe(5)
    expect(counter.note(HOST, good(2, NOW + 65))).toBeUndefined()
    expect(counter.note(HOST, good(3, NOW + 66))).toBe(0)
  })

  it('writes a client at once whose anchor or decision has changed, and that of another owner apart', async () => {
    const counter = new ClientCounter()
    for (let i = 0; i < 9; i += 1) counter.note(HOST, good(1))
    await write(counter, NOW + 5)
    counter.note(HOST, good(1, NOW + 30))
    expect(await write(counter, NOW + 30)).toMatchObject({ clients: [], anchors: [{ count: 1 }] })
    counter.note(HOST, { ...good(1, NOW + 31), anchor: 'e'.repeat(64) })
    expect((await write(counter, NOW + 60))?.clients).toMatchObject([{ anchor: 'e'.repeat(64), accepted: 2 }])
    counter.note(HOST, { ...good(1, NOW + 61), anchor: undefined, refusal: 'revoked' })
    counter.note({ ...HOST, account: 'b', zone: 'y' }, good(1, NOW + 62))
    expect((await write(counter, NOW + 90))?.clients).toMatchObject([
      { zone: 'y', accepted: 1 },
      { zone: 'z', own: true, refusal: 'revoked', refused: 1, accepted: 0 },
    ])
  })

  it('counts those for which it has no room, and a flood of strangers takes none of the others', async () => {
    const counter = new ClientCounter()
    for (let i = 0; i < 1_000; i += 1) counter.note(HOST, bad(i))
    for (let i = 0; i < 4_000; i += 1) counter.note(HOST, good(i))
    const noted = await write(counter, NOW + 5)
    // 4,000 less the 200 strangers that are remembered.
    expect(noted?.hostnames).toMatchObject([{ own: 200, strangers: 800 }])
    expect(noted?.clients).toHaveLength(200)
    expect(noted?.clients.every(({ own }) => own)).toBe(true)
    expect(noted?.anchors).toMatchObject([{ count: 4_000 }])
  })

  it('keeps at most 4 MiB of certificates that wait to be written', async () => {
    const counter = new ClientCounter()
    const large = { leaf: new Uint8Array(10_000), chain: [new Uint8Array(16_000)] }
    for (let i = 0; i < 200; i += 1) counter.note(HOST, { ...good(i), presented: large })
    expect(await write(counter, NOW + 5)).toMatchObject({ hostnames: [{ own: 200 - Math.floor(4_194_304 / 26_000) }] })
  })

  it('keeps no certificate of more than 4 KiB, and no chain of more than 8 KiB', async () => {
    const kept = async (leaf: number, chain: number) => {
      const counter = new ClientCounter()
      counter.note(HOST, { ...good(1), presented: { leaf: new Uint8Array(leaf), chain: [new Uint8Array(chain)] } })
      const { certificates = [], clients = [] } = (await write(counter, NOW + 5)) ?? {}
      return [certificates.map(({ der }) => der.length / 2), clients[0]?.chain?.length]
    }
    expect(await kept(4_096, 8_192)).toEqual([[4_096, 8_192], 64])
    expect(await kept(4_096, 8_193)).toEqual([[4_096], undefined])
    expect(await kept(4_097, 1)).toEqual([[], undefined])
  })
})

it('2,000 isolates together come to some 120 batches a minute, however they begin', async () => {
  const isolates = Array.from({ length: 2_000 }, () => new ClientCounter())
  const perMinute = [0]
  // Each has something new to write every 20 seconds.
  for (let second = 0; second < 40 * 60; second += 20) {
    if (second % 60 === 0) perMinute.unshift(0)
    for (const [i, counter] of isolates.entries()) {
      const at = NOW + second + (i % 20)
      const anchor = String(second % 40 === 0).padStart(64, 'f')
      if (counter.note(HOST, { ...good(1, at), anchor, presented: undefined }) === undefined) continue
      const [now = 0, before = 0] = perMinute
      perMinute[0] = now + 1
      const batch = await counter.take(at)
      batch?.settle(Math.max(now + 1, before), at)
    }
  }
  const later = perMinute.slice(1, 21)
  const mean = later.reduce((sum, one) => sum + one, 0) / later.length
  expect(perMinute.at(-2)).toBeGreaterThan(2_000)
  expect([mean > 40, mean < 240, later.every((one) => one < 600)]).toEqual([true, true, true])
})
