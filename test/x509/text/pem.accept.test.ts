import { describe, expect, it } from 'vitest'
import { toBase64, toHex } from '../../../src/core/bytes.ts'
import { MAX_CERTIFICATES_PER_UPLOAD } from '../../../src/x509/limits.ts'
import { decodeBase64 } from '../../../src/x509/text/base64.ts'
import { decodePem } from '../../../src/x509/text/pem.ts'
import { pem } from '../../support/pki.ts'

/** Any octets, since this reader does not decode the content of blocks. The second takes several lines. */
const A = Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x05)
const B = Uint8Array.from({ length: 200 }, (_, i) => i)
const PEM_A = pem(A)
const PEM_B = pem(B)

const lines = (...texts: readonly string[]) => texts.join('\n')
const BEGIN = '-----BEGIN CERTIFICATE-----'
const END = '-----END CERTIFICATE-----'

/** The blocks in hexadecimal, or the fault. */
function decode(text: string) {
  const decoded = decodePem(text)
  return decoded.ok ? decoded.value.map(toHex) : decoded.error
}

describe('blocks are extracted in order', () => {
  it.each([
    ['one', PEM_A, [A]],
    ['two', PEM_A + PEM_B, [A, B]],
    ['the other way round', PEM_B + PEM_A, [B, A]],
    ['the same twice: that is not for this to refuse', PEM_A + PEM_A, [A, A]],
    [`${MAX_CERTIFICATES_PER_UPLOAD}, the most`, PEM_A.repeat(16), Array<Uint8Array>(16).fill(A)],
  ])('%s', (_rule, text, ders) => expect(decode(text)).toEqual(ders.map(toHex)))
})

describe('the layout of a block does not matter', () => {
  const indented = PEM_B.replace(/^/gm, '  ')
  it.each([
    ['no line end after the last boundary', PEM_B.trimEnd()],
    ['CRLF', PEM_B.replaceAll('\n', '\r\n')],
    ['CR', PEM_B.replaceAll('\n', '\r')],
    ['the two characters \\n for a line end', PEM_B.replaceAll('\n', '\\n')],
    ['the four characters \\r\\n', PEM_B.replaceAll('\n', '\\r\\n')],
    ['\\n and line ends, as curl sends a file pasted into JSON', PEM_B.replaceAll('\n', '\\n\n')],
    ['indented by blanks', indented],
    ['indented by tabs', PEM_B.replace(/^/gm, '\t')],
    ['the first line with another indentation', PEM_B.replaceAll('\n', '\n    ')],
    ['trailing blanks', PEM_B.replaceAll('\n', '  \n')],
    ['blank lines between all lines', PEM_B.replaceAll('\n', '\n\n')],
    ['blank lines before and after', `\n\n${PEM_B}\n\n`],
    ['a byte order mark before', `\ufeff${PEM_B}`],
    ['base64 in one line', lines(BEGIN, toBase64(B), END)],
    ['base64 in lines of 76', lines(BEGIN, ...(toBase64(B).match(/.{1,76}/g) ?? []), END)],
    ['base64 in lines of 1', lines(BEGIN, ...toBase64(B), END)],
  ])('%s', (_rule, text) => expect(decode(text)).toEqual([toHex(B)]))
})

describe('a changed or missing line end does not matter', () => {
  const flat = (by: string) => PEM_A.replaceAll('\n', by) + PEM_B.replaceAll('\n', by)
  it.each([
    ['blanks', flat(' ')],
    ['nothing: END and BEGIN run together', flat('')],
    ['several blanks', flat('    ')],
    ['tabs, as old versions of nginx send', flat('\t')],
    ['line end and tab, as nginx folds headers', flat('\n\t')],
    ['\\t, written out', flat('\\t')],
    ['\\n, quoted twice', flat('\\\\n')],
    ['no-break spaces', flat('\u00a0')],
    ['line separators', flat('\u2028')],
    ['next lines', flat('\u0085')],
    ['lost around boundaries only', flat('\n').replaceAll('-\n', '-').replaceAll('\n-', '-')],
    ['lost between blocks only', PEM_A.trimEnd() + PEM_B],
    ['blanks inside lines', flat('\n').replace(/^.{64}$/gm, (line) => line.replace(/.{7}/g, '$& '))],
    [
      'blanks, with text before and between on lines of its own',
      `text\n${PEM_A.replaceAll('\n', ' ')}\ntext\n${PEM_B}`,
    ],
  ])('%s', (_rule, text) => expect(decode(text)).toEqual([toHex(A), toHex(B)]))
})

describe('invisible characters do not matter', () => {
  const utf16 = (text: string) => [...text].map((character) => `${character}\0`).join('')
  it.each([
    ['no-break spaces before lines', PEM_B.replace(/^/gm, '\u00a0\u00a0')],
    ['zero-width spaces behind lines', PEM_B.replaceAll('\n', '\u200b\n')],
    ['zero-width spaces inside lines', PEM_B.replace(/.{10}/g, '$&\u200b')],
    ['soft hyphens inside lines', PEM_B.replace(/.{10}/g, '$&\u00ad')],
    ['marks of direction around lines', PEM_B.replace(/^.+$/gm, '\u200e$&\u200f')],
    ['a no-break space in BEGIN and END', PEM_B.replaceAll(' CERT', '\u00a0CERT')],
    ['byte order marks of two files', `\ufeff${PEM_B}\ufeff`],
    ['a byte order mark read as Latin-1', `\u00ef\u00bb\u00bf${PEM_B}`],
    ['UTF-16, little end first', utf16(PEM_B)],
    ['UTF-16, big end first', utf16(PEM_B).replace(/(.|\n)\0/g, '\0$1')],
    ['UTF-16 with its byte order mark', `\ufeff${utf16(PEM_B)}`],
    ['UTF-16 and its byte order mark read as Latin-1', `\u00ff\u00fe${utf16(PEM_B)}`],
    ['the same with the big end first', `\u00fe\u00ff\0${utf16(PEM_B)}`],
    ['UTF-16 read as UTF-8', `\ufffd\ufffd${utf16(PEM_B)}`],
  ])('%s', (_rule, text) => expect(decode(text)).toEqual([toHex(B)]))
})

describe('text around blocks does not matter', () => {
  const DUMP = lines('Certificate:', '    Data:', '        Version: 3 (0x2)', '        Serial Number: 1 (0x1)')
  it.each([
    ['before, as openssl x509 -text prints', `${DUMP}\n${PEM_A}${PEM_B}`],
    ['between, as openssl s_client -showcerts prints', `${PEM_A} 1 s:CN = Root\n   i:CN = Root\n${PEM_B}`],
    ['after', `${PEM_A}${PEM_B}---\nServer certificate\n`],
    ['bag attributes, as openssl pkcs12 prints', `Bag Attributes\n    localKeyID: 01 02\n${PEM_A}${PEM_B}`],
    ['base64 outside of blocks', `QUJD\n${PEM_A}QUJD\n${PEM_B}QUJD\n`],
    ['rows of hyphens', `----------\n${PEM_A}----------\n${PEM_B}`],
    ['the words BEGIN and END', `BEGIN CERTIFICATE\n${PEM_A}END CERTIFICATE\n${PEM_B}`],
  ])('%s', (_rule, text) => expect(decode(text)).toEqual([toHex(A), toHex(B)]))
})

describe('base64 is decoded (RFC 4648 section 10)', () => {
  it.each([
    ['', ''],
    ['Zg==', '66'],
    ['Zm8=', '666f'],
    ['Zm9v', '666f6f'],
    ['Zm9vYmFy', '666f6f626172'],
    ['+/+/', 'fbffbf'],
    ['/w==', 'ff'],
    ['//8=', 'ffff'],
  ])('%s', (text, hex) => {
    const decoded = decodeBase64(text)
    expect(decoded && toHex(decoded)).toBe(hex)
  })

  it.each([1, 2, 3])('with every final octet of a block of %i', (length) => {
    for (let octet = 0; octet < 256; octet += 1) {
      const octets = new Uint8Array(length).fill(octet)
      expect(decodeBase64(toBase64(octets))).toEqual(octets)
    }
  })
})
