import { describe, expect, it } from 'vitest'
import { type Bytes, bytes, int, nul, octets, seq } from '../../../src/testing/der.ts'
import { DerReader, TAG } from '../../../src/x509/asn1/der.ts'
import { MAX_DEPTH, MAX_TLVS } from '../../../src/x509/limits.ts'
import { first, malformed, objection, tooComplex } from '../../support/reading.ts'

const zeros = (length: number) => new Uint8Array(length)
const nested = (levels: number): Bytes => (levels === 0 ? nul() : seq(nested(levels - 1)))

const CUT = 'is cut short'
const PAST_END = 'is cut short: its length runs past the end'
const NOT_SHORTEST = 'a length that is not in its shortest form is BER, not DER'
const LONG_LENGTH = 'a length of more than four octets'
const LONG_TAG = 'a tag of several octets, which no X.509 field has'

// The valid value that these rows break: 04 03 01 02 03.
describe('a value is refused for its encoding', () => {
  it.each([
    ['nothing at all', bytes(), CUT],
    ['a tag without a length', bytes([0x04]), CUT],
    ['a length with a missing octet', bytes([0x04, 0x82, 0x01]), CUT],
    ['one byte less than the length says', bytes([0x04, 0x03, 0x01, 0x02]), PAST_END],
    ['no content, though the length is not 0', bytes([0x04, 0x03]), PAST_END],
    ['indefinite length', bytes([0x30, 0x80, 0x04, 0x01, 0x01, 0x00, 0x00]), 'an indefinite length is BER, not DER'],
    ['a constructed OCTET STRING', bytes([0x24, 0x03, 0x04, 0x01, 0x01]), 'a universal type in a form that is not DER'],
    ['a primitive SEQUENCE', bytes([0x10, 0x00]), 'a universal type in a form that is not DER'],
    ['3 bytes in long form: 81 03', bytes([0x04, 0x81, 0x03, 0x01, 0x02, 0x03]), NOT_SHORTEST],
    ['0 bytes in long form: 81 00', bytes([0x04, 0x81, 0x00]), NOT_SHORTEST],
    ['127 bytes in long form: 81 7f', bytes([0x04, 0x81, 0x7f], zeros(127)), NOT_SHORTEST],
    ['255 bytes in three octets: 82 00 ff', bytes([0x04, 0x82, 0x00, 0xff], zeros(255)), NOT_SHORTEST],
    ['65535 bytes in four octets: 83 00 ff ff', bytes([0x04, 0x83, 0x00, 0xff, 0xff], zeros(65_535)), NOT_SHORTEST],
    ['three in five octets: 84 00 00 00 03', bytes([0x04, 0x84, 0x00, 0x00, 0x00, 0x03], zeros(3)), NOT_SHORTEST],
    ['a length of six octets: 85', bytes([0x04, 0x85, 0x00, 0x00, 0x00, 0x00, 0x03, 0x01, 0x02, 0x03]), LONG_LENGTH],
    ['the reserved length ff', bytes([0x04, 0xff], zeros(130)), LONG_LENGTH],
    ['a high tag number, universal: 1f', bytes([0x1f, 0x1f, 0x00]), LONG_TAG],
    ['a high tag number, context-specific: bf', bytes([0xbf, 0x81, 0x00, 0x00]), LONG_TAG],
    ['end-of-contents', bytes([0x00, 0x00]), 'tag 0 (BER end-of-contents) is not DER'],
  ])('%s', (_rule, der, problem) => {
    expect(objection(() => DerReader.over(der).read('a field'))).toEqual(malformed('a field', problem))
  })

  it('a member whose length runs past its SEQUENCE, though not past the input', () => {
    const der = bytes([0x30, 0x02, 0x04, 0x03], [0x01, 0x02, 0x03])
    const members = DerReader.over(der).sequence('outer')
    expect(objection(() => members.read('inner'))).toEqual(malformed('inner', PAST_END))
  })

  it('a length octet outside its SEQUENCE', () => {
    const members = DerReader.over(bytes([0x30, 0x01, 0x04], [0x00])).sequence('outer')
    expect(objection(() => members.read('inner'))).toEqual(malformed('inner', CUT))
  })
})

describe('a value is refused for its place', () => {
  const reader = () => DerReader.over(seq(int(1))).sequence('test')

  it('another tag than the field has', () => {
    expect(objection(() => reader().expect(TAG.boolean, 'a flag'))).toEqual(
      malformed('a flag', 'has tag 0x02 where 0x01 belongs'),
    )
  })

  it('nothing in place of a field', () => {
    const members = reader()
    members.read('the only one')
    expect(objection(() => members.expect(TAG.integer, 'a second'))).toEqual(malformed('a second', 'is missing'))
  })

  it('a primitive in place of a SEQUENCE', () => {
    expect(objection(() => DerReader.over(octets(int(1))).sequence('a list'))).toEqual(
      malformed('a list', 'has tag 0x04 where 0x30 belongs'),
    )
  })

  it('a byte after the last field', () => {
    expect(objection(() => reader().end('a list'))).toEqual(malformed('a list', 'has bytes after its last field'))
  })

  it('a byte after the whole input', () => {
    const outer = DerReader.over(bytes(seq(int(1)), [0x00]))
    outer.sequence('whole')
    expect(objection(() => outer.end('whole'))).toEqual(malformed('whole', 'has bytes after its last field'))
  })
})

describe('checkBelow finds what is wrong at any depth', () => {
  it.each([
    ['a length in long form', bytes([0x05, 0x81, 0x00]), NOT_SHORTEST],
    ['an indefinite length', bytes([0x30, 0x80, 0x00, 0x00]), 'an indefinite length is BER, not DER'],
    ['a value cut short', bytes([0x04, 0x05, 0x00]), PAST_END],
  ])('%s', (_rule, inner, problem) => {
    expect(objection(() => first(seq(seq(nul(), seq(inner)))).checkBelow('a value'))).toEqual(
      malformed('a value', problem),
    )
  })
})

describe('one more than a limit is too complex', () => {
  const TOO_DEEP = tooComplex('test', `nested more than ${MAX_DEPTH} levels deep`)
  const TOO_MANY = tooComplex('test', `more than ${MAX_TLVS} ASN.1 values`)

  it(`${MAX_DEPTH + 1} levels of nesting`, () => {
    expect(objection(() => first(nested(MAX_DEPTH + 1)).checkBelow('test'))).toEqual(TOO_DEEP)
  })

  it('the innermost SEQUENCE counts as a level although it is empty', () => {
    const wrap = (levels: number): Bytes => (levels === 0 ? seq() : seq(wrap(levels - 1)))
    expect(objection(() => first(wrap(MAX_DEPTH)).checkBelow('test'))).toEqual(TOO_DEEP)
  })

  it(`${MAX_TLVS + 1} values`, () => {
    const members = Array.from({ length: MAX_TLVS }, nul)
    expect(objection(() => first(seq(...members)).checkBelow('test'))).toEqual(TOO_MANY)
  })

  it('values count over the whole input, at any depth', () => {
    const half = seq(...Array.from({ length: MAX_TLVS / 2 - 1 }, nul))
    const outer = DerReader.over(bytes(half, half, nul()))
    outer.read('first half').checkBelow('first half')
    outer.read('second half').checkBelow('second half')
    expect(objection(() => outer.read('test'))).toEqual(TOO_MANY)
  })
})
