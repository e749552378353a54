/** Days of each month in a leap year. isDay checks the 29th of February. */
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Content octets of a UTCTime, `YYMMDDHHMMSSZ` (RFC 5280 4.1.2.5.1). */
export const UTC_TIME_BYTES = 13

/**
 * Reads the content of a UTCTime at an index as Unix seconds. It makes no object, since each of a million entries has a time.
 * NaN for anything but a moment in the form of RFC 5280 4.1.2.5.1; readTime says what is wrong with it.
 */
export function utcTimeAt(octets: Uint8Array, at: number): number {
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

/** Whether a day exists. From 1950 to 2049, every year that is divisible by 4 is a leap year, 2000 too. */
function isDay(year: number, month: number, day: number): boolean {
  if (!(day >= 1 && day <= (MONTH_DAYS[month - 1] ?? 0))) return false
  return month !== 2 || day !== 29 || year % 4 === 0
}

/** The number of two digits. NaN where they are not digits: each comparison with it is false. */
function twoDigits(octets: Uint8Array, at: number): number {
  const tens = (octets[at] ?? 0) - 0x30
  const ones = (octets[at + 1] ?? 0) - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}
