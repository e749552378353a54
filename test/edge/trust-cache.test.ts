import { describe, expect, it } from 'vitest'
import type { HostnameQuestion, LoadedHostname, LoadedRecord } from '../../src/edge/hostname-sql.ts'
import { TrustCache } from '../../src/edge/trust-cache.ts'
import { ambientAt, facts } from '../support/edge.ts'
import { certificate } from '../support/pki.ts'

const MAX_AGE_SECONDS = 10
const T = 1_780_272_000_000

const record = (id = 'x', bytes = certificate()): LoadedRecord => ({
  id,
  uncovered: 'allow',
  chain: [{ der: bytes, isAnchor: true }],
})

/** As the database answers: records that are known come without their certificates, none where the version holds. */
function answered(question: HostnameQuestion, records: readonly LoadedRecord[], version = '1'): LoadedHostname {
  const known = facts({ version, hasCertificates: records.length > 0 })
  if (!question.records || question.version === version) return { facts: known, records: undefined }
  const isKnown = (id: string) => question.known.includes(id)
  return { facts: known, records: records.map((one) => (isKnown(one.id) ? { ...one, chain: undefined } : one)) }
}

/** A cache, and the questions it asked. */
function cacheOf(
  answer: (question: HostnameQuestion) => LoadedHostname | Promise<LoadedHostname> = (question) =>
    answered(question, [record()]),
  age = MAX_AGE_SECONDS,
  loadWaitMs?: number,
) {
  const asked: HostnameQuestion[] = []
  const cache = new TrustCache(
    async (question) => {
      asked.push(question)
      return answer(question)
    },
    age,
    loadWaitMs,
  )
  const get = (ascii: string, nowMs = T, wanted: 'facts' | 'trust' = 'trust') =>
    cache.get(ascii, wanted, ambientAt(nowMs))
  return { asked, cache, get, names: () => asked.map(({ ascii }) => ascii) }
}

describe('a hostname', () => {
  it('is loaded once, and answered from memory until its age is reached', async () => {
    const { asked, get } = cacheOf()
    const first = await get('a.example')
    expect((await get('a.example', T + 6_999)).trust).toBe(first.trust)
    expect(asked).toHaveLength(1)
    expect(await get('a.example', T + 10_000)).not.toBe(first)
    expect(asked).toHaveLength(2)
  })

  it('is each its own', async () => {
    const { names, get } = cacheOf()
    await get('a.example')
    await get('b.example')
    expect(names()).toEqual(['a.example', 'b.example'])
  })

  it('is not kept at an age of 0', async () => {
    const { asked, get } = cacheOf(undefined, 0)
    await get('a.example')
    await get('a.example')
    expect(asked).toHaveLength(2)
  })

  it('is loaded anew when the clock was set back', async () => {
    const { asked, get } = cacheOf()
    await get('a.example')
    await get('a.example', T - 1)
    expect(asked).toHaveLength(2)
  })

  it('without certificates is remembered as well', async () => {
    const { asked, get } = cacheOf(() => ({ facts: facts({ owned: false, hasCertificates: false }), records: [] }))
    for (const wanted of ['facts', 'trust', 'trust'] as const) await get('nobodys.example', T, wanted)
    expect(asked).toHaveLength(1)
  })

  it('is not there when the load fails, not even where it was before', async () => {
    let down = false
    const { get } = cacheOf((question) => {
      if (down) throw new Error('D1 is away')
      return answered(question, [record()])
    })
    expect((await get('a.example')).trust?.set.size).toBe(1)
    down = true
    await expect(get('a.example', T + 10_000)).rejects.toThrow('D1 is away')
    await expect(get('a.example', T + 10_001)).rejects.toThrow('D1 is away')
    down = false
    expect((await get('a.example', T + 10_002)).trust?.set.size).toBe(1)
  })
})

describe('of a hostname without a client', () => {
  it('only the facts are read, and its certificates when one comes', async () => {
    const { asked, get } = cacheOf()
    expect((await get('a.example', T, 'facts')).trust).toBeUndefined()
    expect((await get('a.example', T, 'trust')).trust?.set.size).toBe(1)
    expect((await get('a.example', T, 'facts')).trust?.set.size).toBe(1)
    expect(asked.map(({ records }) => records)).toEqual([false, true])
  })
})

describe('a load', () => {
  it('is one for many that ask at once', async () => {
    const { asked, get } = cacheOf()
    const all = await Promise.all(Array.from({ length: 50 }, () => get('a.example')))
    expect([asked.length, new Set(all).size]).toEqual([1, 1])
  })

  it('is one for a thousand however slow the database is', async () => {
    const { asked, get } = cacheOf(async (question) => {
      await scheduler.wait(1_500)
      return answered(question, [record()])
    })
    await get('a.example')
    await Promise.all(Array.from({ length: 1_000 }, () => get('a.example', T + 10_000)))
    expect(asked).toHaveLength(2)
  })

  it('is aged from its beginning', async () => {
    const { asked, get } = cacheOf(async (question) => {
      await scheduler.wait(5)
      return answered(question, [record()])
    })
    await Promise.all([get('a.example'), get('a.example', T + 5_000)])
    await get('a.example', T + 10_001)
    expect(asked).toHaveLength(2)
  })

  it('that never ends is begun anew by one of many that waited for it, three times at most', async () => {
    for (const dead of [1, 2, 3]) {
      const { asked, get } = cacheOf(
        (question) => (asked.length <= dead ? new Promise(() => undefined) : answered(question, [record()])),
        MAX_AGE_SECONDS,
        20,
      )
      const all = Array.from({ length: 50 }, () => get('a.example'))
      const outcomes = await Promise.allSettled(all)
      expect([asked.length, new Set(outcomes.map(({ status }) => status))]).toEqual([
        Math.min(dead + 1, 3),
        new Set([dead < 3 ? 'fulfilled' : 'rejected']),
      ])
    }
  })

  it.each([
    ['that began as long ago as its age', MAX_AGE_SECONDS, 10_000, 2],
    ['that began just less long ago', MAX_AGE_SECONDS, 9_999, 1],
    ['that began in what is the future now', MAX_AGE_SECONDS, -1, 2],
    ['at an age of 0', 0, 0, 2],
  ])('is shared by whoever may have an answer of its time: one %s', async (_, age, laterMs, loads) => {
    const ends: (() => void)[] = []
    const { asked, get } = cacheOf(async (question) => {
      await new Promise<void>((resolve) => ends.push(resolve))
      return answered(question, [record()])
    }, age)
    const both = [get('a.example'), get('a.example', T + laterMs)]
    await scheduler.wait(1)
    for (const end of ends) end()
    await Promise.all(both)
    expect(asked).toHaveLength(loads)
  })

  it('that is slower does not put back what a later one has found', async () => {
    const ends: ((found: LoadedHostname) => void)[] = []
    const { get } = cacheOf(() => new Promise((resolve) => ends.push(resolve)), MAX_AGE_SECONDS, 10)
    const slow = get('a.example')
    await scheduler.wait(1)
    const fast = get('a.example', T + 10_001)
    await scheduler.wait(1)
    ends[1]?.({ facts: facts({ mode: { mode: 'required' }, version: '2' }), records: [record()] })
    expect((await fast).facts.mode).toEqual({ mode: 'required' })
    ends[0]?.({ facts: facts({ mode: { mode: 'report', until: 1 } }), records: [record()] })
    expect((await slow).facts.mode).toEqual({ mode: 'required' })
    expect((await get('a.example', T + 10_002)).facts.mode).toEqual({ mode: 'required' })
  })

  it('is begun from 70 % of the age on, once, while everybody is answered from memory', async () => {
    const { asked, get } = cacheOf()
    const first = await get('a.example')
    const all = await Promise.all(Array.from({ length: 20 }, () => get('a.example', T + 7_000)))
    expect(new Set(all.map(({ trust }) => trust))).toEqual(new Set([first.trust]))
    expect(asked).toHaveLength(2)
    await scheduler.wait(1)
    const second = await get('a.example', T + 13_900)
    expect(second).not.toBe(first)
    expect(asked).toHaveLength(2)
  })

  it('that was begun early and failed is begun again, and nobody is answered beyond the age', async () => {
    let down = false
    const { asked, get } = cacheOf((question) => {
      if (down) throw new Error('D1 is away')
      return answered(question, [record()])
    })
    await get('a.example')
    down = true
    await get('a.example', T + 8_000)
    await scheduler.wait(1)
    await get('a.example', T + 9_000)
    expect(asked).toHaveLength(3)
    await expect(get('a.example', T + 10_000)).rejects.toThrow('D1 is away')
  })
})

describe('what was loaded before', () => {
  it('is told: the version, and the records', async () => {
    const { asked, get } = cacheOf()
    await get('a.example')
    await get('a.example', T + 10_000)
    expect(asked.map(({ version, known }) => [version, known])).toEqual([
      [undefined, []],
      ['1', ['x']],
    ])
  })

  it('stays the very same trust while the version holds', async () => {
    const { get } = cacheOf()
    const { trust } = await get('a.example')
    expect((await get('a.example', T + 10_000)).trust).toBe(trust)
  })

  it('is other trust when the records are others', async () => {
    let records = [record()]
    let version = '1'
    const { get } = cacheOf((question) => answered(question, records, version))
    const { trust } = await get('a.example')
    records = [record(), record('y')]
    version = '2'
    const next = (await get('a.example', T + 10_000)).trust
    expect(next).not.toBe(trust)
    expect(next?.set.size).toBe(2)
    expect(next?.records[0]?.chain).toBe(trust?.records[0]?.chain)
  })

  it('is shared by all hostnames with the same records, and read once', async () => {
    const { asked, get } = cacheOf()
    const all = await Promise.all(['a.example', 'b.example', 'c.example'].map((name) => get(name)))
    const again = await get('d.example')
    expect(new Set([...all, again].map(({ trust }) => trust)).size).toBe(1)
    expect(asked.at(-1)?.known).toEqual(['x'])
  })

  it('of other policies is other trust', async () => {
    let uncovered: 'allow' | 'refuse' = 'allow'
    const { get } = cacheOf((question) => answered(question, [{ ...record(), uncovered }], uncovered))
    const { trust } = await get('a.example')
    uncovered = 'refuse'
    expect((await get('a.example', T + 10_000)).trust).not.toBe(trust)
  })
})

describe('the room', () => {
  it('of hostnames with certificates is not taken by names that anybody can make up', async () => {
    const { names, get } = cacheOf((question) =>
      question.ascii === 'real.example'
        ? answered(question, [record()])
        : { facts: facts({ owned: false, hasCertificates: false }), records: [] },
    )
    await get('real.example')
    for (let i = 0; i < 20_000; i += 1) await get(`made-up-${i}.example`, T, 'facts')
    await get('real.example', T + 1)
    expect(names().filter((ascii) => ascii === 'real.example')).toHaveLength(1)
  })

  it('of trust holds for what hostnames keep: what had to go is loaded again, and is not kept alive by its hostname', async () => {
    const { asked, get } = cacheOf((question) => {
      const der = new Uint8Array(16_000)
      der.set(certificate())
      return answered(question, [record(`record of ${question.ascii}`, der)], question.ascii)
    })
    await get('first.example')
    for (let i = 0; i < 1_000; i += 1) await get(`h${i}.example`)
    const before = asked.length
    expect((await get('first.example', T + 1)).trust?.set.size).toBe(1)
    expect(asked.slice(before)).toMatchObject([{ ascii: 'first.example', records: true, version: undefined }])
    // What is known without certificates is still there.
    await get('first.example', T + 2, 'facts')
    expect(asked).toHaveLength(before + 1)
  })

  it('is bounded in bytes, whatever hostnames and records there are', async () => {
    const large = certificate({ extensions: [new Uint8Array(0)] })
    const { cache, get } = cacheOf((question) => {
      const der = new Uint8Array(16_000)
      der.set(large)
      return answered(question, [record(`record of ${question.ascii}`, der)], question.ascii)
    })
    for (let i = 0; i < 1_000; i += 1) await get(`h${i}.example`)
    expect(cache.bytes).toBeGreaterThan(32 * 1_048_576)
    expect(cache.bytes).toBeLessThan(64 * 1_048_576)
  })
})
