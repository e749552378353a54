import { type DerReader, TAG } from './der.ts'
import { Malformed } from './malformed.ts'

/**
 * Reads a Time (RFC 5280 4.1.2.5) as Unix seconds, UTC: `YYMMDDHHMMSSZ` (4.1.2.5.1) or `YYYYMMDDHHMMSSZ` (4.1.2.5.2), with
 * seconds, without a fraction, in Zulu. The date must exist: `new Date` would turn month 13 and 30 February into other days.
 * GeneralizedTime before 2050 breaks 4.1.2.5. It is read all the same, as OpenSSL and Go do, since it names one instant.
 */
export function readTime(reader: DerReader, field: string): number {
  const tag = reader.nextTag
  if (tag !== TAG.utcTime && tag !== TAG.generalizedTime) {
    throw new Malformed(field, 'is neither a UTCTime nor a GeneralizedTime')
  }
  const octets = reader.read(field).content
  const yearDigits = tag === TAG.utcTime ? 2 : 4
  if (!isForm(octets, yearDigits + 10)) {
    throw new Malformed(
      field,
      `is not in the form ${tag === TAG.utcTime ? 'YYMMDDHHMMSSZ' : 'YYYYMMDDHHMMSSZ'} (RFC 5280 4.1.2.5)`,
    )
  }
  const pair = (index: number) => digit(octets, yearDigits + 2 * index) * 10 + digit(octets, yearDigits + 2 * index + 1)
  const year =
    tag === TAG.utcTime ? century(twoDigits(octets)) : twoDigits(octets) * 100 + twoDigits(octets.subarray(2))
  const [month, day, hour, minute, second] = [pair(0), pair(1), pair(2), pair(3), pair(4)]
  const real =
    month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) && hour < 24 && minute < 60 && second < 60
  if (!real) throw new Malformed(field, 'is a date or time that does not exist')
  return ((daysSinceEpoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
}

/** Whether the octets are so many digits and `Z`. */
function isForm(octets: Uint8Array, digits: number): boolean {
  if (octets.length !== digits + 1 || octets[digits] !== 0x5a) return false
  for (let i = 0; i < digits; i += 1) if (!(digit(octets, i) >= 0 && digit(octets, i) <= 9)) return false
  return true
}

function digit(octets: Uint8Array, index: number): number {
  return (octets[index] ?? 0) - 0x30
}

function twoDigits(octets: Uint8Array): number {
  return digit(octets, 0) * 10 + digit(octets, 1)
}

function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}

/** Days since 1 January 1970 in the proleptic Gregorian calendar (ECMA-262 21.4.1.12). Date would take a microsecond. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  // The year is counted from March to February, so that the leap day is its last.
  const y = month > 2 ? year : year - 1
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** Years 50 to 99 are 19xx, 00 to 49 are 20xx (RFC 5280 4.1.2.5.1). */
function century(year: number): number {
  return year >= 50 ? 1900 + year : 2000 + year
}
