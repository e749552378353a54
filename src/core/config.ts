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
  /** Optional: who is told what expires, as an https URL, and the secret that signs it; both or neither. */
  readonly WEBHOOK_URL?: string
  readonly WEBHOOK_SECRET?: string
  /** Optional: the token for /edge/v1/metrics. Without it, there are none. */
  readonly METRICS_TOKEN?: string
  /** Optional: how long a removed certificate may still be trusted at the edge, in seconds. */
  readonly TRUST_MAX_AGE_SECONDS?: string
  /** Optional: for how much longer, in seconds, while the database is away. Default 0. */
  readonly TRUST_STALE_IF_ERROR_SECONDS?: string
  /** Optional: where trust is read: `primary` (default), or `replica`: any replica, which may lag behind. */
  readonly TRUST_READS?: string
  /** Whether clients seen are counted: `on` (default) or `off`. */
  readonly CLIENTS?: string
  /** Optional: takes a data point for each request of a client. */
  readonly CLIENT_EVENTS?: ClientEvents
}

/** What is used of a binding to Workers Analytics Engine. */
export interface ClientEvents {
  writeDataPoint(point: { indexes: string[]; blobs: string[]; doubles: number[] }): void
}

/** The settings of what is kept of clients, which gateway and service binding share. */
export type ClientEnv = Pick<Env, 'CLIENTS' | 'CLIENT_EVENTS'>

/** What is kept of clients; undefined: nothing. */
export type ClientSettings = { readonly events: ClientEvents | undefined } | undefined

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

/** Who is told what expires. */
export interface Webhook {
  readonly url: string
  /** Signs what is sent (HMAC-SHA-256). */
  readonly secret: string
}

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
  /** What is kept of clients. */
  readonly clients: ClientSettings
  /** How much the records of one hostname may hold together. */
  readonly hostnameLimits: HostnameLimits
  /** Who is told what expires; undefined: nobody. */
  readonly webhook: Webhook | undefined
  /** The token for the metrics; undefined: there are none. */
  readonly metricsToken: string | undefined
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
    clients: clientSettings(env),
    hostnameLimits: {
      certificates: count('HOSTNAME_MAX_CERTIFICATES', HOSTNAME_MAX_CERTIFICATES, certificates),
      bytes: count('HOSTNAME_MAX_BYTES', HOSTNAME_MAX_BYTES, bytes),
    },
    webhook: webhookFrom(env),
    metricsToken: secret('METRICS_TOKEN', env.METRICS_TOKEN),
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

/** Throws when only one of the two settings is there, or one is malformed, and names it. */
function webhookFrom({ WEBHOOK_URL, WEBHOOK_SECRET }: Partial<Env>): Webhook | undefined {
  const signedBy = secret('WEBHOOK_SECRET', WEBHOOK_SECRET)
  if (!WEBHOOK_URL && signedBy === undefined) return undefined
  const url = URL.parse(WEBHOOK_URL ?? '')
  if (url?.protocol !== 'https:')
    throw new Error('WEBHOOK_URL must be an https:// URL, and needs WEBHOOK_SECRET beside it')
  if (signedBy === undefined)
    throw new Error('WEBHOOK_URL needs WEBHOOK_SECRET: npx wrangler secret put WEBHOOK_SECRET')
  return { url: url.href, secret: signedBy }
}

/** Fewest characters of a secret: 128 bits in hexadecimal (RFC 2104 section 3 asks for as much as the hash has, for HMAC). */
const MIN_SECRET_CHARACTERS = 32

/** A secret of the operator's; undefined where it is absent or empty. Throws when it is too short, or could not be sent as a token (RFC 6750 2.1), and names the setting. */
function secret(name: string, setting: string | undefined): string | undefined {
  if (setting === undefined || setting === '') return undefined
  if (setting.length >= MIN_SECRET_CHARACTERS && /^[\w.~+/-]+=*$/.test(setting)) return setting
  throw new Error(
    `${name} must have at least ${MIN_SECRET_CHARACTERS} characters, only letters, digits and -._~+/ (openssl rand -hex 32)`,
  )
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

/** What is kept of clients. Throws when CLIENTS is malformed: nothing may be kept because somebody wrote `Off`. */
export function clientSettings({ CLIENTS, CLIENT_EVENTS }: ClientEnv): ClientSettings {
  return choice('CLIENTS', CLIENTS, ['on', 'off']) === 'on' ? { events: CLIENT_EVENTS } : undefined
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
