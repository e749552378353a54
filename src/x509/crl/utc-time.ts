import type { UnixSeconds } from '../../core/units.ts'

/** Days of each month in a leap year; the 29th of February is looked at by itself. */
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Content octets of a UTCTime, `YYMMDDHHMMSSZ` (RFC 5280 4.1.2.5.1). */
export const UTC_TIME_BYTES = 13

/**
 * Reads the content of a UTCTime as Unix seconds without making any object: a CRL has one in each of a million entries.
 * NaN for anything that is not a moment in the form of RFC 5280 4.1.2.5.1; readTime says what is wrong with it.
 */
export function utcTimeAt(octets: Uint8Array, at: UnixSeconds): number {
  const yy = twoDigits(octets, at)
  const month = twoDigits(octets, at + 2)
  const day = twoDigits(octets, at + 4)
  const hour = twoDigits(octets, at + 6)
  const minute = twoDigits(octets, at + 8)
  const second = twoDigits(octets, at + 10)
  const year = yy >= 50 ? 1900 + yy : 2000 + yy
  const inDay = hour <= 23 && minute <= 59 && second <= 59 && octets[at + 12] === 0x5a
  return inDay && isDay(year, month, day) ? Date.UTC(year, month - 1, day, hour, minute, second) / 1000 : Number.NaN
}

/** 1950 to 2049 has no year that is divisible by 100 and no leap year, but 2000, which is one. */
function isDay(year: number, month: number, day: number): boolean {
  if (!(day >= 1 && day <= (MONTH_DAYS[month - 1] ?? 0))) return false
  return month !== 2 || day !== 29 || year % 4 === 0
}

/** NaN where the octets are no digits: it compares with nothing. */
function twoDigits(octets: Uint8Array, at: UnixSeconds): number {
  const tens = (octets[at] ?? 0) - 0x30
  const ones = (octets[at + 1] ?? 0) - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}
