import { choice, type Env, seconds } from '../core/config.ts'
import type { Seconds } from '../core/units.ts'

/** The environment as `[env.gateway]` of wrangler.toml gives it. */
export interface GatewayEnv extends Pick<Env, 'DB' | 'TRUST_MAX_AGE_SECONDS'> {
  /** Where requests go on to, in place of the hostname's own origin: a service binding, or `https://host[:port]`. */
  readonly ORIGIN?: Fetcher | string
  /** Whether ORIGIN may be `http://…`, unencrypted: `refuse` (default) or `allow`. */
  readonly INSECURE_ORIGIN?: string
  /** What becomes of hostnames that have no certificates: `refuse` (default) or `allow`. */
  readonly UNPROTECTED?: string
  /** `true`: a refused client is told the precise reason. Default `false`. */
  readonly EXPLAIN?: string
}

/** What the gateway needs of its environment. */
export interface GatewaySettings {
  readonly d1: D1Database
  readonly trustMaxAgeSeconds: Seconds
  readonly origin: Fetcher | URL | undefined
  readonly allowUnprotected: boolean
  readonly explain: boolean
}

/**
 * Turns what the runtime gave into what the gateway needs. Throws when a binding is missing or a setting is none,
 * naming it: a door must not open, or explain itself, because somebody wrote `True` or `yes`.
 */
export function gatewaySettings(env: Partial<GatewayEnv>): GatewaySettings {
  const { DB, TRUST_MAX_AGE_SECONDS, ORIGIN, INSECURE_ORIGIN, UNPROTECTED, EXPLAIN } = env
  if (DB === undefined) throw new Error('binding DB is missing: wrangler.toml needs [[env.gateway.d1_databases]]')
  const insecureAllowed = choice('INSECURE_ORIGIN', INSECURE_ORIGIN, ['refuse', 'allow']) === 'allow'
  return {
    d1: DB,
    trustMaxAgeSeconds: seconds(TRUST_MAX_AGE_SECONDS),
    origin: typeof ORIGIN === 'string' ? originUrl(ORIGIN, insecureAllowed) : ORIGIN,
    allowUnprotected: choice('UNPROTECTED', UNPROTECTED, ['refuse', 'allow']) === 'allow',
    explain: choice('EXPLAIN', EXPLAIN, ['false', 'true']) === 'true',
  }
}

function originUrl(setting: string, insecureAllowed: boolean): URL {
  const url = URL.parse(setting)
  // Whatever more there is would be left out without a word: credentials, a path, a query, a fragment.
  if (url === null || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) {
    throw new Error('ORIGIN must be a service binding, or https://host[:port] and nothing else')
  }
  if (url.protocol === 'http:' && !insecureAllowed) {
    throw new Error(
      'ORIGIN is http://: requests, and what they say of the client, would leave Cloudflare unencrypted. ' +
        'Write https://host[:port], or set INSECURE_ORIGIN to "allow" if that is meant',
    )
  }
  return url
}
