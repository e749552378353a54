/** What the store needs of D1: the database itself, or a session of it. */
export type Database = Pick<D1Database, 'prepare' | 'batch'>

/** The environment as wrangler.toml gives it. */
export interface Env {
  readonly DB: D1Database
  /** Optional: without it there is no limit. */
  readonly RATE_LIMITER?: RateLimit
  /** Optional: how long a removed certificate may still be trusted at the edge, in seconds. */
  readonly TRUST_MAX_AGE_SECONDS?: string
}

/** Short enough for a person who removes a certificate, long enough that a busy hostname asks D1 once in a while. */
const DEFAULT_TRUST_MAX_AGE_SECONDS = 10

/**
 * How long the edge may go on letting in whom its owner has removed. 5 minutes, as the Kubernetes API server keeps a
 * webhook's "authorized" by default (--authorization-webhook-cache-authorized-ttl): 30 times our default, and still
 * nothing that a person who removes a certificate forgets to wait for.
 */
const MAX_TRUST_MAX_AGE_SECONDS = 300

/** What the program needs of the environment. */
export interface Config {
  readonly db: Database
  /** Says whether a credential, by its hash, may make another request now. */
  readonly withinRateLimit: (credential: string) => Promise<boolean>
  /** How old the edge's knowledge of a hostname's certificates may be, in seconds. */
  readonly trustMaxAgeSeconds: number
}

/**
 * Turns what the runtime gave into what the program needs.
 * Throws when a binding is missing or a setting is none, naming it: a mistake in wrangler.toml, not of a client.
 */
export function configFrom(env: Partial<Env>): Omit<Config, 'db'> & { readonly d1: D1Database } {
  const { DB, RATE_LIMITER, TRUST_MAX_AGE_SECONDS } = env
  if (DB === undefined) throw new Error('binding DB is missing: wrangler.toml needs a [[d1_databases]] with it')
  return {
    d1: DB,
    trustMaxAgeSeconds: seconds(TRUST_MAX_AGE_SECONDS),
    withinRateLimit: async (key) => RATE_LIMITER === undefined || (await RATE_LIMITER.limit({ key })).success,
  }
}

/**
 * TRUST_MAX_AGE_SECONDS as a number; the default where the setting is absent. Throws when it is no whole number of
 * seconds, or above the ceiling.
 */
export function seconds(setting: string | undefined): number {
  if (setting === undefined) return DEFAULT_TRUST_MAX_AGE_SECONDS
  const value = /^\d{1,9}$/.test(setting) ? Number(setting) : Number.NaN
  if (!(value <= MAX_TRUST_MAX_AGE_SECONDS)) {
    throw new Error(
      `TRUST_MAX_AGE_SECONDS must be a whole number of seconds from 0 to ${MAX_TRUST_MAX_AGE_SECONDS}: for so long a ` +
        'removed certificate still lets clients in',
    )
  }
  return value
}
