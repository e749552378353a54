import type { Seconds, UnixSeconds } from '../../core/units.ts'
import type { NotedRefusals } from './sql.ts'

/** How often one isolate writes its counts, at most. */
const PERIOD_SECONDS: Seconds = 60

/** How many different refusals an isolate counts in that time: 1,000 take some 200 KB, and one statement. */
const MAX_NOTED = 1_000

/** Stands for all addresses beyond those. */
const OTHERS = 'others'

/** One refused request. */
export type RefusedRequest = Omit<NotedRefusals, 'count' | 'firstAt' | 'lastAt'> & { readonly at: UnixSeconds }

/**
 * Counts refused requests in an isolate, so that a flood of them writes once a minute. An isolate that ends takes up to a minute of
 * its counts with it.
 */
export class RefusalCounter {
  #noted = new Map<string, NotedRefusals>()
  #writtenAt = Number.NEGATIVE_INFINITY

  /**
   * Counts a request.
   * @returns what is to be written now; undefined: nothing yet
   */
  note(request: RefusedRequest): readonly NotedRefusals[] | undefined {
    this.#add(this.#noted.size < MAX_NOTED ? request : { ...request, address: OTHERS, credentialId: '', scope: '' })
    if (request.at - this.#writtenAt < PERIOD_SECONDS) return undefined
    const noted = [...this.#noted.values()]
    this.#noted = new Map()
    this.#writtenAt = request.at
    return noted
  }

  #add({ at, ...request }: RefusedRequest): void {
    const { scope, credentialId, address, code } = request
    const key = [scope, credentialId, address, code].join(' ')
    const { count = 0, firstAt = at } = this.#noted.get(key) ?? {}
    this.#noted.set(key, { ...request, count: count + 1, firstAt, lastAt: at })
  }
}
