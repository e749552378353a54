import { describe, expect, it } from 'vitest'
import { toBase64 } from '../../../src/core/bytes.ts'
import { decodeBase64 } from '../../../src/x509/text/base64.ts'
import { decodePem } from '../../../src/x509/text/pem.ts'
import { pem, root } from '../../support/pki.ts'

const BEGIN = '-----BEGIN CERTIFICATE-----'
const END = '-----END CERTIFICATE-----'
const BODY = 'MAMCAQU='
const lines = (...texts: readonly string[]) => texts.join('\n')
const BLOCK = lines(BEGIN, BODY, END)

const refusal = (text: string) => {
  const decoded = decodePem(text)
  return decoded.ok ? `accepted: ${decoded.value.length} blocks` : decoded.error
}

it('the block that the rows break is sound', () => expect(decodePem(BLOCK).ok).toBe(true))

describe('a text without content is empty', () => {
  it.each([
    ['nothing', ''],
    ['blanks', '   '],
    ['line ends and tabs', '\r\n\t\n'],
  ])('%s', (_rule, text) => expect(refusal(text)).toEqual({ reason: 'pem_empty' }))
})

describe('the fault of a text without a certificate says what it looks like', () => {
  it.each<[string, string, string | undefined]>([
    ['prose', 'my certificate', undefined],
    ['base64 of something else', toBase64(new Uint8Array(100)), undefined],
    ['MI alone', 'MIIB', undefined],
    ['a path', '/etc/ssl/root.pem', 'file_path'],
    ['a path at home', '~/pki/root.crt', 'file_path'],
    ['a path of Windows', 'C:\\pki\\root.cer', 'file_path'],
    ['a path for curl', '@root.pem', 'file_path'],
    ['a name of a file', 'root ca.p12', 'file_path'],
    ['a function of Terraform', 'file("root.pem")', 'file_path'],
    ['a URL', 'https://pki.example/root.crt', 'url'],
    ['HTML', '<!DOCTYPE html>\n<html><body>Sign in</body></html>', 'html'],
    ['XML', '<?xml version="1.0"?>', 'html'],
    ['an object in JSON', '{"certificate": "MII"}', 'json'],
    ['a list in JSON', '["MII"]', 'json'],
    ['a command between single quotes', '$(cat root.pem)', 'shell'],
    ['a variable between single quotes', '$CA', 'shell'],
    ['a key of SSH', 'ssh-ed25519 AAAAC3Nz me@laptop', 'ssh_key'],
    ['what openssl x509 -noout -text prints', 'Certificate:\n    Data:\n', 'openssl_text'],
    ['what openssl x509 -noout -subject prints', 'subject=CN = Root', 'openssl_text'],
    ['DER as text', '0\u0082\u0001\u0000', 'der'],
  ])('%s', (_rule, text, looksLike) => {
    expect(refusal(text)).toEqual({ reason: 'pem_no_certificate', looksLike })
  })
})

describe('another label is refused, with its line', () => {
  it.each([
    'CERTIFICATE REQUEST',
    'NEW CERTIFICATE REQUEST',
    'PRIVATE KEY',
    'RSA PRIVATE KEY',
    'EC PRIVATE KEY',
    'ENCRYPTED PRIVATE KEY',
    'PUBLIC KEY',
    'X509 CERTIFICATE',
    'TRUSTED CERTIFICATE',
    'X509 CRL',
    'PKCS7',
    'certificate',
    'CERTIFICATE ',
    '',
  ])('%s', (label) => {
    const block = pem(Uint8Array.of(0x30, 0x00), label)
    expect(refusal(block)).toEqual({ reason: 'pem_label', line: 1, label })
    expect(refusal(`${BLOCK}\n${block}`)).toEqual({ reason: 'pem_label', line: 4, label })
  })

  it('an END of another label than its BEGIN', () => {
    const text = lines(BEGIN, BODY, '-----END PRIVATE KEY-----')
    expect(refusal(text)).toEqual({ reason: 'pem_label', line: 3, label: 'PRIVATE KEY' })
  })
})

describe('a boundary that is not alone on its line is refused, with the line', () => {
  it.each([
    ['text before BEGIN', lines(`root: ${BEGIN}`, BODY, END), 1],
    ['text after END', lines(BEGIN, BODY, `${END} # root`), 3],
    ['quotation marks around', `"${lines(BEGIN, BODY, END)}"`, 1],
    ['lower case', BLOCK.toLowerCase(), 1],
    ['four hyphens', lines('----BEGIN CERTIFICATE----', BODY, '----END CERTIFICATE----'), 1],
    ['long dashes', lines(BLOCK, '—–BEGIN CERTIFICATE–—', BODY, END), 4],
    ['six hyphens', lines(`-${BEGIN}`, BODY, END), 1],
    ['four hyphens behind', lines('-----BEGIN CERTIFICATE----', BODY, END), 1],
    ['no label', lines('-----BEGIN-----', BODY, END), 1],
    ['a label with other characters', lines('-----BEGIN CERTIFICATE/X-----', BODY, END), 1],
    ['in the second block', lines(BLOCK, '', `> ${BEGIN}`, BODY, END), 5],
  ])('%s', (_rule, text, line) => expect(refusal(text)).toEqual({ reason: 'pem_boundary', line }))

  it.each([
    ['text before BEGIN, all on one line', `root: ${BEGIN} ${BODY} ${END}`],
    ['text between two blocks on one line', `${BEGIN}${BODY}${END} and ${BEGIN}${BODY}${END}`],
    ['six hyphens between two blocks', `${BEGIN}${BODY}${END}-${BEGIN}${BODY}${END}`],
    ['nine hyphens between two blocks', `${BEGIN}${BODY}${END}${BEGIN.slice(1)}${BODY}${END}`],
    ['a comment', `# ${BEGIN}${BODY}${END}`],
    ['a hyphen among the base64', `${BEGIN}MAMC-AQU=${END}`],
  ])('on one line: %s', (_rule, text) => expect(refusal(text)).toEqual({ reason: 'pem_boundary', line: 1 }))
})

it('another kind of block is named if it follows a certificate without a line end', () => {
  const text = lines(BEGIN, BODY, `${END}-----BEGIN PRIVATE KEY-----`, BODY, '-----END PRIVATE KEY-----')
  expect(refusal(text)).toEqual({ reason: 'pem_label', line: 3, label: 'PRIVATE KEY' })
})

describe('a block that is not closed or not opened is refused, with its line', () => {
  const half = root().slice(0, 200)
  it.each([
    ['half a PEM: the line of its BEGIN', half, { reason: 'pem_unterminated', line: 1 }],
    ['only BEGIN', BEGIN, { reason: 'pem_unterminated', line: 1 }],
    ['the second block cut off', `${BLOCK}\n\n${half}`, { reason: 'pem_unterminated', line: 5 }],
    [
      'BEGIN inside a block: the line of the first BEGIN',
      lines('', BEGIN, BODY, BLOCK),
      { reason: 'pem_unterminated', line: 2 },
    ],
    ['BEGIN twice', lines(BEGIN, BLOCK), { reason: 'pem_unterminated', line: 1 }],
    ['END without BEGIN', lines(BODY, END), { reason: 'pem_end_without_begin', line: 2 }],
    ['END twice', lines(BLOCK, END), { reason: 'pem_end_without_begin', line: 4 }],
  ])('%s', (_rule, text, fault) => expect(refusal(text)).toEqual(fault))
})

describe('base64 that is not canonical is refused, with a line', () => {
  it.each([
    ['another character', lines(BEGIN, 'MAMC', 'AQ!=', END), 3],
    ['base64url', lines(BEGIN, 'MAMC', 'A-_U', END), 3],
    ['a header, as encrypted keys have', lines(BEGIN, 'Proc-Type: 4,ENCRYPTED', '', BODY, END), 2],
    ['padding inside a line', lines(BEGIN, 'MA==AQU=', END), 2],
    ['padding before a blank inside a line', lines(BEGIN, 'MA== AQU=', END), 2],
    ['+ turned into a blank, as a form is decoded', lines(BEGIN, 'MAMC A U=', END), 1],
    ['three times padding', lines(BEGIN, 'M===', END), 2],
    ['in the second block', lines(BLOCK, BEGIN, 'MAMCAQU=', '*', END), 6],
    ['an ellipsis, as documentation abbreviates', lines(BEGIN, 'MIIB', '...', END), 3],
  ])('the line of the fault: %s', (_rule, text, line) => expect(refusal(text)).toEqual({ reason: 'pem_base64', line }))

  it.each([
    ['padding missing', 'MAMCAQU'],
    ['one character', 'M'],
    ['one too many', 'MAMCM'],
    ['padding inside, at a line end', 'MA==\nMAMC'],
    ['trailing bits of one octet', 'MAMCAR=='],
    ['trailing bits of two octets', 'MAMCAQV='],
    ['nothing', ''],
    ['only blank lines', '\n\n'],
  ])('the line of its BEGIN: %s', (_rule, body) => {
    expect(refusal(lines(BLOCK, '', BEGIN, body, END))).toEqual({ reason: 'pem_base64', line: 5 })
  })

  it.each(['Zh==', 'Zm9=', 'Zg=', 'Zg', 'Z', '====', '=', 'Zg==Zg==', 'Zm 9v', 'Zm9v\n', 'Zm9é'])(
    'decodeBase64 has no octets for %j',
    (text) => expect(decodeBase64(text)).toBeUndefined(),
  )
})

describe('lines count from 1, after the tolerances', () => {
  const wrong = lines('text', BEGIN, '!', END)
  it.each([
    ['LF', wrong],
    ['CRLF is one line end', wrong.replaceAll('\n', '\r\n')],
    ['CR', wrong.replaceAll('\n', '\r')],
    ['the two characters \\n', wrong.replaceAll('\n', '\\n')],
    ['the four characters \\r\\n', wrong.replaceAll('\n', '\\r\\n')],
  ])('%s', (_rule, text) => expect(refusal(text)).toEqual({ reason: 'pem_base64', line: 3 }))
})

describe('more certificates than an upload may hold are refused', () => {
  it('17', () => {
    expect(refusal(`${BLOCK}\n`.repeat(17))).toEqual({ reason: 'too_many_certificates', limit: 16 })
  })

  it('as soon as the 17th begins', () => {
    expect(refusal(`${BLOCK}\n`.repeat(16) + BEGIN)).toEqual({ reason: 'too_many_certificates', limit: 16 })
  })
})
