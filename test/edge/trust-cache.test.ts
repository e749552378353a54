import { describe, expect, it } from 'vitest'
import type { HostnameQuestion, LoadedHostname, LoadedRecord } from '../../src/edge/hostname-sql.ts'
import { IdentityRules } from '../../src/edge/identity-rules.ts'
import { TrustCache } from '../../src/edge/trust-cache.ts'
import { ambientAt, facts } from '../support/known-hostname.ts'
import { certificate } from '../support/pki.ts'

const MAX_AGE_SECONDS = 10
const T = 1_780_272_000_000

const record = (id = 'x', bytes = certificate()): LoadedRecord => ({
  id,
  uncovered: 'allow',
  chain: [{ der: bytes, isAnchor: true }],
})

/** Answers like the database: known records come without certificates, and no records if the version is the same. */
function answered(question: HostnameQuestion, records: readonly LoadedRecord[], version = '1'): LoadedHostname {
  const known = facts({ version, hasCertificates: records.length > 0 })
  if (!question.records || question.version === version) return { facts: known, records: undefined }
  const isKnown = (id: string) => question.known.includes(id)
  return { facts: known, records: records.map((one) => (isKnown(one.id) ? { ...one, chain: undefined } : one)) }
}

/** A cache, with its queries. */
function cacheOf(
  answer: (question: HostnameQuestion) => LoadedHostname | Promise<LoadedHostname> = (question) =>
    answered(question, [record()]),
  age = MAX_AGE_SECONDS,
  loadWaitMs?: number,
  staleIfErrorSeconds = 0,
) {
  const asked: HostnameQuestion[] = []
  const cache = new TrustCache(
    async (question) => {
      asked.push(question)
      return answer(question)
    },
    { maxAgeSeconds: age, staleIfErrorSeconds },
    loadWaitMs,
  )
  const told: unknown[] = []
  const get = (ascii: string, nowMs = T, wanted: 'facts' | 'trust' = 'trust') =>
    cache.get(ascii, wanted, { ...ambientAt(nowMs), onStale: (cause) => told.push(cause) })
  return { asked, told, cache, get, names: () => asked.map(({ ascii }) => ascii) }
}

describe('identity rules', () => {
  const withRules = (version: string, text = '[{"dns": "a.example"}]') =>
    cacheOf((question) => {
      const loaded = answered(question, [record()], version)
      return { ...loaded, facts: { ...loaded.facts, identities: new IdentityRules(text) } }
    })

  it('are compiled once for a version, and count in the bytes of the cache', async () => {
    const { get } = withRules('1')
    const { facts: first } = await get('a.example')
    expect((await get('a.example', T + 10_000)).facts.identities).toBe(first.identities)
    const [short, long] = [withRules('1'), withRules('1', JSON.stringify([{ dns: 'x'.repeat(16_000) }]))]
    await short.get('a.example')
    await long.get('a.example')
    expect(long.cache.bytes - short.cache.bytes).toBeGreaterThan(15_000 * 28)
  })

  it('are those of the new version once there is one', async () => {
    let version = 0
    const { get } = cacheOf((question) => {
      version += 1
      const loaded = answered(question, [record()], String(version))
      return { ...loaded, facts: { ...loaded.facts, identities: new IdentityRules(`[{"dns": "v${version}"}]`) } }
    })
    expect((await get('a.example')).facts.identities?.list).toEqual([{ dns: 'v1' }])
    expect((await get('a.example', T + 10_000)).facts.identities?.list).toEqual([{ dns: 'v2' }])
  })
})

describe('a hostname', () => {
  it('is loaded once, and then answered from memory until its maximum age', async () => {
    const { asked, get } = cacheOf()
    const first = await get('a.example')
    expect((await get('a.example', T + 6_999)).trust).toBe(first.trust)
    expect(asked).toHaveLength(1)
    expect(await get('a.example', T + 10_000)).not.toBe(first)
    expect(asked).toHaveLength(2)
  })

  it('is loaded separately from others', async () => {
    const { names, get } = cacheOf()
    await get('a.example')
    await get('b.example')
    expect(names()).toEqual(['a.example', 'b.example'])
  })

  it('is not kept if the maximum age is 0', async () => {
    const { asked, get } = cacheOf(undefined, 0)
    await get('a.example')
    await get('a.example')
    expect(asked).toHaveLength(2)
  })

  it('is loaded again after the clock was set back', async () => {
    const { asked, get } = cacheOf()
    await get('a.example')
    await get('a.example', T - 1)
    expect(asked).toHaveLength(2)
  })

  it('without certificates is remembered too', async () => {
    const { asked, get } = cacheOf(() => ({ facts: facts({ owned: false, hasCertificates: false }), records: [] }))
    for (const wanted of ['facts', 'trust', 'trust'] as const) await get('nobodys.example', T, wanted)
    expect(asked).toHaveLength(1)
  })

  it('is not known if the load fails, also if it was known before', async () => {
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

describe('with staleIfErrorSeconds, a hostname', () => {
  const AWAY = new Error('D1 is away')

  /** A cache that has loaded `a.example`, over a database that can go away. */
  async function known({ staleIfErrorSeconds = 60, age = MAX_AGE_SECONDS, hang = false } = {}) {
    const database = { down: false }
    const cache = cacheOf(
      (question) => {
        if (!database.down) return answered(question, [record()])
        return hang ? new Promise(() => undefined) : Promise.reject(AWAY)
      },
      age,
      20,
      staleIfErrorSeconds,
    )
    const { trust } = await cache.get('a.example')
    database.down = true
    return { ...cache, database, trust }
  }

  it('is answered from memory while the database is away, for so long and not a moment longer', async () => {
    const { get, trust } = await known()
    for (const age of [10_000, 40_000, 69_999]) expect((await get('a.example', T + age)).trust).toBe(trust)
    await expect(get('a.example', T + 70_000)).rejects.toBe(AWAY)
  })

  it('is loaded as ever while the database answers', async () => {
    const { database, get, asked, told } = await known()
    database.down = false
    await get('a.example', T + 10_000)
    expect([asked.length, told]).toEqual([2, []])
  })

  it('is asked for once a second while the database is away, however many requests come', async () => {
    const { get, asked, told } = await known()
    for (let ms = 0; ms < 3_000; ms += 10) await get('a.example', T + 10_000 + ms)
    expect([asked.length - 1, told]).toEqual([3, [AWAY, AWAY, AWAY]])
  })

  it('is asked for again when the database is back', async () => {
    const { database, get, asked } = await known()
    await get('a.example', T + 10_000)
    database.down = false
    await get('a.example', T + 10_999)
    expect(asked).toHaveLength(2)
    await get('a.example', T + 11_000)
    await get('a.example', T + 11_001)
    expect(asked).toHaveLength(3)
  })

  it('is answered from memory when the database hangs, after one short wait', async () => {
    const { get, trust, told } = await known({ hang: true })
    expect((await get('a.example', T + 10_000)).trust).toBe(trust)
    expect((await get('a.example', T + 10_001)).trust).toBe(trust)
    expect(told).toEqual([new Error('the database did not answer within 20 ms')])
  })

  it('is loaded although another one cannot be', async () => {
    let down = false
    const { get, names } = cacheOf(
      (question) => (down && question.ascii === 'slow.example' ? Promise.reject(AWAY) : answered(question, [record()])),
      MAX_AGE_SECONDS,
      20,
      60,
    )
    for (const ascii of ['slow.example', 'a.example']) await get(ascii)
    down = true
    await get('slow.example', T + 10_000)
    await get('a.example', T + 10_001)
    expect(names()).toEqual(['slow.example', 'a.example', 'slow.example', 'a.example'])
  })

  it('is asked for after the clock was set back', async () => {
    const { get, asked } = await known()
    await get('a.example', T + 60_000)
    await get('a.example', T + 20_000)
    expect(asked).toHaveLength(3)
  })

  it('is kept for that time alone if the maximum age is 0', async () => {
    const { get, asked, trust, database } = await known({ age: 0 })
    expect((await get('a.example', T + 1)).trust).toBe(trust)
    database.down = false
    await get('a.example', T + 2_000)
    expect(asked).toHaveLength(3)
  })

  it('that is not known is not answered', async () => {
    const { get } = await known()
    await expect(get('b.example', T + 1)).rejects.toBe(AWAY)
  })
})

describe('for a request without a certificate', () => {
  it('only the facts of the hostname are read; its certificates are read for the first client with one', async () => {
    const { asked, get } = cacheOf()
    expect((await get('a.example', T, 'facts')).trust).toBeUndefined()
    expect((await get('a.example', T + 1, 'facts')).trust).toBeUndefined()
    expect((await get('a.example', T, 'trust')).trust?.set.size).toBe(1)
    expect((await get('a.example', T, 'facts')).trust?.set.size).toBe(1)
    expect(asked.map(({ records }) => records)).toEqual([false, true])
  })
})

describe('a load', () => {
  it('is shared by many simultaneous requests', async () => {
    const { asked, get } = cacheOf()
    const all = await Promise.all(Array.from({ length: 50 }, () => get('a.example')))
    expect([asked.length, new Set(all).size]).toEqual([1, 1])
  })

  it('is not shared with another hostname, nor are facts by who asks for trust', async () => {
    const { asked, get } = cacheOf((question) => answered(question, [record(`of ${question.ascii}`)]))
    const all = await Promise.all([get('a.example'), get('b.example'), get('c.example', T, 'facts'), get('c.example')])
    const ids = all.map(({ trust }) => trust?.records.map(({ id }) => id).join())
    expect(ids).toEqual(['of a.example', 'of b.example', undefined, 'of c.example'])
    expect(asked).toHaveLength(4)
  })

  it('is shared by a thousand requests, however slow the database is', async () => {
    const { asked, get } = cacheOf(async (question) => {
      await scheduler.wait(1_500)
      return answered(question, [record()])
    })
    await get('a.example')
    await Promise.all(Array.from({ length: 1_000 }, () => get('a.example', T + 10_000)))
    expect(asked).toHaveLength(2)
  })

  it('has an age that counts from its start', async () => {
    const { asked, get } = cacheOf(async (question) => {
      await scheduler.wait(5)
      return answered(question, [record()])
    })
    await Promise.all([get('a.example'), get('a.example', T + 5_000)])
    await get('a.example', T + 10_001)
    expect(asked).toHaveLength(2)
  })

  it('that never ends is started again by one of the waiting requests, three times at most', async () => {
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
    ['that began as long ago as the maximum age', MAX_AGE_SECONDS, 10_000, 2],
    ['that began one millisecond later', MAX_AGE_SECONDS, 9_999, 1],
    ['that began in the future, since the clock was set back', MAX_AGE_SECONDS, -1, 2],
    ['at an age of 0', 0, 0, 2],
  ])('is shared by requests that may use an answer of its age: one %s', async (_, age, laterMs, loads) => {
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

  it('that ends late does not replace the result of a later one', async () => {
    const ends: ((found: LoadedHostname) => void)[] = []
    const { get } = cacheOf(() => new Promise((resolve) => ends.push(resolve)), MAX_AGE_SECONDS, 10_000)
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

  it('of facts that ends late does not replace later facts, and one of trust does not go by facts alone', async () => {
    const ends: ((found: LoadedHostname) => void)[] = []
    const { get } = cacheOf(() => new Promise((resolve) => ends.push(resolve)), MAX_AGE_SECONDS, 10_000)
    const [slowFacts, slowTrust] = [get('a.example', T, 'facts'), get('a.example', T + 1, 'trust')]
    await scheduler.wait(1)
    const fast = get('a.example', T + 10_001, 'facts')
    await scheduler.wait(1)
    ends[2]?.({ facts: facts({ mode: { mode: 'required' }, version: '2' }), records: undefined })
    await fast
    ends[0]?.({ facts: facts({ mode: { mode: 'report', until: 1 } }), records: undefined })
    expect((await slowFacts).facts.mode).toEqual({ mode: 'required' })
    ends[1]?.({ facts: facts(), records: [record()] })
    expect((await slowTrust).trust?.set.size).toBe(1)
  })

  it('starts once at 70 % of the age, while requests are answered from memory', async () => {
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

  it('that started early and failed is started again, and no answer is older than the age', async () => {
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

describe('earlier trust', () => {
  it('is named to the database, by version and records', async () => {
    const { asked, get } = cacheOf()
    await get('a.example')
    await get('a.example', T + 10_000)
    expect(asked.map(({ version, known }) => [version, known])).toEqual([
      [undefined, []],
      ['1', ['x']],
    ])
  })

  it('stays the same object while the version is the same', async () => {
    const { get } = cacheOf()
    const { trust } = await get('a.example')
    expect((await get('a.example', T + 10_000)).trust).toBe(trust)
  })

  it('is replaced if the records differ', async () => {
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

  it('is shared by all hostnames with the same records, and is read once', async () => {
    const { asked, get } = cacheOf()
    const all = await Promise.all(['a.example', 'b.example', 'c.example'].map((name) => get(name)))
    const again = await get('d.example')
    expect(new Set([...all, again].map(({ trust }) => trust)).size).toBe(1)
    expect(asked.at(-1)?.known).toEqual(['x'])
  })

  it('is different trust with different policies', async () => {
    let uncovered: 'allow' | 'refuse' = 'allow'
    const { get } = cacheOf((question) => answered(question, [{ ...record(), uncovered }], uncovered))
    const { trust } = await get('a.example')
    uncovered = 'refuse'
    expect((await get('a.example', T + 10_000)).trust).not.toBe(trust)
  })
})

describe('the memory', () => {
  it('for hostnames with certificates is not taken by made-up names', async () => {
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

  it('for trust is bounded: dropped trust is loaded again, since its hostname does not keep it', async () => {
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
    // Facts without certificates are still known.
    await get('first.example', T + 2, 'facts')
    expect(asked).toHaveLength(before + 1)
  })

  it('of a hostname is 400 bytes, and two for each character of its name', async () => {
    const { cache, get } = cacheOf(() => ({ facts: facts({ owned: false, hasCertificates: false }), records: [] }))
    await get('nobodys.example', T, 'facts')
    expect(cache.bytes).toBe(400 + 2 * 'nobodys.example'.length)
  })

  it('is bounded in bytes, for any hostnames and records', async () => {
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
