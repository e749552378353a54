/** Share of the room that is for what was asked for more than once. */
const PROTECTED_SHARE = 0.8

interface Held<V> {
  readonly value: V
  readonly bytes: number
}

/**
 * A cache that is bounded in bytes and that a scan cannot flush: what was asked for again is kept apart from what was
 * asked for once (a segmented LRU). Whoever asks for many things once pushes out only things that were asked for once.
 */
export class ByteCache<V> {
  readonly #maxBytes: number
  /** Asked for once, the oldest first. */
  readonly #probation = new Map<string, Held<V>>()
  /** Asked for again, the one least recently used first. */
  readonly #protected = new Map<string, Held<V>>()
  #bytes = 0
  #protectedBytes = 0

  /** @param maxBytes the sum of what `set` is told stays within this */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** What all of it takes, in bytes, as `set` was told. */
  get bytes(): number {
    return this.#bytes
  }

  get(key: string): V | undefined {
    const held = this.#protected.get(key) ?? this.#probation.get(key)
    if (held === undefined) return undefined
    this.delete(key)
    this.#add(this.#protected, key, held)
    this.#protectedBytes += held.bytes
    for (const [oldest, demoted] of this.#protected) {
      if (this.#protectedBytes <= this.#maxBytes * PROTECTED_SHARE) break
      this.#protected.delete(oldest)
      this.#protectedBytes -= demoted.bytes
      this.#probation.set(oldest, demoted)
    }
    return held.value
  }

  /** Keeps a value in place of the one before; one that is larger than the whole cache is not kept. */
  set(key: string, value: V, bytes: number): void {
    const wasProtected = this.#protected.has(key)
    this.delete(key)
    if (bytes > this.#maxBytes) return
    if (wasProtected) {
      this.#add(this.#protected, key, { value, bytes })
      this.#protectedBytes += bytes
    } else this.#add(this.#probation, key, { value, bytes })
    for (const segment of [this.#probation, this.#protected]) {
      for (const oldest of segment.keys()) {
        if (this.#bytes <= this.#maxBytes) return
        if (oldest !== key) this.delete(oldest)
      }
    }
  }

  delete(key: string): void {
    const held = this.#protected.get(key) ?? this.#probation.get(key)
    if (held === undefined) return
    this.#bytes -= held.bytes
    if (this.#protected.delete(key)) this.#protectedBytes -= held.bytes
    else this.#probation.delete(key)
  }

  /** Some of what was used last. Looking at it here is no use. */
  latest(count: number): ReadonlyMap<string, V> {
    const held = [...this.#probation, ...this.#protected].slice(-count)
    return new Map(held.map(([key, { value }]) => [key, value]))
  }

  #add(segment: Map<string, Held<V>>, key: string, held: Held<V>): void {
    segment.set(key, held)
    this.#bytes += held.bytes
  }
}
