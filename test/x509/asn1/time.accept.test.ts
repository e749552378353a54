import { describe, expect, it } from 'vitest'
import { ascii, bytes, nul, tlv } from '../../../src/testing/der.ts'
import { DerReader, TAG } from '../../../src/x509/asn1/der.ts'
import { readTime } from '../../../src/x509/asn1/time.ts'

const read = (tag: number, text: string) => readTime(DerReader.over(tlv(tag, ascii(text))), 'test')

// Unix seconds as GNU date gives them: date -u -d '2049-12-31 23:59:59' +%s
describe('a UTCTime is read as Unix seconds', () => {
  it.each([
    ['the epoch', '700101000000Z', 0],
    ['one second before it', '691231235959Z', -1],
    ['year 50 is 1950', '500101000000Z', -631_152_000],
    ['year 99 is 1999', '991231235959Z', 946_684_799],
    ['year 00 is 2000', '000101000000Z', 946_684_800],
    ['year 49 is 2049', '491231235959Z', 2_524_607_999],
    ['hour, minute and second count', '260601123456Z', 1_780_317_296],
    ['leap day of 2024', '240229000000Z', 1_709_164_800],
    ['leap day of 2000', '000229000000Z', 951_782_400],
  ])('%s', (_rule, text, seconds) => expect(read(TAG.utcTime, text)).toBe(seconds))
})

describe('a GeneralizedTime is read as Unix seconds', () => {
  it.each([
    ['2050, from when RFC 5280 wants it', '20500101000000Z', 2_524_608_000],
    ['before 2050 it means the same, and is read', '20260601000000Z', 1_780_272_000],
    ['1949, which UTCTime cannot say', '19491231235959Z', -631_152_001],
    ['the last moment: no well-defined expiry (RFC 5280 4.1.2.5)', '99991231235959Z', 253_402_300_799],
    ['leap day of 2400', '24000229000000Z', 13_574_563_200],
  ])('%s', (_rule, text, seconds) => expect(read(TAG.generalizedTime, text)).toBe(seconds))
})

it('every 13th day is the same as that of Date, from year 1 to 9999', { timeout: 60_000 }, () => {
  for (let day = -719_162; day < 2_932_896; day += 13) {
    const seconds = day * 86_400 + (Math.abs(day) % 86_400)
    const text = new Date(seconds * 1000).toISOString().replace(/[-:T]|\.000/g, '')
    expect(read(TAG.generalizedTime, text)).toBe(seconds)
  }
})

it('the value after a time is not read', () => {
  const reader = DerReader.over(bytes(tlv(TAG.utcTime, ascii('700101000000Z')), nul()))
  readTime(reader, 'test')
  expect(reader.nextTag).toBe(TAG.null)
})
