import { type DerReader, TAG } from '../der.ts'
import { Malformed } from '../malformed.ts'
import { readTime } from '../time.ts'

/** 2050-01-01T00:00:00Z, in Unix seconds. */
const YEAR_2050 = 2_524_608_000

/**
 * Reads thisUpdate, nextUpdate or revocationDate as Unix seconds, UTC: UTCTime through 2049 and GeneralizedTime from then
 * on (RFC 5280 5.1.2.4 to 5.1.2.6). Unlike a certificate's, a GeneralizedTime before 2050 is refused: nobody writes it, and
 * validators differ on it.
 */
export function readCrlTime(reader: DerReader, field: string): number {
  const tag = reader.nextTag
  const seconds = readTime(reader, field)
  if (tag === TAG.generalizedTime && seconds < YEAR_2050) {
    throw new Malformed(field, 'is a GeneralizedTime before 2050, where UTCTime belongs (RFC 5280 5.1.2.4)')
  }
  return seconds
}

/** Reads a value that is a GeneralizedTime whatever the year: invalidityDate (RFC 5280 5.3.2). */
export function readGeneralizedTime(reader: DerReader, field: string): void {
  if (reader.nextTag !== TAG.generalizedTime) throw new Malformed(field, 'is not a GeneralizedTime')
  readTime(reader, field)
}
