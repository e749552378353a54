/** What D1 binds here. Octets go in as BLOB. */
export type SqlValue = string | number | null | Uint8Array

/** One SQL statement with the values of its numbered parameters, `?1` first. */
export interface Statement {
  readonly sql: string
  readonly params: readonly SqlValue[]
}
