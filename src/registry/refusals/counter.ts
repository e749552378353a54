import type { Seconds, UnixSeconds } from '../../core/units.ts'
import type { NotedRefusals } from './sql.ts'

/** How long an isolate collects counts before it writes them. A Worker may work for 30 s after its answer. */
const PERIOD_SECONDS: Seconds = 20

/** How many different refusals an isolate counts in that time: 1,000 take some 200 KB, and one statement. */
const MAX_NOTED = 1_000

/** Stands for all addresses beyond those. */
const OTHERS = 'others'

/** One refused request. */
export type RefusedRequest = Omit<NotedRefusals, 'count' | 'firstAt' | 'lastAt'> & { readonly at: UnixSeconds }

/**
 * Counts refused requests in an isolate, so that a flood of them is one write in 20 seconds. The first is written at once. An isolate
 * that ends takes its counts with it.
 */
export class RefusalCounter {
  #noted = new Map<string, NotedRefusals>()
  /** When the next write is to be; one that is long overdue is not coming any more. */
  #nextAt = Number.NEGATIVE_INFINITY
  #isAwaited = false

  /**
   * Counts a request.
   * @returns after how many seconds to write what `take` returns; undefined where that is under way already
   */
  note(request: RefusedRequest): Seconds | undefined {
    const { at } = request
    this.#add(this.#noted.size < MAX_NOTED ? request : { ...request, address: OTHERS, credentialId: '', scope: '' })
    if (this.#isAwaited && at <= this.#nextAt + PERIOD_SECONDS) return undefined
    this.#isAwaited = true
    this.#nextAt = Math.max(this.#nextAt, at)
    return this.#nextAt - at
  }

  /** What was counted, to be written. @param now Unix seconds, UTC */
  take(now: UnixSeconds): readonly NotedRefusals[] {
    const noted = [...this.#noted.values()]
    this.#noted = new Map()
    this.#nextAt = now + PERIOD_SECONDS
    this.#isAwaited = false
    return noted
  }

  #add({ at, ...request }: RefusedRequest): void {
    const { scope, credentialId, address, code } = request
    const key = [scope, credentialId, address, code].join(' ')
    const { count = 0, firstAt = at } = this.#noted.get(key) ?? {}
    this.#noted.set(key, { ...request, count: count + 1, firstAt, lastAt: at })
  }
}
