/** The share of the memory for values that were read more than once. */
const PROTECTED_SHARE = 0.8

interface Held<V> {
  readonly value: V
  readonly bytes: number
}

/**
 * A cache that is bounded in bytes and that a scan cannot flush (a segmented LRU). Values that were read again are kept apart
 * from new ones, so a client that asks for many new things evicts only new ones.
 */
export class ByteCache<V> {
  readonly #maxBytes: number
  /** Values that were not read again, the oldest first. */
  readonly #probation = new Map<string, Held<V>>()
  /** Values that were read again, the least recently used first. */
  readonly #protected = new Map<string, Held<V>>()
  #bytes = 0
  #protectedBytes = 0

  /** @param maxBytes the largest sum of the sizes that `set` is given */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The sum of the sizes that `set` was given, in bytes. */
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

  /** Replaces the value of a key. A value larger than the whole cache is not kept. @param bytes its size */
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

  /** The most recently used values. This does not count as a read. */
  latest(count: number): ReadonlyMap<string, V> {
    const held = [...this.#probation, ...this.#protected].slice(-count)
    return new Map(held.map(([key, { value }]) => [key, value]))
  }

  #add(segment: Map<string, Held<V>>, key: string, held: Held<V>): void {
    segment.set(key, held)
    this.#bytes += held.bytes
  }
}

/**
 * The most memory that a certificate takes once it was read, its DER included, for each byte of the DER. Measured in workerd:
 * 6.6 KB for a root of 1 KB, 98 KB for one of 16 KB with 620 extensions, without the DER.
 */
const BYTES_PER_DER_BYTE = 8

/** The most memory that certificates take, in bytes. Most are never read, but all are counted as if they were. */
export function certificateBytes(certificates: readonly { readonly der: Uint8Array }[]): number {
  return certificates.reduce((sum, { der }) => sum + BYTES_PER_DER_BYTE * der.length, 0)
}
