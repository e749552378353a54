import { describe, expect, it } from 'vitest'
import { type Bytes, bytes, int, nul, octets, seq } from '../../../src/testing/der.ts'
import { contextTag, DerReader, TAG } from '../../../src/x509/asn1/der.ts'
import { MAX_DEPTH, MAX_TLVS } from '../../../src/x509/limits.ts'
import { first, objection } from '../../support/reading.ts'

const zeros = (length: number) => new Uint8Array(length)

/** NULL inside this many SEQUENCEs. */
const nested = (levels: number): Bytes => (levels === 0 ? nul() : seq(nested(levels - 1)))

describe('a length is read in its shortest form', () => {
  it.each([
    ['0 bytes: 00', [0x00], 0],
    ['1 byte: 01', [0x01], 1],
    ['127 bytes, the most of the short form: 7f', [0x7f], 127],
    ['128 bytes, the least of two octets: 81 80', [0x81, 0x80], 128],
    ['255 bytes: 81 ff', [0x81, 0xff], 255],
    ['256 bytes, the least of three octets: 82 01 00', [0x82, 0x01, 0x00], 256],
    ['65535 bytes: 82 ff ff', [0x82, 0xff, 0xff], 65_535],
    ['65536 bytes, the least of four octets: 83 01 00 00', [0x83, 0x01, 0x00, 0x00], 65_536],
  ])('%s', (_rule, length, size) => {
    const reader = DerReader.over(bytes([TAG.octetString], length, zeros(size)))
    expect(reader.read('test').content).toHaveLength(size)
    expect(reader.done).toBe(true)
  })
})

describe('an identifier of one octet is read', () => {
  it.each([
    ['universal primitive', 0x02, false],
    ['universal constructed', 0x30, true],
    ['context-specific primitive', 0x80, false],
    ['context-specific constructed', 0xa3, true],
    ['the highest number of one octet, 30', 0x9e, false],
  ])('%s', (_rule, tag, constructed) => {
    const tlv = first(bytes([tag, 0x00]))
    expect([tlv.tag, tlv.constructed]).toEqual([tag, constructed])
  })

  it.each([
    [0, 'primitive', 0x80],
    [3, 'constructed', 0xa3],
    [8, 'primitive', 0x88],
  ] as const)('contextTag gives [%i] %s', (number, form, octet) => {
    expect(contextTag(number, form)).toBe(octet)
  })
})

describe('a value knows its octets', () => {
  const source = bytes(int(5), octets(Uint8Array.of(1, 2, 3)), nul())
  const reader = DerReader.over(source)
  reader.read('the INTEGER before')
  const tlv = reader.read('test')

  it('content is what follows the length', () => expect([...tlv.content]).toEqual([1, 2, 3]))
  it('der is the whole encoding and nothing around it', () => expect([...tlv.der]).toEqual([4, 3, 1, 2, 3]))
  it('neither copies', () => expect([tlv.content.buffer, tlv.der.buffer]).toEqual([source.buffer, source.buffer]))
  it('the reader is at the next value', () => expect(reader.nextTag).toBe(TAG.null))
})

describe('a reader walks its members', () => {
  const open = () => DerReader.over(seq(int(1), nul())).sequence('test')

  it('in order, to the end', () => {
    const members = open()
    expect(members.nextTag).toBe(TAG.integer)
    expect(members.done).toBe(false)
    expect(members.expect(TAG.integer, 'one').content).toEqual(Uint8Array.of(1))
    expect(members.expect(TAG.null, 'two').content).toHaveLength(0)
    expect(members.done).toBe(true)
    expect(members.nextTag).toBeUndefined()
    expect(objection(() => members.end('test'))).toBeUndefined()
  })

  it('an optional value that is there is read', () => {
    const members = open()
    expect(members.optional(TAG.integer, 'test')?.tag).toBe(TAG.integer)
    expect(members.nextTag).toBe(TAG.null)
  })

  it('an absent optional value does not move the reader', () => {
    const members = open()
    expect(members.optional(TAG.boolean, 'test')).toBeUndefined()
    expect(members.nextTag).toBe(TAG.integer)
  })

  it('an optional value at the end is absent', () => {
    expect(DerReader.over(seq()).sequence('test').optional(TAG.boolean, 'test')).toBeUndefined()
  })

  it('the content of an OCTET STRING can be read too', () => {
    const wrapped = first(octets(bytes(nul(), int(7)))).open('test')
    wrapped.read('the NULL before')
    expect(wrapped.expect(TAG.integer, 'test').content).toEqual(Uint8Array.of(7))
  })
})

describe('checkBelow', () => {
  it.each([
    ['a primitive value is not looked into', octets(Uint8Array.of(0x30, 0x80))],
    ['an empty SEQUENCE', seq()],
    ['SEQUENCEs and primitives, all the way down', seq(seq(int(1), seq(nul())), octets(zeros(200)))],
  ])('%s', (_rule, der) => {
    expect(objection(() => first(der).checkBelow('test'))).toBeUndefined()
  })
})

describe('at the limits', () => {
  it(`${MAX_DEPTH} levels of nesting`, () => {
    expect(objection(() => first(nested(MAX_DEPTH)).checkBelow('test'))).toBeUndefined()
  })

  it(`${MAX_TLVS} values`, () => {
    const members = Array.from({ length: MAX_TLVS - 1 }, nul)
    expect(objection(() => first(seq(...members)).checkBelow('test'))).toBeUndefined()
  })
})
