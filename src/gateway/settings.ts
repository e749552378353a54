import {
  type ClientEnv,
  type ClientSettings,
  choice,
  clientSettings,
  type Env,
  type TrustEnv,
  type TrustSettings,
  trustSettings,
} from '../core/config.ts'

/** The environment as `[env.gateway]` of wrangler.toml gives it. */
export interface GatewayEnv extends Pick<Env, 'DB'>, TrustEnv, ClientEnv {
  /** The origin in place of the hostname's own: a service binding, or `https://host[:port]`. */
  readonly ORIGIN?: Fetcher | string
  /** Whether ORIGIN may be `http://…`, unencrypted: `refuse` (default) or `allow`. */
  readonly INSECURE_ORIGIN?: string
  /** What happens to requests to hostnames without certificates: `refuse` (default) or `allow`. */
  readonly UNPROTECTED?: string
  /** Whether a refused client is told the precise reason: `false` (default) or `true`. */
  readonly EXPLAIN?: string
}

/** What the gateway needs of its environment. */
export interface GatewaySettings {
  readonly d1: D1Database
  readonly trust: TrustSettings
  readonly origin: Fetcher | URL | undefined
  readonly allowUnprotected: boolean
  readonly explain: boolean
  readonly clients: ClientSettings
}

/**
 * Reads the environment. Throws when a binding is missing or a setting is invalid, and names it: the gateway must not let
 * clients in, or explain itself, because somebody wrote `True` or `yes`.
 */
export function gatewaySettings(env: Partial<GatewayEnv>): GatewaySettings {
  const { DB, ORIGIN, INSECURE_ORIGIN, UNPROTECTED, EXPLAIN } = env
  if (DB === undefined) throw new Error('binding DB is missing: wrangler.toml needs [[env.gateway.d1_databases]]')
  const insecureAllowed = choice('INSECURE_ORIGIN', INSECURE_ORIGIN, ['refuse', 'allow']) === 'allow'
  return {
    d1: DB,
    trust: trustSettings(env),
    origin: typeof ORIGIN === 'string' ? originUrl(ORIGIN, insecureAllowed) : ORIGIN,
    allowUnprotected: choice('UNPROTECTED', UNPROTECTED, ['refuse', 'allow']) === 'allow',
    explain: choice('EXPLAIN', EXPLAIN, ['false', 'true']) === 'true',
    clients: clientSettings(env),
  }
}

function originUrl(setting: string, insecureAllowed: boolean): URL {
  const url = URL.parse(setting)
  // Credentials, a path, a query or a fragment would be ignored silently.
  if (url === null || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) {
    throw new Error('ORIGIN must be a service binding, or https://host[:port] and nothing else')
  }
  if (url.protocol === 'http:' && !insecureAllowed) {
    throw new Error(
      'ORIGIN is http://: requests, with what they say of the client, leave Cloudflare unencrypted. ' +
        'Write https://host[:port], or set INSECURE_ORIGIN to "allow" to accept that',
    )
  }
  return url
}
