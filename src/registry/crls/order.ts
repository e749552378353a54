import type { UnixSeconds } from '../../core/units.ts'
import { plainNumber } from './rules.ts'

/** What tells whether a CRL is older than another of its CA, coverage and part (RFC 5280 5.1.2.4, 5.2.3). */
export interface CrlOrder {
  /** Unix seconds, UTC. */
  readonly thisUpdate: UnixSeconds
  /** cRLNumber, hexadecimal; null where it has none that can order it. */
  readonly number: string | null
}

/** A CRL that does not take the place of the current one. Numbers without leading zeros. */
export interface CrlConflict {
  /** The current one has a later thisUpdate or a higher number. Otherwise nothing tells which is newer. */
  readonly older: boolean
  readonly given: CrlOrder
  readonly current: CrlOrder
}

/**
 * Why a CRL does not take the place of another; undefined when it does. Both "MUST" grow together (5.2.3), so neither may be
 * less, and one must be greater. Numbers are padded to one length. uploadCrls has the same rule in SQL.
 */
export function crlConflict(given: CrlOrder, current: CrlOrder): CrlConflict | undefined {
  const numbers = given.number === null || current.number === null ? 0 : compare(given.number, current.number)
  const older = given.thisUpdate < current.thisUpdate || numbers < 0
  if (!older && (given.thisUpdate > current.thisUpdate || numbers > 0)) return undefined
  return { older, given: plain(given), current: plain(current) }
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}

function plain({ thisUpdate, number }: CrlOrder): CrlOrder {
  return { thisUpdate, number: plainNumber(number) }
}
