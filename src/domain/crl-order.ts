/** What tells whether a CRL is older than another of its CA, coverage and part (RFC 5280 5.1.2.4, 5.2.3). */
export interface CrlOrder {
  /** Unix seconds, UTC. */
  readonly thisUpdate: number
  /** cRLNumber, hexadecimal without leading zeros; null where it has none that can order it. */
  readonly number: string | null
}
