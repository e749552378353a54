import { type DerReader, TAG } from '../asn1/der.ts'
import { readTime } from '../asn1/time.ts'
import type { Oddities } from './oddities.ts'

/** 2050-01-01T00:00:00Z, in Unix seconds. */
const YEAR_2050 = 2_524_608_000

/**
 * Reads thisUpdate, nextUpdate or revocationDate as Unix seconds, UTC. RFC 5280 5.1.2.4 to 5.1.2.6 require UTCTime through 2049.
 * A GeneralizedTime before 2050 is read and noted, since it names one moment.
 */
export function readCrlTime(reader: DerReader, field: string, oddities: Oddities): number {
  const tag = reader.nextTag
  const seconds = readTime(reader, field)
  if (tag === TAG.generalizedTime && seconds < YEAR_2050) oddities.add({ oddity: 'generalized_time' })
  return seconds
}
