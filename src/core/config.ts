import type { Seconds } from './units.ts'

/** What the store needs of D1: the database itself, or a session of it. */
export type Database = Pick<D1Database, 'prepare' | 'batch'>

/** The environment as wrangler.toml gives it. `.dev.vars.example` lists each text, with its default. */
export interface Env {
  readonly DB: D1Database
  /** Optional: counts a credential's requests. Without it they have no limit. */
  readonly RATE_LIMITER?: RateLimit
  /** Optional: counts failed authentication by address. Without it there is no such limit. */
  readonly FAILED_AUTH_LIMITER?: RateLimit
  /** `off` switches both limits off, as on a laptop. Default `on`. */
  readonly RATE_LIMITS?: string
  /** Which lines the API writes into its log: `all` (default), or those of level `error`: `errors`. */
  readonly LOG?: string
  /** Optional: the origins whose pages may call the API from a browser, separated by commas, or `*`. Default: none. */
  readonly CORS_ORIGINS?: string
  /** Optional: how many certificates one hostname may have. */
  readonly HOSTNAME_MAX_CERTIFICATES?: string
  /** Optional: how many bytes of DER the certificates of one hostname may have together. */
  readonly HOSTNAME_MAX_BYTES?: string
  /** Optional: hosts that CRLs are fetched from, with commas; `*.example.com` for all below a domain. Without it, none. */
  readonly CRL_SOURCE_HOSTS?: string
  /** Optional: how long a removed certificate may still be trusted at the edge, in seconds. */
  readonly TRUST_MAX_AGE_SECONDS?: string
  /** Optional: for how much longer, in seconds, while the database is away. Default 0. */
  readonly TRUST_STALE_IF_ERROR_SECONDS?: string
  /** Optional: where trust is read: `primary` (default), or `replica`: any replica, which may lag behind. */
  readonly TRUST_READS?: string
}

/** The settings of decisions, which gateway and service binding share. */
export type TrustEnv = Pick<Env, 'TRUST_MAX_AGE_SECONDS' | 'TRUST_STALE_IF_ERROR_SECONDS' | 'TRUST_READS'>

/** What decisions need of the environment. */
export interface TrustSettings {
  readonly ages: TrustAges
  readonly reads: 'primary' | 'replica'
}

/** A person who removes a certificate can wait this long, and a busy hostname asks D1 only this often. */
const DEFAULT_TRUST_MAX_AGE_SECONDS = 10

/**
 * The longest time for which the edge may let clients in after their certificate was removed. The Kubernetes API server keeps
 * a webhook's "authorized" for 5 minutes by default (--authorization-webhook-cache-authorized-ttl). A person who removes a
 * certificate still remembers to wait that long.
 */
const MAX_TRUST_MAX_AGE_SECONDS = 300

/** A day: an outage that lasts longer is dealt with by people. [ours] */
const MAX_TRUST_STALE_IF_ERROR_SECONDS = 86_400

/** How long trust is used. */
export interface TrustAges {
  /** Without asking the database; 0 keeps nothing. */
  readonly maxAgeSeconds: Seconds
  /** After that, while the database is away (as stale-if-error of RFC 5861 section 4). 0: not at all. */
  readonly staleIfErrorSeconds: Seconds
}

/** The period of both rate-limit bindings in wrangler.toml, in seconds. Cloudflare allows 10 or 60. */
export const LIMIT_PERIOD_SECONDS = 60

/**
 * How much the records of one hostname may hold together. The edge reads them when the first client comes, and keeps them in
 * memory.
 */
export interface HostnameLimits {
  readonly certificates: number
  /** The sum of the lengths of their DER. */
  readonly bytes: number
}

/** A thousand roots of 2 KB. A hostname then takes 4 MB at most of the 128 MB of an isolate. */
const DEFAULT_HOSTNAME_LIMITS: HostnameLimits = { certificates: 1_000, bytes: 2_097_152 }

/** What the program needs of the environment. */
export interface Config {
  readonly db: Database
  /** Counts a request of a credential, which is given by its hash. Says whether it is within the limit. */
  readonly withinRateLimit: (credential: string) => Promise<boolean>
  /** Counts a failed authentication. Says whether its address is within the limit. Undefined where there is no limit. */
  readonly countFailedAuthentication: ((address: string) => Promise<boolean>) | undefined
  readonly trust: TrustSettings
  /** The origins whose pages may call the API from a browser; `*`: all. */
  readonly corsOrigins: readonly string[]
  /** How much the records of one hostname may hold together. */
  readonly hostnameLimits: HostnameLimits
  /** Hosts that CRLs are fetched from: names in lower case, or `*.` and a domain for all names below it. */
  readonly crlSourceHosts: readonly string[]
}

/**
 * Reads the environment. Throws when a binding is missing or a setting is invalid, and names it: that is a mistake in
 * wrangler.toml, not of a client.
 */
export function configFrom(env: Partial<Env>): Omit<Config, 'db'> & { readonly d1: D1Database } {
  const { DB, RATE_LIMITER, FAILED_AUTH_LIMITER, RATE_LIMITS } = env
  const { HOSTNAME_MAX_CERTIFICATES, HOSTNAME_MAX_BYTES, CRL_SOURCE_HOSTS, LOG, CORS_ORIGINS } = env
  const { certificates, bytes } = DEFAULT_HOSTNAME_LIMITS
  if (DB === undefined) throw new Error('binding DB is missing: wrangler.toml needs a [[d1_databases]] with it')
  // `limited` obeys it, also where the rest of the environment is invalid.
  choice('LOG', LOG, ['all', 'errors'])
  const corsOrigins = readOrigins(CORS_ORIGINS)
  if (corsOrigins === undefined) {
    throw new Error('CORS_ORIGINS must be origins such as https://app.example.com, separated by commas, or * alone')
  }
  const limited = choice('RATE_LIMITS', RATE_LIMITS, ['on', 'off']) === 'on'
  const within = (limiter: RateLimit) => async (key: string) => (await limiter.limit({ key })).success
  return {
    d1: DB,
    corsOrigins,
    trust: trustSettings(env),
    hostnameLimits: {
      certificates: count('HOSTNAME_MAX_CERTIFICATES', HOSTNAME_MAX_CERTIFICATES, certificates),
      bytes: count('HOSTNAME_MAX_BYTES', HOSTNAME_MAX_BYTES, bytes),
    },
    crlSourceHosts: hosts('CRL_SOURCE_HOSTS', CRL_SOURCE_HOSTS),
    withinRateLimit: limited && RATE_LIMITER !== undefined ? within(RATE_LIMITER) : async () => true,
    countFailedAuthentication: limited && FAILED_AUTH_LIMITER !== undefined ? within(FAILED_AUTH_LIMITER) : undefined,
  }
}

/**
 * CORS_ORIGINS as a list; undefined where it is malformed. An origin must be written as browsers send it, or it would never be equal:
 * no path, no slash at the end, no default port, lower case.
 */
export function readOrigins(setting: string | undefined): readonly string[] | undefined {
  if (setting === undefined || setting.trim() === '') return []
  const origins = setting.split(',').map((one) => one.trim())
  return origins.every(isOrigin) || origins.join() === '*' ? origins : undefined
}

function isOrigin(text: string): boolean {
  return /^https?:\/\/[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text
}

/** Fully qualified names with commas, each with or without `*.` before it. Throws when one is anything else, and names the setting. */
function hosts(name: string, setting = ''): readonly string[] {
  const all = setting
    .split(',')
    .map((host) => host.trim())
    .filter((host) => host !== '')
  for (const host of all) {
    // Lower case, so that it can be compared with the hostname of a URL; the last label has a letter, so it is no IP address.
    if (!/^(\*\.)?([a-z0-9-]+\.)+[a-z][a-z0-9-]*$/.test(host)) {
      throw new Error(`${name} must be hostnames in lower case with commas, such as crl.example.com,*.pki.example.com`)
    }
  }
  return all
}

/** A whole number from 1; the default where the setting is absent. Throws when it is anything else, and names the setting. */
function count(name: string, setting: string | undefined, byDefault: number): number {
  if (setting === undefined) return byDefault
  if (!/^[1-9]\d{0,8}$/.test(setting)) throw new Error(`${name} must be a whole number from 1`)
  return Number(setting)
}

/** One of two values; the first where the setting is absent. Throws when it is anything else, and names the setting. */
export function choice<T extends string>(name: string, setting: string | undefined, values: readonly [T, T]): T {
  const value = setting === undefined ? values[0] : values.find((one) => one === setting)
  if (value === undefined) throw new Error(`${name} must be ${values.join(' or ')}`)
  return value
}

/** The settings of decisions, or their defaults. Throws when one is malformed, or too large. */
export function trustSettings(env: TrustEnv): TrustSettings {
  return {
    ages: {
      maxAgeSeconds: seconds(env, 'TRUST_MAX_AGE_SECONDS', DEFAULT_TRUST_MAX_AGE_SECONDS, MAX_TRUST_MAX_AGE_SECONDS),
      staleIfErrorSeconds: seconds(env, 'TRUST_STALE_IF_ERROR_SECONDS', 0, MAX_TRUST_STALE_IF_ERROR_SECONDS),
    },
    reads: choice('TRUST_READS', env.TRUST_READS, ['primary', 'replica']),
  }
}

function seconds(
  env: TrustEnv,
  name: 'TRUST_MAX_AGE_SECONDS' | 'TRUST_STALE_IF_ERROR_SECONDS',
  byDefault: Seconds,
  max: Seconds,
): Seconds {
  const setting = env[name]
  if (setting === undefined) return byDefault
  const value = /^\d{1,9}$/.test(setting) ? Number(setting) : Number.NaN
  if (!(value <= max)) {
    throw new Error(
      `${name} must be a whole number of seconds from 0 to ${max}: for so long a removed certificate still lets clients in`,
    )
  }
  return value
}
