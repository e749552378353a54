import { describe, expect, it } from 'vitest'
import { TrustCache } from '../../src/domain/trust-cache.ts'
import type { HostnameTrust } from '../../src/store/trust-anchors.ts'
import { certificate } from '../support/pki.ts'

const trusting = (bundles: HostnameTrust['bundles']): HostnameTrust => ({
  owned: true,
  accountId: 'account',
  enabled: true,
  mode: 'required',
  forwarding: false,
  revocable: false,
  bundles,
})

/** A source of trust that counts how often it is asked. */
function source(answer: () => Promise<HostnameTrust> = async () => trusting([])) {
  const asked: string[] = []
  const load = (ascii: string) => {
    asked.push(ascii)
    return answer()
  }
  return { asked, load }
}

const MAX_AGE_SECONDS = 10
const T = 1_780_272_000_000

describe('the trust of a hostname', () => {
  it('is loaded once, and answered from memory until its age is reached', async () => {
    const { asked, load } = source()
    const cache = new TrustCache(load, MAX_AGE_SECONDS)
    const first = await cache.get('a.example', T)
    expect(await cache.get('a.example', T + 9_999)).toBe(first)
    expect(asked).toEqual(['a.example'])
    expect(await cache.get('a.example', T + 10_000)).not.toBe(first)
    expect(asked).toHaveLength(2)
  })

  it('is each hostname’s own', async () => {
    const { asked, load } = source()
    const cache = new TrustCache(load, MAX_AGE_SECONDS)
    await cache.get('a.example', T)
    await cache.get('b.example', T)
    expect(asked).toEqual(['a.example', 'b.example'])
  })

  it('is not kept at an age of 0', async () => {
    const { asked, load } = source()
    const cache = new TrustCache(load, 0)
    await cache.get('a.example', T)
    await cache.get('a.example', T)
    expect(asked).toHaveLength(2)
  })

  it('is loaded anew when the clock was set back', async () => {
    const { asked, load } = source()
    const cache = new TrustCache(load, MAX_AGE_SECONDS)
    await cache.get('a.example', T)
    await cache.get('a.example', T - 1)
    expect(asked).toHaveLength(2)
  })

  it('is loaded by one of many that ask at once', async () => {
    const { asked, load } = source()
    const cache = new TrustCache(load, MAX_AGE_SECONDS)
    const all = await Promise.all(Array.from({ length: 50 }, () => cache.get('a.example', T)))
    expect(asked).toHaveLength(1)
    expect(new Set(all).size).toBe(1)
  })

  it('is aged from the beginning of its load', async () => {
    const { asked, load } = source(async () => {
      await scheduler.wait(5)
      return trusting([])
    })
    const cache = new TrustCache(load, MAX_AGE_SECONDS)
    await Promise.all([cache.get('a.example', T), cache.get('a.example', T + 5_000)])
    await cache.get('a.example', T + 10_001)
    expect(asked).toHaveLength(2)
  })

  it('is not there when the load fails, not even where it was before', async () => {
    let down = false
    const { load } = source(async () => {
      if (down) throw new Error('D1 is away')
      return trusting([{ id: 'x', chain: [certificate()], uncovered: 'allow' }])
    })
    const cache = new TrustCache(load, MAX_AGE_SECONDS)
    expect((await cache.get('a.example', T)).trust.anchors.size).toBe(1)
    down = true
    await expect(cache.get('a.example', T + 10_000)).rejects.toThrow('D1 is away')
    await expect(cache.get('a.example', T + 10_001)).rejects.toThrow('D1 is away')
    down = false
    expect((await cache.get('a.example', T + 10_002)).trust.anchors.size).toBe(1)
  })

  it('is loaded by those who waited for one that never ends', async () => {
    let calls = 0
    const cache = new TrustCache(() => {
      calls += 1
      return calls === 1 ? new Promise(() => undefined) : Promise.resolve(trusting([]))
    }, MAX_AGE_SECONDS)
    void cache.get('a.example', T)
    expect(await cache.get('a.example', T)).toMatchObject({ enabled: true })
  })

  it('is loaded by one of many that waited for one that never ends', async () => {
    let calls = 0
    const cache = new TrustCache(() => {
      calls += 1
      return calls === 1 ? new Promise(() => undefined) : Promise.resolve(trusting([]))
    }, MAX_AGE_SECONDS)
    void cache.get('a.example', T)
    const all = await Promise.all(Array.from({ length: 50 }, () => cache.get('a.example', T)))
    expect([calls, new Set(all).size]).toEqual([2, 1])
  })

  it.each([
    ['that began as long ago as its age', MAX_AGE_SECONDS, 10_000, 2],
    ['that began just less long ago', MAX_AGE_SECONDS, 9_999, 1],
    ['that began in what is the future now', MAX_AGE_SECONDS, -1, 2],
    ['at an age of 0', 0, 0, 2],
  ])('is shared by whoever may have an answer of its time: a load %s', async (_, age, laterMs, loads) => {
    const ends: (() => void)[] = []
    const { asked, load } = source(async () => {
      await new Promise<void>((resolve) => ends.push(resolve))
      return trusting([])
    })
    const cache = new TrustCache(load, age)
    const both = [cache.get('a.example', T), cache.get('a.example', T + laterMs)]
    for (const end of ends) end()
    await Promise.all(both)
    expect(asked).toHaveLength(loads)
  })

  it('is not put back to what a slower load had found before', async () => {
    const ends: ((found: HostnameTrust) => void)[] = []
    const cache = new TrustCache(() => new Promise((resolve) => ends.push(resolve)), MAX_AGE_SECONDS)
    const slow = cache.get('a.example', T)
    const fast = cache.get('a.example', T + 1_001)
    await scheduler.wait(1_010)
    ends[1]?.({ ...trusting([]), mode: 'required' })
    expect((await fast).mode).toBe('required')
    ends[0]?.({ ...trusting([]), mode: 'report' })
    expect((await slow).mode).toBe('required')
    expect((await cache.get('a.example', T + 1_002)).mode).toBe('required')
  })

  it('pushes out the oldest of a thousand others', async () => {
    const { asked, load } = source()
    const cache = new TrustCache(load, MAX_AGE_SECONDS)
    for (let i = 0; i <= 1_000; i += 1) await cache.get(`h${i}.example`, T)
    await cache.get('h1.example', T)
    expect(asked).toHaveLength(1_001)
    await cache.get('h0.example', T)
    expect(asked).toHaveLength(1_002)
  })
})
