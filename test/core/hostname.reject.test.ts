import { describe, expect, it } from 'vitest'
import { type HostnameFault, parseHostname } from '../../src/core/hostname.ts'
import { fail } from '../../src/core/result.ts'

const label = (length: number): string => 'l'.repeat(length)
const ofLength = (length: number): string => `${label(63)}.${label(63)}.${label(63)}.${label(length - 192)}`

type Row = readonly [rule: string, text: string, fault: HostnameFault]

function expectRefused(rows: readonly Row[]): void {
  it.each(rows)('%s', (_, text, fault) => {
    expect(parseHostname(text)).toEqual(fail(fault))
  })
}

const badLabel = (faulty: string): HostnameFault => ({ reason: 'hostname_label', label: faulty })
const tooLong = (bytes: number): HostnameFault => ({ reason: 'hostname_too_long', bytes, limitBytes: 253 })
const ip: HostnameFault = { reason: 'hostname_ip' }
const idna: HostnameFault = { reason: 'hostname_idna' }

describe('what is more than a name', () => {
  const scheme: HostnameFault = { reason: 'hostname_scheme' }
  const path: HostnameFault = { reason: 'hostname_path' }
  const port: HostnameFault = { reason: 'hostname_port' }
  const wildcard: HostnameFault = { reason: 'hostname_wildcard' }
  const underscore: HostnameFault = { reason: 'hostname_underscore' }
  expectRefused([
    ['nothing', '', { reason: 'hostname_empty' }],
    ['a scheme', 'https://example.com', scheme],
    ['a scheme before an address', 'https://192.0.2.1', scheme],
    ['a path', 'example.com/x', path],
    ['a path after a port', 'example.com:443/x', path],
    ['a user', 'u@example.com', path],
    ['a backslash', 'example.com\\x', path],
    ['a query', 'example.com?x', path],
    ['a fragment', 'example.com#x', path],
    ['a port', 'example.com:443', port],
    ['a colon at the end', 'example.com:', port],
    ['a colon at the start', ':example.com', port],
    ['a port after a U-label', 'bücher.example:443', port],
    ['a wildcard', '*.example.com', wildcard],
    ['a wildcard in part of a label', 'a*.example.com', wildcard],
    ['an underscore', 'a_b.example.com', underscore],
    ['an underscore at the start', '_dmarc.example.com', underscore],
    ['one label', 'localhost', { reason: 'hostname_single_label' }],
    ['one U-label', 'bücher', { reason: 'hostname_single_label' }],
  ])
})

describe('addresses, in every form that URL parsers accept', () => {
  expectRefused([
    ['IPv4', '192.0.2.1', ip],
    ['IPv4 beyond its range', '999.999.999.999', ip],
    ['IPv4 with a port', '192.0.2.1:443', ip],
    ['IPv4 cut short', '127.1', ip],
    ['IPv4 with a hexadecimal part', '0x7f.1', ip],
    ['IPv4 with a hexadecimal last part', '127.0.0.0x1', ip],
    ['a last label that is 0x', 'example.0x', ip],
    ['a last label of digits', 'example.com.1', ip],
    ['five numbers', '1.2.3.4.5', ip],
    ['fullwidth digits', '１２７.０.０.１', ip],
    ['fullwidth digits, cut short', '１２７.1', ip],
    ['IPv6', '2001:db8::1', ip],
    ['the unspecified address', '::', ip],
    ['IPv6 in brackets', '[2001:db8::1]', ip],
    ['IPv6 in brackets with a port', '[2001:db8::1]:443', ip],
    ['IPv4 in IPv6', '::ffff:192.0.2.1', ip],
    ['anything in brackets', '[example.com]', ip],
  ])
})

describe('dots', () => {
  const trailing: HostnameFault = { reason: 'hostname_trailing_dot' }
  expectRefused([
    ['at the end', 'example.com.', trailing],
    ['at the end, twice', 'example.com..', trailing],
    ['alone', '.', trailing],
    ['at the end, ideographic', 'example.com。', trailing],
    ['at the end of a U-label', 'bücher.example.', trailing],
    ['at the start', '.example.com', badLabel('')],
    ['two in a row', 'example..com', badLabel('')],
    ['two in a row after a U-label', 'bücher..example', badLabel('')],
    ['around nothing but what IDNA drops', 'a.\u00ad.example', badLabel('')],
  ])
})

describe('labels', () => {
  expectRefused([
    ['a hyphen at the start', '-a.example.com', badLabel('-a')],
    ['a hyphen at the end', 'a-.example.com', badLabel('a-')],
    ['a hyphen alone', '-.example.com', badLabel('-')],
    ['a hyphen at the start of the last label', 'example.-com', badLabel('-com')],
    ['64 characters', `${label(64)}.example.com`, badLabel(label(64))],
    ['64 characters in the last label', `a.${label(64)}`, badLabel(label(64))],
    ['a blank', 'a b.example.com', badLabel('a b')],
    ['a blank at the start', ' example.com', badLabel(' example')],
    ['a blank at the end', 'example.com ', badLabel('com ')],
    ['a tab', 'a\tb.example.com', badLabel('a\tb')],
    ['a newline at the end', 'example.com\n', badLabel('com\n')],
    ['NUL', 'exa\u0000mple.com', badLabel('exa\u0000mple')],
    ['NUL at the end', 'example.com\u0000', badLabel('com\u0000')],
    ['DEL', 'exa\u007fmple.com', badLabel('exa\u007fmple')],
    ['a percent sign', 'ex%61mple.com', badLabel('ex%61mple')],
    ['an escaped dot', 'example%2ecom.example', badLabel('example%2ecom')],
    ['a comma', 'a.example,b.example', badLabel('example,b')],
    ['a quote', 'a"b.example', badLabel('a"b')],
    ['a plus sign', 'a+b.example', badLabel('a+b')],
    ['an A-label without anything', 'xn--.example', badLabel('xn--')],
    ['an A-label that ends in a hyphen', 'xn--abc-.example', badLabel('xn--abc-')],
    ['the first of two', 'a!.b!.example', badLabel('a!')],
  ])

  it.each([
    ['a U-label of 64 in A-label form', `ü${label(56)}.example`],
    ['a U-label far beyond 63', `${'é'.repeat(80)}.example`],
  ])('%s', (_, text) => {
    expect(parseHostname(text)).toMatchObject({ ok: false, error: { reason: /^hostname_(?:label|idna)$/ } })
  })
})

describe('length', () => {
  expectRefused([
    ['254', ofLength(254), tooLong(254)],
    ['255', ofLength(255), tooLong(255)],
    ['a megabyte', `${'a.'.repeat(524_288)}a`, tooLong(1_048_577)],
    [
      '254 and more in A-label form only',
      `${Array<string>(9).fill('é'.repeat(22)).join('.')}.example`,
      tooLong(9 * 29 + 'example'.length),
    ],
  ])
})

describe('characters that no internationalized name has', () => {
  expectRefused([
    ['a digit with a full stop', 'a\u2488b.example', idna],
    ['a mark without a letter', '\u0301a.example', idna],
    ['both directions in one label', 'a\u05d0.example', idna],
    ['a joiner where none can be', 'a\u200db.example', idna],
    ['a non-character', '\ufdd0.example', idna],
    ['half a surrogate pair', 'ü\ud800.example', idna],
    ['a percent sign beside a U-label', 'ü%61.example', idna],
    ['a fullwidth percent sign', 'ex％61mple.com', idna],
    ['a fullwidth solidus', 'example.com／x', idna],
    ['a fullwidth colon', 'example.com：443', idna],
    ['a fullwidth commercial at', 'u＠example.com', idna],
    ['a blank beside a U-label', 'ü b.example', idna],
    ['a newline after a U-label', 'bücher.example\n', idna],
    ['a no-break space', 'a\u00a0b.example', idna],
    ['a bracket beside a U-label', 'ü[.example', idna],
    ['a control character inside a U-label', 'ü\u0001x.example', idna],
  ])

  it.each([
    ['NUL', 'bücher.example\u0000'],
    ['a control character', 'bücher.example\u0001'],
    ['a separator', 'bücher.example\u001f'],
    ['a control character, after an A-label', 'xn--bcher-kva.example\u0007'],
    ['several', 'bücher.example\u0000\u0001\u0002'],
  ])('a control character at the end, which URL parsers strip: %s', (_, text) => {
    expect(parseHostname(text)).toMatchObject({ ok: false })
  })

  it.each([
    ['a fullwidth low line', 'a＿b.example'],
    ['a fullwidth asterisk', '＊.example'],
    ['a fullwidth hyphen at the start', '－a.example'],
  ])('what turns into a character that labels cannot have: %s', (_, text) => {
    expect(parseHostname(text)).toMatchObject({ ok: false, error: { reason: 'hostname_label' } })
  })
})
