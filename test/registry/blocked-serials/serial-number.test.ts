import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src/core/bytes.ts'
import { mayBeDecimal, negativeTwin, parseSerial } from '../../../src/registry/blocked-serials/serial-number.ts'
import { int } from '../../../src/testing/der.ts'
import { certificate } from '../../support/pki.ts'
import { sound } from '../../support/reading.ts'

describe('a serial number', () => {
  it.each([
    ['0f', '0f'],
    ['F', '0f'],
    ['0', '00'],
    ['0000', '00'],
    ['01', '01'],
    ['0001', '01'],
    ['7f', '7f'],
    ['80', '0080'],
    ['0080', '0080'],
    ['000080', '0080'],
    ['FFab', '00ffab'],
    ['0F:AB', '0fab'],
    ['f:ab', '0fab'],
    ['00:8f:01', '008f01'],
    ['7f'.repeat(40), '7f'.repeat(40)],
    [`0000${'7f'.repeat(40)}`, '7f'.repeat(40)],
    ['ff'.repeat(39), `00${'ff'.repeat(39)}`],
    [`00${'ff'.repeat(39)}`, `00${'ff'.repeat(39)}`],
    // As printed by step, cfssl and Go; by openssl x509 -serial; by Windows, its certutil and keytool.
    ['0x0F3A99', '0f3a99'],
    ['0X0f3a99', '0f3a99'],
    ['serial=0F3A99', '0f3a99'],
    ['Serial Number: 0f:3a:99', '0f3a99'],
    ['serial number:\n  0f:3a:99', '0f3a99'],
    ['0f 3a 99', '0f3a99'],
    ['0f3a 99', '0f3a99'],
    ['0f3a991c 2b3a4958', '0f3a991c2b3a4958'],
    ['0F-3A-99', '0f3a99'],
    ['0F\u20103A\u201099', '0f3a99'],
    ['\u200e0f 3a 99', '0f3a99'],
    ['\u200e0f\u00a03a\u00a099\u200f', '0f3a99'],
    [' 0f3a99\n', '0f3a99'],
    ['serial=0x0F3A99', '0f3a99'],
    // In decimal, as step, cfssl and Python print it.
    ['dec:15', '0f'],
    ['dec:0', '00'],
    ['DEC: 998041', '0f3a99'],
    ['dec:128', '0080'],
    [`dec:${2n ** 159n - 1n}`, `7f${'ff'.repeat(19)}`],
    [`dec:000${2n ** 319n - 1n}`, `7f${'ff'.repeat(39)}`],
    // Negative, as openssl prints it.
    ['-01', 'ff'],
    ['-80', '80'],
    ['-81', 'ff7f'],
    ['-11D4C215', 'ee2b3deb'],
    ['serial=-11D4C215', 'ee2b3deb'],
    ['(Negative)11:d4:c2:15', 'ee2b3deb'],
    ['\u221211d4c215', 'ee2b3deb'],
    ['- 11 d4 c2 15', 'ee2b3deb'],
    ['-0', '00'],
    ['dec:-299155989', 'ee2b3deb'],
    // Digits only: hexadecimal, up to 20 octets; longer if something else shows that it is hexadecimal.
    ['1001', '1001'],
    [String(2n ** 160n), `0${2n ** 160n}`],
    ['10'.repeat(20), '10'.repeat(20)],
    [`0x${'10'.repeat(21)}`, '10'.repeat(21)],
    [`serial=${'10'.repeat(21)}`, '10'.repeat(21)],
    [Array(21).fill('10').join(':'), '10'.repeat(21)],
  ])('%s is %s', (text, serial) => {
    expect(parseSerial(text)).toEqual({ ok: true, value: serial })
  })

  it.each([
    ['nothing', ''],
    ['a colon alone', ':'],
    ['a colon first', ':0f'],
    ['a colon last', '0f:'],
    ['two colons', '0f::ab'],
    ['one digit after a colon', '0f:a'],
    ['three digits before a colon', '00f:ab'],
    ['four digits between colons', '0f:abcd:ef'],
    ['a letter beyond f', '0g'],
    ['other digits', '٠f'],
    ['two signs', '--0f'],
    ['a sign alone', '-'],
    ['a sign after the prefix', '0x-0f'],
    ['a prefix alone', '0x'],
    ['a prefix twice', '0x0x0f'],
    ['a name alone', 'serial='],
    ['two separators', '0f:3a-99'],
    ['a hyphen last', '0f-'],
    ['one digit after a hyphen', '0f-a'],
    ['one digit after a blank', '0f a'],
    ['decimal with letters', 'dec:0f'],
    ['decimal with a prefix', 'dec:0x0f'],
    ['decimal with nothing', 'dec:'],
    ['another base', 'hex:0f'],
    ['both, as openssl x509 -text prints short ones', '4660 (0x1234)'],
    ['-2^319 - 1', `-${'80'.padEnd(80, '0').slice(0, -1)}1`],
    ['2^319 in decimal', `dec:${2n ** 319n}`],
    ['a megabyte', 'f'.repeat(1_000_000)],
    ['41 bytes', '7f'.repeat(41)],
    ['40 bytes that need a zero octet before them', 'ff'.repeat(40)],
  ])('is not %s', (_, text) => {
    expect(parseSerial(text)).toEqual({ ok: false, error: { reason: 'invalid_serial', limitBytes: 40 } })
  })

  it.each(['1'.repeat(41), '9'.repeat(48), String(2n ** 150n), String(2n ** 160n - 1n)])(
    'is not %s: decimal digits, but too long for 20 octets of hexadecimal',
    (text) => {
      const bytes = Math.ceil(text.length / 2) + (text.length % 2 === 0 && text >= '8' ? 1 : 0)
      expect(parseSerial(text)).toEqual({ ok: false, error: { reason: 'decimal_serial', bytes } })
    },
  )

  it.each([
    ['1001', true],
    ['10', true],
    ['0010', true],
    ['9', false],
    ['09', false],
    ['0x1001', false],
    ['10:01', false],
    ['10 01', false],
    ['serial=1001', false],
    ['dec:1001', false],
    ['-1001', false],
    ['100a', false],
  ])('%s may be decimal: %s', (text, expected) => expect(mayBeDecimal(text)).toBe(expected))

  it.each([
    ['00ee2b', 'ee2b'],
    ['0080', '80'],
    ['7f', undefined],
    ['ee2b', undefined],
    ['00', undefined],
  ])('%s has the same digits as the negative %s', (octets, twin) => expect(negativeTwin(octets)).toBe(twin))

  it.each([-1n, -128n, -129n, -299_155_989n, -(2n ** 159n)])('has the form of an INTEGER for %s', (value) => {
    const { ok, value: octets } = parseSerial(`-${(-value).toString(16)}`) as { ok: true; value: string }
    expect(ok).toBe(true)
    expect(BigInt.asIntN(octets.length * 4, BigInt(`0x${octets}`))).toBe(value)
    // X.690 8.3.2: the first nine bits are not all the same.
    expect(octets.length === 2 || !/^ff[89a-f]/.test(octets)).toBe(true)
  })

  it.each([0n, 1n, 127n, 128n, 255n, 256n, 32_767n, 32_768n, 2n ** 159n - 1n, 2n ** 159n, 2n ** 311n])(
    'has the form of certificates for %s',
    (value) => {
      const { serialNumber } = sound(certificate({ serial: int(value) }))
      expect(parseSerial(value.toString(16))).toEqual({ ok: true, value: toHex(serialNumber) })
    },
  )
})
