/** What the store needs of D1: the database itself, or a session of it. */
export type Database = Pick<D1Database, 'prepare' | 'batch'>

/** The environment as wrangler.toml gives it. */
export interface Env {
  readonly DB: D1Database
  /** Optional: without it there is no limit. */
  readonly RATE_LIMITER?: RateLimit
}

/** What the program needs of the environment. */
export interface Config {
  readonly db: Database
  /** Says whether a credential, by its hash, may make another request now. */
  readonly withinRateLimit: (credential: string) => Promise<boolean>
}

/**
 * Turns what the runtime gave into what the program needs.
 * Throws when a binding is missing, naming it: that is a mistake in wrangler.toml, not of a client.
 */
export function configFrom(env: Partial<Env>): Omit<Config, 'db'> & { readonly d1: D1Database } {
  const { DB, RATE_LIMITER } = env
  if (DB === undefined) throw new Error('binding DB is missing: wrangler.toml needs a [[d1_databases]] with it')
  return {
    d1: DB,
    withinRateLimit: async (key) => RATE_LIMITER === undefined || (await RATE_LIMITER.limit({ key })).success,
  }
}
