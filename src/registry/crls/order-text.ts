import { rfc3339 } from '../../core/rfc3339.ts'
import type { CrlPlace } from './draft.ts'
import type { CrlConflict } from './order.ts'

/** Why a CRL does not replace the current one of its CA, coverage and part. */
export function describeConflict(conflict: CrlConflict & CrlPlace): string {
  const { position, count } = conflict
  const which = count === 1 ? '' : `CRL ${position} of ${count}: `
  return which + (conflict.older ? describeOlder(conflict) : describeTied(conflict))
}

/** Which of date and number say that the CRL is older, or both. */
function describeOlder({ given, current }: CrlConflict): string {
  const lower = given.number !== null && current.number !== null && isLower(given.number, current.number)
  return [
    ...(given.thisUpdate < current.thisUpdate
      ? [`thisUpdate ${rfc3339(given.thisUpdate)} is before that of the current CRL, ${rfc3339(current.thisUpdate)}`]
      : []),
    ...(lower ? [`CRL number ${given.number} is lower than that of the current CRL, ${current.number}`] : []),
  ].join('; ')
}

function describeTied({ given, current }: CrlConflict): string {
  return given.number !== null && given.number === current.number
    ? `the current CRL has the same number, ${given.number}, and other content`
    : `the current CRL has the same thisUpdate, ${rfc3339(given.thisUpdate)}, and other content, and no number tells which is newer`
}

/** Hexadecimal numbers without leading zeros. */
function isLower(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length < b.length
}
