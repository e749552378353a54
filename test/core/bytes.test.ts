import { describe, expect, it } from 'vitest'
import { fromBase64, fromHex, latin1, toBase64, toHex, withoutLeadingZeros } from '../../src/core/bytes.ts'

const ALL = Uint8Array.from({ length: 256 }, (_, octet) => octet)

describe('hexadecimal', () => {
  it('has two lower-case digits an octet', () => expect(toHex(Uint8Array.of(0, 10, 255))).toBe('000aff'))
  it('is read in either case', () => expect(fromHex('000aFf')).toEqual(Uint8Array.of(0, 10, 255)))
  it('of no octets is empty', () => expect([toHex(new Uint8Array()), fromHex('')]).toEqual(['', new Uint8Array()]))
  it('has every octet', () => {
    expect(toHex(ALL)).toMatch(/^000102.*fdfeff$/)
    expect(fromHex(toHex(ALL))).toEqual(ALL)
  })

  it.each(['0', '000', '0g', 'g0', '0x00', ' 00', '00 00', '00\n'])('is not %j', (text) => {
    expect(() => fromHex(text)).toThrow(TypeError)
  })
})

/** RFC 4648 section 10. */
describe('base64', () => {
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('of %j', (text, base64) => {
    const octets = new TextEncoder().encode(text)
    expect(toBase64(octets)).toBe(base64)
    expect(fromBase64(base64)).toEqual(octets)
  })

  it('has every octet', () => expect(fromBase64(toBase64(ALL))).toEqual(ALL))
  it('has no other alphabet', () => expect(() => fromBase64('-_--')).toThrow())
})

it('octets as characters of the same numbers', () => {
  expect([...latin1(ALL)].map((character) => character.charCodeAt(0))).toEqual([...ALL])
})

it.each([
  ['', ''],
  ['0', '0'],
  ['000', '0'],
  ['00a0', 'a0'],
  ['a0', 'a0'],
])('%j without leading zeros is %j', (digits, without) => expect(withoutLeadingZeros(digits)).toBe(without))
