import { describe, expect, it } from 'vitest'
import { parseSerial } from '../../src/domain/serial-number.ts'
import { toHex } from '../../src/x509/values.ts'
import { int } from '../support/der.ts'
import { certificate } from '../support/pki.ts'
import { sound } from '../support/reading.ts'

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
    ['a sign', '-0f'],
    ['a prefix', '0x0f'],
    ['a letter beyond f', '0g'],
    ['a blank', '0f ab'],
    ['a newline after it', '0f\n'],
    ['other digits', '٠f'],
    ['41 bytes', '7f'.repeat(41)],
    ['40 bytes that need a zero octet before them', 'ff'.repeat(40)],
  ])('is not %s', (_, text) => {
    expect(parseSerial(text)).toEqual({ ok: false, error: { reason: 'invalid_serial', limitBytes: 40 } })
  })

  it.each([0n, 1n, 127n, 128n, 255n, 256n, 32_767n, 32_768n, 2n ** 159n - 1n, 2n ** 159n, 2n ** 311n])(
    'is in the form in which certificates have %s',
    (value) => {
      const { serialNumber } = sound(certificate({ serial: int(value) }))
      expect(parseSerial(value.toString(16))).toEqual({ ok: true, value: toHex(serialNumber) })
    },
  )
})
