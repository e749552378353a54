import type { Seconds } from './units.ts'
/** What the store needs of D1: the database itself, or a session of it. */
export type Database = Pick<D1Database, 'prepare' | 'batch'>

/** The environment as wrangler.toml gives it. */
export interface Env {
  readonly DB: D1Database
  /** Optional: counts a credential's requests. Without it there is no limit to them. */
  readonly RATE_LIMITER?: RateLimit
  /** Optional: counts failed authentication by address. Without it there is no limit to it. */
  readonly FAILED_AUTH_LIMITER?: RateLimit
  /** `off`: neither is asked, as on a laptop. Default `on`. */
  readonly RATE_LIMITS?: string
  /** Optional: how many certificates one hostname may have. */
  readonly HOSTNAME_MAX_CERTIFICATES?: string
  /** Optional: how many bytes of DER these may have together. */
  readonly HOSTNAME_MAX_BYTES?: string
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

/** The period of both rate-limit bindings in wrangler.toml, in seconds. It can be 10 or 60. */
export const LIMIT_PERIOD_SECONDS = 60

/**
 * How much the records of one hostname may hold together: the edge reads them when the first client comes, and keeps them in
 * memory.
 */
export interface HostnameLimits {
  readonly certificates: number
  /** Of their DER. */
  readonly bytes: number
}

/** A thousand roots of 2 KB: of the 128 MB of an isolate, a hostname takes 4 MB at most. */
const DEFAULT_HOSTNAME_LIMITS: HostnameLimits = { certificates: 1_000, bytes: 2_097_152 }

/** What the program needs of the environment. */
export interface Config {
  readonly db: Database
  /** Says whether a credential, by its hash, may make another request now. */
  readonly withinRateLimit: (credential: string) => Promise<boolean>
  /** Counts a failed authentication; says whether its address may make another. Undefined: there is no such limit. */
  readonly countFailedAuthentication: ((address: string) => Promise<boolean>) | undefined
  /** How old the edge's knowledge of a hostname's certificates may be, in seconds. */
  readonly trustMaxAgeSeconds: Seconds
  /** How much the records of one hostname may hold together. */
  readonly hostnameLimits: HostnameLimits
}

/**
 * Turns what the runtime gave into what the program needs.
 * Throws when a binding is missing or a setting is none, naming it: a mistake in wrangler.toml, not of a client.
 */
export function configFrom(env: Partial<Env>): Omit<Config, 'db'> & { readonly d1: D1Database } {
  const { DB, RATE_LIMITER, FAILED_AUTH_LIMITER, RATE_LIMITS, TRUST_MAX_AGE_SECONDS } = env
  const { HOSTNAME_MAX_CERTIFICATES, HOSTNAME_MAX_BYTES } = env
  const { certificates, bytes } = DEFAULT_HOSTNAME_LIMITS
  if (DB === undefined) throw new Error('binding DB is missing: wrangler.toml needs a [[d1_databases]] with it')
  const limited = choice('RATE_LIMITS', RATE_LIMITS, ['on', 'off']) === 'on'
  const within = (limiter: RateLimit) => async (key: string) => (await limiter.limit({ key })).success
  return {
    d1: DB,
    trustMaxAgeSeconds: seconds(TRUST_MAX_AGE_SECONDS),
    hostnameLimits: {
      certificates: count('HOSTNAME_MAX_CERTIFICATES', HOSTNAME_MAX_CERTIFICATES, certificates),
      bytes: count('HOSTNAME_MAX_BYTES', HOSTNAME_MAX_BYTES, bytes),
    },
    withinRateLimit: limited && RATE_LIMITER !== undefined ? within(RATE_LIMITER) : async () => true,
    countFailedAuthentication: limited && FAILED_AUTH_LIMITER !== undefined ? within(FAILED_AUTH_LIMITER) : undefined,
  }
}

/** A whole number from 1; the default where the setting is absent. Throws when it is another, naming it. */
function count(name: string, setting: string | undefined, byDefault: number): number {
  if (setting === undefined) return byDefault
  if (!/^[1-9]\d{0,8}$/.test(setting)) throw new Error(`${name} must be a whole number from 1`)
  return Number(setting)
}

/** One of two values; the first where the setting is absent. Throws when it is another, naming it. */
export function choice(name: string, setting: string | undefined, values: readonly [string, string]): string {
  if (setting === undefined) return values[0]
  if (!values.includes(setting)) throw new Error(`${name} must be ${values.join(' or ')}`)
  return setting
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
