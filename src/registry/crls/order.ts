import type { UnixSeconds } from '../../core/units.ts'
import { plainNumber } from './rules.ts'

/** What orders the CRLs of a CA, coverage and part (RFC 5280 5.1.2.4, 5.2.3). */
export interface CrlOrder {
  /** Unix seconds, UTC. */
  readonly thisUpdate: UnixSeconds
  /** cRLNumber, hexadecimal; null where the CRL has none, or one that is too long. */
  readonly number: string | null
}

/** Why a CRL does not replace the current one. Numbers have no leading zeros. */
export interface CrlConflict {
  /** Whether the current one has a later thisUpdate or a higher number. If not, nothing tells which is newer. */
  readonly older: boolean
  readonly given: CrlOrder
  readonly current: CrlOrder
}

/**
 * Why a CRL does not replace the current one; undefined where it does. thisUpdate and number "MUST" grow together (5.2.3), so
 * neither may be less, and one must be greater. Numbers are padded to one length. uploadCrls has the same rule in SQL.
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
