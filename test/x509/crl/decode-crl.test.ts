import { describe, expect, it } from 'vitest'
import { toBase64 } from '../../../src/core/bytes.ts'
import { ascii, type Bytes, bytes } from '../../../src/testing/der.ts'
import { decodeCrls } from '../../../src/x509/crl/decode-crl.ts'
import type { CrlTextFault } from '../../../src/x509/crl/fault.ts'
import { pem } from '../../support/pki.ts'
import { issue } from '../../support/x509/chain.ts'
import { issueCrl, manyEntries } from '../../support/x509/make-crl.ts'

const root = await issue({ cn: 'Root' })
const DER = await issueCrl(root, { revoked: [{ serial: 1 }] })
const LABEL = 'X509 CRL'
const PEM = pem(DER, LABEL)
const [BEGIN, END] = [`-----BEGIN ${LABEL}-----`, `-----END ${LABEL}-----`]

describe('is decoded', () => {
  it('DER, unchanged', () => {
    const decoded = decodeCrls(DER)
    expect(decoded.ok && decoded.value.crls[0]).toBe(DER)
  })

  it.each<readonly [rule: string, text: string]>([
    ['PEM', PEM],
    ['PEM with CRLF', PEM.replaceAll('\n', '\r\n')],
    ['PEM with CR', PEM.replaceAll('\n', '\r')],
    ['PEM with line ends written out, as from a JSON string in a shell', PEM.replaceAll('\n', '\\n')],
    ['PEM with CRLF written out', PEM.replaceAll('\n', '\\r\\n')],
    ['PEM that is indented', PEM.replaceAll('\n', '\n\t  ')],
    ['PEM with blank lines', PEM.replaceAll('\n', '\n\n')],
    ['PEM without a line end at the end', PEM.trimEnd()],
    ['PEM in one line', `${BEGIN}${toBase64(DER)}${END}`],
    [
      'PEM with text around it, as openssl crl -text prints',
      `Certificate Revocation List (CRL):\n - x\n${PEM}bye - bye`,
    ],
    ['base64 alone', toBase64(DER)],
    ['base64 in lines', toBase64(DER).replace(/.{64}/g, '$&\n')],
    ['base64 with spaces around', `\n  ${toBase64(DER)}\n`],
  ])('%s', (_rule, text) => {
    expect(decodeCrls(ascii(text))).toEqual({ ok: true, value: { crls: [DER], certificates: [] } })
  })

  it('every length of the last group of base64', () => {
    for (let length = 1; length < 70; length += 1) {
      const octets = Uint8Array.from({ length }, (_, i) => 255 - i)
      const decoded = decodeCrls(ascii(pem(octets, LABEL)))
      expect(decoded.ok && decoded.value.crls.map((der) => bytes(der))).toEqual([octets])
    }
  })

  it('20 MB of PEM', async () => {
    const der = await issueCrl(root, { revoked: manyEntries(400_000) })
    const text = textOf(der)
    const decoded = decodeCrls(text)
    const digest = async (octets: Bytes) => bytes(new Uint8Array(await crypto.subtle.digest('SHA-256', octets)))
    expect(decoded.ok && (await digest(bytes(decoded.value.crls[0] ?? [])))).toEqual(await digest(der))
  })
})

describe('several blocks are decoded', () => {
  const other = ascii('another')
  const blocks = (...them: readonly (readonly [Bytes, string])[]) =>
    ascii(them.map(([der, label]) => pem(der, label)).join('text - - between\n'))
  it.each<readonly [rule: string, text: Bytes, crls: readonly Bytes[], certificates: readonly Bytes[]]>([
    ['two CRLs', blocks([DER, LABEL], [other, LABEL]), [DER, other], []],
    ['a CRL and its CA', blocks([DER, LABEL], [other, 'CERTIFICATE']), [DER], [other]],
    [
      'a chain and its CRLs',
      blocks([other, 'CERTIFICATE'], [DER, LABEL], [DER, 'CERTIFICATE'], [other, LABEL]),
      [DER, other],
      [other, DER],
    ],
    ['in one line', ascii(`${PEM}${PEM}`.replaceAll('\n', '')), [DER, DER], []],
    [
      '16 of each',
      ascii(`${PEM}${pem(other)}`.repeat(16)),
      Array.from({ length: 16 }, () => DER),
      Array.from({ length: 16 }, () => other),
    ],
  ])('%s', (_rule, text, crls, certificates) => {
    expect(decodeCrls(text)).toEqual({ ok: true, value: { crls, certificates } })
  })
})

/** PEM of a large DER, as octets; pem() is for small DER. */
function textOf(der: Bytes): Bytes {
  const part = 48 * 1_024
  const lines: string[] = []
  for (let at = 0; at < der.length; at += part)
    lines.push(toBase64(der.subarray(at, at + part)).replace(/.{64}/g, '$&\n'))
  return ascii(`${BEGIN}\n${lines.join('')}\n${END}\n`)
}

describe('is refused', () => {
  const body = toBase64(DER)
  const other = (label: string) => pem(DER, label)
  it.each<readonly [rule: string, text: string, fault: CrlTextFault]>([
    ['nothing', '', { reason: 'crl_empty' }],
    ['spaces', ' \r\n\t', { reason: 'crl_empty' }],
    ['words', 'not a CRL', { reason: 'crl_not_pem' }],
    ['JSON', '{"crl": ""}', { reason: 'crl_other_text', text: 'json' }],
    ['a page', '\n<!DOCTYPE html><html>', { reason: 'crl_other_text', text: 'markup' }],
    ["a file's name", '@/etc/ssl/ca.crl', { reason: 'crl_other_text', text: 'path' }],
    ['PEM in base64', toBase64(ascii(PEM)), { reason: 'crl_encoded_twice' }],
    ['PEM in PEM', pem(ascii(PEM), LABEL), { reason: 'crl_encoded_twice' }],
    ['DER shorter than any CRL', '0\u0000', { reason: 'crl_not_pem' }],
    ['a boundary with four dashes', PEM.replaceAll('-----', '----'), { reason: 'crl_not_pem' }],
    ['a certificate', other('CERTIFICATE'), { reason: 'crl_only_certificates' }],
    ['a request', other('CERTIFICATE REQUEST'), { reason: 'crl_pem_label', label: 'CERTIFICATE REQUEST', line: 1 }],
    ['a private key', `\n${other('PRIVATE KEY')}`, { reason: 'crl_pem_label', label: 'PRIVATE KEY', line: 2 }],
    ['the label CRL, which RFC 7468 does not have', other('CRL'), { reason: 'crl_pem_label', label: 'CRL', line: 1 }],
    ['a label in lower case', other('x509 crl'), { reason: 'crl_pem_label', label: 'x509 crl', line: 1 }],
    ['an empty label', other(''), { reason: 'crl_pem_label', label: '', line: 1 }],
    ['a label that never ends', `${BEGIN.slice(0, -5)}\n${body}`, { reason: 'crl_pem_boundary', line: 1 }],
    ['a label of 65 characters', other('X'.repeat(65)), { reason: 'crl_pem_boundary', line: 1 }],
    ['no end', `${BEGIN}\n${body}\n`, { reason: 'crl_pem_unterminated', line: 1 }],
    [
      'another end',
      PEM.replace('END X509 CRL', 'END CERTIFICATE'),
      { reason: 'crl_pem_boundary', line: 2 + lines(body) },
    ],
    ['an end without a label', `${BEGIN}\n${body}\n-----\n`, { reason: 'crl_pem_boundary', line: 3 }],
    ['a second begin in the block', `${BEGIN}\n${PEM}`, { reason: 'crl_pem_boundary', line: 2 }],
    ['17 CRLs', PEM.repeat(17), { reason: 'crl_too_many', label: LABEL, limit: 16 }],
    [
      '17 certificates',
      `${PEM}${other('CERTIFICATE').repeat(17)}`,
      { reason: 'crl_too_many', label: 'CERTIFICATE', limit: 16 },
    ],
    [
      'a private key after it',
      `${PEM}${other('PRIVATE KEY')}`,
      { reason: 'crl_pem_label', label: 'PRIVATE KEY', line: 3 + lines(body) },
    ],
    [
      'a second block that is cut short',
      `${PEM}${BEGIN}\n${body}`,
      { reason: 'crl_pem_unterminated', line: 3 + lines(body) },
    ],
    [
      'a second block with something else in it',
      `${PEM}${BEGIN}\n!\n${END}`,
      { reason: 'crl_base64', line: 3 + lines(body) },
    ],
    ['nothing in the block', `${BEGIN}\n${END}`, { reason: 'crl_base64', line: 1 }],
    ['padding that is missing', `${BEGIN}\nMII\n${END}`, { reason: 'crl_base64', line: 1 }],
    ['padding too much', `${BEGIN}\nMIIA====\n${END}`, { reason: 'crl_base64', line: 1 }],
    ['padding in the middle', `${BEGIN}\nMA==MIIA\n${END}`, { reason: 'crl_base64', line: 1 }],
    ['a single character', `${BEGIN}\nMIIAM===\n${END}`, { reason: 'crl_base64', line: 1 }],
    ['bits that decoding would drop', `${BEGIN}\nMIIAMB==\n${END}`, { reason: 'crl_base64', line: 1 }],
    ['bits that decoding would drop, of three', `${BEGIN}\nMIIAMIF=\n${END}`, { reason: 'crl_base64', line: 1 }],
    ['a character outside the alphabet', `${BEGIN}\nMII_\n${END}`, { reason: 'crl_base64', line: 1 }],
    [
      'headers, as of encrypted PEM',
      `${BEGIN}\nProc: 4,ENCRYPTED\n\n${body}\n${END}`,
      { reason: 'crl_base64', line: 1 },
    ],
    ['a backslash', `${BEGIN}\nMIIA\\tMIIA\n${END}`, { reason: 'crl_base64', line: 1 }],
    [
      'base64 alone that is cut',
      body.replace(/=*$/, '').slice(0, -1 - (body.replace(/=*$/, '').length % 4)),
      { reason: 'crl_base64', line: undefined },
    ],
  ])('%s', (_rule, text, fault) => {
    expect(decodeCrls(ascii(text))).toEqual({ ok: false, error: fault })
  })
})

function lines(text: string): number {
  return Math.ceil(text.length / 64)
}
