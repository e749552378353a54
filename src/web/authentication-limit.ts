import { LIMIT_PERIOD_SECONDS } from '../core/config.ts'
import type { Seconds, UnixSeconds } from '../core/units.ts'

/**
 * How many unproven credentials of one address may be under way at once in one isolate. Without this limit, a burst of guesses
 * reaches the database before its first failure is counted. [ours]: clients that share an address begin to use far fewer new
 * credentials within one round trip.
 */
const MAX_UNPROVEN_UNDER_WAY = 20

/** When too many are under way, how long a client waits before it tries again, in seconds. They are answered by then. */
const UNDER_WAY_SECONDS = 1

/** How many addresses, and how many credentials, an isolate remembers. 10,000 take some 1 MB of its 128 MB. */
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

/** Whether the credential of an attempt is valid; `unsaid` where the answer does not show it. */
export type Authenticated = 'yes' | 'no' | 'unsaid'

/**
 * Limits failed authentication by address, whatever credentials are tried (contract 4: 429). The rate-limit binding counts each
 * time it is asked, so it is asked after a failure only. The isolate remembers which addresses were refused, so that their next
 * request is refused before the database is asked.
 *
 * Many clients may share an address (NAT). A credential that this isolate has seen succeed is therefore not refused for its
 * address. Other credentials wait: only the database can tell a good one from a guess. A refused attempt does not count as a
 * failure, so a refusal ends after a minute even when the attempts go on.
 */
export class AuthenticationLimit {
  /** The refused addresses, each with the end of its refusal in Unix seconds. */
  readonly #refused = new Map<string, number>()
  readonly #proven = new Map<string, true>()
  /** By address: the unproven credentials that are under way, each with the number of its requests. */
  readonly #underWay = new Map<string, Map<string, number>>()

  /**
   * Answers a request, unless its address is refused.
   * @param count counts a failure of an address, and says whether it is within the limit
   * @returns the value of `answer`, or after how many seconds the client may try again
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

  /** After how many seconds the client may try again; undefined where it may now. */
  #refusal({ address, credential, now }: Attempt): number | undefined {
    if (this.#proven.has(credential)) return undefined
    const until = this.#refused.get(address) ?? now
    if (until > now) return until - now
    this.#refused.delete(address)
    const underWay = this.#underWay.get(address)
    const tooMany = underWay !== undefined && underWay.size >= MAX_UNPROVEN_UNDER_WAY && !underWay.has(credential)
    return tooMany ? UNDER_WAY_SECONDS : undefined
  }

  /** Counts an attempt as under way. @returns what to call when it is over */
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

/** Sets an entry as the newest. Deletes the oldest ones where there are too many. */
function remember<V>(entries: Map<string, V>, key: string, value: V): void {
  entries.delete(key)
  entries.set(key, value)
  for (const oldest of entries.keys()) {
    if (entries.size <= MAX_REMEMBERED) break
    entries.delete(oldest)
  }
}
