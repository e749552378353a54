/** Choices that a seed decides. */
export interface Random {
  /** A whole number from 0, below the limit. */
  below(limit: number): number
  chance(probability: number): boolean
  /** One of a list; undefined where it is empty. */
  pick<T>(list: readonly T[]): T | undefined
  /** Choices of their own, which do not depend on how many were made here before. */
  fork(name: string): Random
}

/** The same seed makes the same choices (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    chance: (probability) => next() < probability,
    pick: (list) => list[below(list.length)],
    fork: (name) =>
      randomOf([...name].reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 16_777_619), seed)),
  }
}
