/**
 * Random numbers that a seed decides. Every input of a run has a generator of its own, made from the run's seed, the target and the
 * input's number. So any one input can be made again without those before it.
 */
export class Random {
  readonly #state: Uint32Array

  /** @param seed of the run, 32 bits @param index of the input, from 0 */
  constructor(seed: number, target: string, index: number) {
    const hash = hasher(`${seed}/${target}/${index}`)
    this.#state = Uint32Array.of(hash(), hash(), hash(), 1)
    // sfc32 mixes its seed within 12 rounds (PractRand's author).
    for (let round = 0; round < 12; round += 1) this.next()
  }

  /** 32 random bits (sfc32, Chris Doty-Humphrey). */
  next(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state
    const sum = (a + b + d) >>> 0
    this.#state.set([b ^ (b >>> 9), c + (c << 3), ((c << 21) | (c >>> 11)) + sum, d + 1])
    return sum
  }

  /** A whole number from 0, less than `limit`. */
  below(limit: number): number {
    return Math.floor((this.next() / 2 ** 32) * limit)
  }

  /** True one time in so many. */
  oneIn(many: number): boolean {
    return this.below(many) === 0
  }

  /** One item of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }

  /** A small number: 0 half of the time, 1 a quarter of the time, and so on. */
  few(most: number): number {
    return Math.min(most, Math.clz32(this.next()))
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.below(256))
  }
}

/** Hashes of a text, 32 bits each, one after the other (MurmurHash3's mixing). */
function hasher(text: string): () => number {
  let hash = 1_779_033_703 ^ text.length
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 3_432_918_353)
    hash = (hash << 13) | (hash >>> 19)
  }
  return () => {
    hash = Math.imul(hash ^ (hash >>> 16), 2_246_822_507)
    hash = Math.imul(hash ^ (hash >>> 13), 3_266_489_909)
    hash ^= hash >>> 16
    return hash >>> 0
  }
}
