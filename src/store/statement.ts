/** The values that D1 binds here. Octets become a BLOB. */
export type SqlValue = string | number | null | Uint8Array

declare const scoped: unique symbol
/** Values that begin with those of a claim, ?1 to ?7: only `accessParams` makes them. */
export type ScopedParams = readonly SqlValue[] & { readonly [scoped]: true }

/** Why a statement needs no claim of its own. */
export type Unscoped =
  /** It works on what a statement with a claim left: its revision, or its new rows. */
  | 'follows'
  /** It works on a record for which an earlier batch checked the claim, and returns nothing of other records. */
  | 'found before'
  /** It looks the credential itself up. */
  | 'credential'
  /** Clients of a hostname have no credential: the certificates of its owner decide. */
  | 'edge'
  /** An operator or a cron trigger runs it, with full access to the database. */
  | 'operator'

/** One SQL statement with the values of its numbered parameters, `?1` first. One that has no claim says why. */
export type Statement = { readonly sql: string } & (
  | { readonly params: ScopedParams; readonly unscoped?: never }
  | { readonly params: readonly SqlValue[]; readonly unscoped: Unscoped }
)

/**
 * A page of a list: `limit` and `limit + 1` are the numbers of its parameters. SQLite plans by the value of a parameter that is
 * a LIMIT, so it compiles the statement anew each time it gets a value. At a sum it does not look.
 */
export const pageSql = (limit: number) => `LIMIT ?${limit} + 0 OFFSET ?${limit + 1}`
