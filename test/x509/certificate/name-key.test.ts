import { expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { ascii, type Bytes, int, oid, printable, seq, set, tlv, utf8 } from '../../../src/testing/der.ts'
import { DerReader, TAG } from '../../../src/x509/asn1/der.ts'
import { readName } from '../../../src/x509/certificate/name.ts'
import { nameKey } from '../../../src/x509/certificate/name-key.ts'

const CN = '2.5.4.3'
const key = (name: Bytes) => nameKey(readName(DerReader.over(name), 'test'))
const cn = (value: Bytes) => seq(set(seq(oid(CN), value)))
const O = (value: string) => seq(oid('2.5.4.10'), utf8(value))
const C = (value: string) => seq(oid('2.5.4.6'), printable(value))

it.each<readonly [rule: string, a: Bytes, b: Bytes]>([
  ['case', cn(utf8('ROOT')), cn(utf8('root'))],
  ['case beyond ASCII', cn(utf8('KÖLN')), cn(utf8('köln'))],
  ['UTF8String and PrintableString', cn(utf8('Root')), cn(printable('Root'))],
  ['IA5String', cn(tlv(TAG.ia5String, ascii('Root'))), cn(utf8('Root'))],
  ['BMPString', cn(tlv(TAG.bmpString, fromHex('00410042'))), cn(utf8('AB'))],
  ['TeletexString', cn(tlv(TAG.teletexString, fromHex('4bf66c6e'))), cn(utf8('Köln'))],
  ['spaces at the ends and runs of them', cn(utf8('  a \t b ')), cn(utf8('a b'))],
  ['a no-break space', cn(utf8('a\u00a0b')), cn(utf8('a b'))],
  ['normal forms', cn(utf8('Ko\u0308ln')), cn(utf8('K\u00f6ln'))],
  ['compatibility forms', cn(utf8('\uff21')), cn(utf8('a'))],
  ['soft hyphens and zero-width characters', cn(utf8('Ro\u00ado\u200bt')), cn(utf8('Root'))],
  ['control characters', cn(utf8('\u0000Ro\u0001ot\u007f')), cn(utf8('Root'))],
  ['spaces that only a mark keeps apart', cn(utf8('a \u200b b')), cn(utf8('a b'))],
  ['case that is longer in one of them', cn(utf8('Straße')), cn(utf8('STRASSE'))],
  ['the final sigma', cn(utf8('οδοσ')), cn(utf8('ΟΔΟΣ'))],
  ['case and normal form at once', cn(utf8('\u01f0')), cn(utf8('J\u030c'))],
  ['the same attribute twice in one RDN', seq(set(O('x'), O('X'))), seq(set(O('x')))],
  ['the order within one RDN', seq(set(O('x'), C('DE'))), seq(set(C('DE'), O('x')))],
])('names match although they differ in %s', (_rule, a, b) => {
  expect(key(a)).toBe(key(b))
})

it.each<readonly [rule: string, a: Bytes, b: Bytes]>([
  ['another value', cn(utf8('a')), cn(utf8('b'))],
  ['another type', cn(utf8('a')), seq(set(O('a')))],
  ['the order of RDNs', seq(set(O('x')), set(C('DE'))), seq(set(C('DE')), set(O('x')))],
  ['one RDN of two or two RDNs of one', seq(set(O('x'), C('DE'))), seq(set(O('x')), set(C('DE')))],
  ['one RDN more', seq(set(O('x'))), seq(set(O('x')), set(C('DE')))],
  ['one attribute more in an RDN', seq(set(O('x'))), seq(set(O('x'), C('DE')))],
  ['the dotless i', cn(utf8('Evıl')), cn(utf8('EVIL'))],
  ['no RDN at all', seq(), cn(utf8(''))],
  ['an empty RDN', seq(), seq(set())],
  ['an empty RDN after the others', cn(utf8('a')), seq(set(seq(oid(CN), utf8('a'))), set())],
  ['a space that separates', cn(utf8('a b')), cn(utf8('ab'))],
  ['text that reads like two RDNs', cn(utf8('a","2.5.4.10=b')), seq(set(seq(oid(CN), utf8('a')), O('b')))],
  ['text that reads like a value without text', cn(utf8('#020101')), cn(int(1))],
  ['values without text', cn(int(1)), cn(int(2))],
])('names do not match: %s', (_rule, a, b) => {
  expect(key(a)).not.toBe(key(b))
})
