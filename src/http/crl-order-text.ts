import type { CrlOrder } from '../domain/crl-order.ts'
import { rfc3339 } from './rfc3339.ts'

/** A CRL, and the current one of the same CA, coverage and part. */
interface Compared {
  readonly given: CrlOrder
  readonly current: CrlOrder
}

/** Why a CRL is older than the current one: by its date, by its number, or by both. */
export function describeOlder({ given, current }: Compared): string {
  const lower = given.number !== null && current.number !== null && isLower(given.number, current.number)
  return [
    ...(given.thisUpdate < current.thisUpdate
      ? [`thisUpdate ${rfc3339(given.thisUpdate)} is before that of the current CRL, ${rfc3339(current.thisUpdate)}`]
      : []),
    ...(lower ? [`CRL number ${given.number} is lower than that of the current CRL, ${current.number}`] : []),
  ].join('; ')
}

/** Why a CRL can be neither newer nor older than the current one. */
export function describeTied({ given, current }: Compared): string {
  return given.number !== null && given.number === current.number
    ? `the current CRL has the same number, ${given.number}, and other content`
    : `the current CRL has the same thisUpdate, ${rfc3339(given.thisUpdate)}, and other content, and no number tells which is newer`
}

/** Hexadecimal numbers without leading zeros. */
function isLower(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length < b.length
}
