import { type DerReader, TAG } from './der.ts'
import { Malformed } from './malformed.ts'

/** `YYMMDDHHMMSSZ`, RFC 5280 4.1.2.5.1: seconds present, Zulu. */
const UTC_TIME = /^\d{12}Z$/
/** `YYYYMMDDHHMMSSZ`, RFC 5280 4.1.2.5.2: seconds present, no fraction, Zulu. */
const GENERALIZED_TIME = /^\d{14}Z$/

/**
 * Reads a Time (RFC 5280 4.1.2.5) as Unix seconds, UTC. The raw characters are checked, and the date must exist:
 * `new Date` would turn month 13 and 30 February into other days.
 * GeneralizedTime before 2050 breaks 4.1.2.5 but names one instant only, so it is read, as OpenSSL and Go do.
 */
export function readTime(reader: DerReader, field: string): number {
  const tag = reader.nextTag
  if (tag !== TAG.utcTime && tag !== TAG.generalizedTime) {
    throw new Malformed(field, 'is neither a UTCTime nor a GeneralizedTime')
  }
  const text = String.fromCharCode(...reader.read(field).content.subarray(0, 32))
  if (!(tag === TAG.utcTime ? UTC_TIME : GENERALIZED_TIME).test(text)) {
    throw new Malformed(
      field,
      `is not in the form ${tag === TAG.utcTime ? 'YYMMDDHHMMSSZ' : 'YYYYMMDDHHMMSSZ'} (RFC 5280 4.1.2.5)`,
    )
  }
  const digits = tag === TAG.utcTime ? century(text) + text : text
  const at = (start: number, end: number) => Number(digits.slice(start, end))
  const [year, month, day] = [at(0, 4), at(4, 6), at(6, 8)]
  const [hour, minute, second] = [at(8, 10), at(10, 12), at(12, 14)]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second, 0)
  const real =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second
  if (!real) throw new Malformed(field, 'is a date or time that does not exist')
  return date.getTime() / 1000
}

/** Years 50 to 99 are 19xx, 00 to 49 are 20xx (RFC 5280 4.1.2.5.1). */
function century(text: string): string {
  return Number(text.slice(0, 2)) >= 50 ? '19' : '20'
}
