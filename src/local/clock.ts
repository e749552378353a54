import type { UnixMilliseconds, UnixSeconds } from '../core/units.ts'

/** The Worker's time: the true one, or one that a test has set, which then stands still. */
export class Clock {
  #setMs: UnixMilliseconds | null = null

  /** @param ms null: the true time */
  set(ms: UnixMilliseconds | null): void {
    this.#setMs = ms
  }

  /** Unix time in ms; null: the true time. */
  get setMs(): UnixMilliseconds | null {
    return this.#setMs
  }

  nowMs(): UnixMilliseconds {
    return this.#setMs ?? Date.now()
  }

  now(): UnixSeconds {
    return Math.floor(this.nowMs() / 1_000)
  }
}
