import { describe, expect, it } from 'vitest'
import { ascii, bytes, tlv } from '../../../src/testing/der.ts'
import { DerReader, TAG } from '../../../src/x509/asn1/der.ts'
import { readTime } from '../../../src/x509/asn1/time.ts'
import { malformed, objection } from '../../support/reading.ts'

const reading = (tag: number, text: string) => objection(() => readTime(DerReader.over(tlv(tag, ascii(text))), 'when'))

const UTC_FORM = malformed('when', 'is not in the form YYMMDDHHMMSSZ (RFC 5280 4.1.2.5)')
const GENERALIZED_FORM = malformed('when', 'is not in the form YYYYMMDDHHMMSSZ (RFC 5280 4.1.2.5)')
const NO_SUCH_TIME = malformed('when', 'is a date or time that does not exist')
const WRONG_TYPE = malformed('when', 'is neither a UTCTime nor a GeneralizedTime')

// The valid one: 260601000000Z.
describe('a UTCTime is refused for its form', () => {
  it.each([
    ['empty', ''],
    ['no seconds', '2606010000Z'],
    ['no Z', '260601000000'],
    ['an offset', '260601000000+0000'],
    ['an offset without seconds', '2606010000+0100'],
    ['a fraction', '260601000000.5Z'],
    ['lower-case z', '260601000000z'],
    ['four digits of year', '20260601000000Z'],
    ['a letter among the digits', '26O601000000Z'],
    ['a blank before', ' 260601000000Z'],
    ['a line feed after', '260601000000Z\n'],
    ['a NUL after', '260601000000Z\u0000'],
    ['a second time after', '260601000000Z260601000000Z'],
  ])('%s', (_rule, text) => expect(reading(TAG.utcTime, text)).toEqual(UTC_FORM))

  it('a hundred thousand digits', () => expect(reading(TAG.utcTime, '1'.repeat(100_000))).toEqual(UTC_FORM))
})

// The valid one: 20500601000000Z.
describe('a GeneralizedTime is refused for its form', () => {
  it.each([
    ['empty', ''],
    ['no seconds', '205006010000Z'],
    ['no Z: local time', '20500601000000'],
    ['an offset', '20500601000000+0000'],
    ['a fraction', '20500601000000.0Z'],
    ['a comma fraction', '20500601000000,5Z'],
    ['two digits of year', '500601000000Z'],
    ['a sign before', '+0500601000000Z'],
  ])('%s', (_rule, text) => expect(reading(TAG.generalizedTime, text)).toEqual(GENERALIZED_FORM))
})

describe('a time that does not exist is refused, not rolled over', () => {
  it.each([
    ['month 13', '20261301000000Z'],
    ['month 0', '20260001000000Z'],
    ['day 0', '20260600000000Z'],
    ['30 February', '20240230000000Z'],
    ['29 February 2023: no leap year', '20230229000000Z'],
    ['29 February 1900: a century', '19000229000000Z'],
    ['29 February 2100: a century', '21000229000000Z'],
    ['31 April', '20260431000000Z'],
    ['32 January', '20260132000000Z'],
    ['24:00:00', '20260601240000Z'],
    ['minute 60', '20260601006000Z'],
    ['second 60', '20261231235960Z'],
  ])('%s', (_rule, text) => {
    expect(reading(TAG.generalizedTime, text)).toEqual(NO_SUCH_TIME)
  })

  it.each([
    ['month 13', '261301000000Z'],
    ['30 February', '240230000000Z'],
    ['29 February 2023', '230229000000Z'],
    ['24:00:00', '260601240000Z'],
    ['second 60', '261231235960Z'],
  ])('%s in UTCTime', (_rule, text) => expect(reading(TAG.utcTime, text)).toEqual(NO_SUCH_TIME))
})

describe('another type is refused', () => {
  it.each([
    ['PrintableString', TAG.printableString],
    ['VisibleString', TAG.visibleString],
    ['INTEGER', TAG.integer],
    ['constructed UTCTime', TAG.utcTime | 0x20],
  ])('%s', (_rule, tag) => expect(reading(tag, '260601000000Z')).toEqual(WRONG_TYPE))

  it('nothing at all', () => {
    expect(objection(() => readTime(DerReader.over(bytes()), 'when'))).toEqual(WRONG_TYPE)
  })

  it('a time cut short', () => {
    const der = tlv(TAG.utcTime, ascii('260601000000Z')).subarray(0, -1)
    expect(objection(() => readTime(DerReader.over(der), 'when'))).toEqual(
      malformed('when', 'is cut short: its length runs past the end'),
    )
  })
})
