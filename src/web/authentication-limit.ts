import { LIMIT_PERIOD_SECONDS } from '../core/config.ts'
import type { Seconds, UnixSeconds } from '../core/units.ts'

/**
 * How many credentials of one address may be under way at once of which nothing is known, in one isolate. Without it, a
 * burst would be in the database before its first failure is counted. Ours: far more than clients that share an address
 * begin to use within one round trip.
 */
const MAX_UNPROVEN_UNDER_WAY = 20

/** After how long to try again when too many are under way, in seconds: they are answered by then. */
const UNDER_WAY_SECONDS = 1

/** How many addresses, and how many credentials, an isolate remembers: 10,000 take some 1 MB of its 128 MB. */
const MAX_REMEMBERED = 10_000

/** One request's attempt to authenticate. */
export interface Attempt {
  /** What the client's address counts as (`addressKey`). */
  readonly address: string
  /** SHA-256 of the secret. */
  readonly credential: string
  /** Unix seconds, UTC. */
  readonly now: UnixSeconds
}

/** What came of an attempt: the credential held, it did not, or the answer does not say. */
export type Authenticated = 'yes' | 'no' | 'unsaid'

/**
 * Limits failed authentication by address, whatever credentials are tried (contract 4: 429). Only failures count, so the
 * rate-limit binding is asked after one; it has no way to be asked without counting. Which addresses it refused is
 * remembered here, so that the next request is refused before the database is asked.
 *
 * An address may stand for many clients (NAT). So a credential that this isolate has seen hold is not refused for its
 * address; others wait, for there is no telling a good one from a guess without the database. A refusal is not a failure:
 * it ends after a minute even when the attempts go on, and then good ones get in as well.
 */
export class AuthenticationLimit {
  /** Until when addresses are refused, in Unix seconds. */
  readonly #refused = new Map<string, number>()
  readonly #proven = new Map<string, true>()
  /** The credentials of which nothing is known yet and that are under way, with their requests, by address. */
  readonly #underWay = new Map<string, Map<string, number>>()

  /**
   * Answers a request, unless its address is refused.
   * @param count counts a failure of an address; says whether it is within the limit
   * @returns what `answer` gave; or, in its place, after how many seconds to try again
   */
  async run<T>(
    attempt: Attempt,
    count: (address: string) => Promise<boolean>,
    answer: () => Promise<{ readonly value: T; readonly authenticated: Authenticated }>,
  ): Promise<{ readonly value: T } | { readonly retryAfterSeconds: Seconds }> {
    const retryAfterSeconds = this.#refusal(attempt)
    if (retryAfterSeconds !== undefined) return { retryAfterSeconds }
    const done = this.#begin(attempt)
    try {
      const { value, authenticated } = await answer()
      const { address, credential, now } = attempt
      if (authenticated === 'yes') remember(this.#proven, credential, true)
      if (authenticated !== 'no') return { value }
      this.#proven.delete(credential)
      if (await count(address)) return { value }
      remember(this.#refused, address, now + LIMIT_PERIOD_SECONDS)
      return { retryAfterSeconds: LIMIT_PERIOD_SECONDS }
    } finally {
      done()
    }
  }

  /** After how many seconds to try again; undefined where the attempt may be made. */
  #refusal({ address, credential, now }: Attempt): number | undefined {
    if (this.#proven.has(credential)) return undefined
    const until = this.#refused.get(address) ?? now
    if (until > now) return until - now
    this.#refused.delete(address)
    const underWay = this.#underWay.get(address)
    const tooMany = underWay !== undefined && underWay.size >= MAX_UNPROVEN_UNDER_WAY && !underWay.has(credential)
    return tooMany ? UNDER_WAY_SECONDS : undefined
  }

  /** Notes that an attempt is under way; what it returns notes that it is over. */
  #begin({ address, credential }: Attempt): () => void {
    if (this.#proven.has(credential)) return () => undefined
    const underWay = this.#underWay.get(address) ?? new Map<string, number>()
    this.#underWay.set(address, underWay)
    underWay.set(credential, (underWay.get(credential) ?? 0) + 1)
    return () => {
      const others = (underWay.get(credential) ?? 0) - 1
      if (others > 0) underWay.set(credential, others)
      else underWay.delete(credential)
      if (underWay.size === 0) this.#underWay.delete(address)
    }
  }
}

/** Sets an entry as the newest; the oldest one goes where there are too many. */
function remember<V>(entries: Map<string, V>, key: string, value: V): void {
  entries.delete(key)
  entries.set(key, value)
  for (const oldest of entries.keys()) {
    if (entries.size <= MAX_REMEMBERED) break
    entries.delete(oldest)
  }
}
