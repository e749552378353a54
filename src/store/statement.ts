/** What D1 binds here. Octets go in as BLOB. */
export type SqlValue = string | number | null | Uint8Array

declare const scoped: unique symbol
/** Values that begin with those of a claim, ?1 to ?7: only `accessParams` makes them. */
export type ScopedParams = readonly SqlValue[] & { readonly [scoped]: true }

/** Why a statement needs no claim of its own. */
export type Unscoped =
  /** It is on what a statement with a claim left: its revision, or its new rows. */
  | 'follows'
  /** It is on a record that the claim of an earlier batch was found to hold for, and gives nothing of other records. */
  | 'found before'
  /** It asks who the credential is. */
  | 'credential'
  /** Clients of a hostname have no credential: the certificates of its owner decide. */
  | 'edge'
  /** Whoever runs it has the database. */
  | 'operator'

/** One SQL statement with the values of its numbered parameters, `?1` first. One that has no claim says why. */
export type Statement = { readonly sql: string } & (
  | { readonly params: ScopedParams; readonly unscoped?: never }
  | { readonly params: readonly SqlValue[]; readonly unscoped: Unscoped }
)
