import { expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { ascii, type Bytes, bytes, int, oid, seq, tlv, utf8 } from '../../../src/testing/der.ts'
import { extension } from '../../../src/testing/extensions.ts'
import { criticalExtensionFaults } from '../../../src/x509/certificate/extensions.ts'
import { certificate } from '../../support/pki.ts'
import { sound } from '../../support/reading.ts'

const faults = (critical: boolean, ...qualifiers: readonly Bytes[]) => {
  const value = seq(seq(oid('1.2.3'), seq(...qualifiers)), seq(oid('1.2.4')))
  return criticalExtensionFaults(
    sound(certificate({ extensions: [extension('2.5.29.32', value, critical)] })).extensions,
  )
}

const cps = seq(oid('1.3.6.1.5.5.7.2.1'), tlv(0x16, ascii('http://a.example/cps')))
const notice = (...members: readonly Bytes[]) => seq(oid('1.3.6.1.5.5.7.2.2'), seq(...members))
const reference = seq(utf8('Org'), seq(int(1), int(2)))

it.each<readonly [rule: string, qualifiers: readonly Bytes[]]>([
  ['a pointer to a CPS', [cps]],
  ['an empty notice', [notice()]],
  ['a notice with a reference', [notice(reference)]],
  ['a notice with a reference without numbers', [notice(seq(utf8('Org'), seq()))]],
  ['a notice with a text', [notice(utf8('Read this.'))]],
  ['a notice with both', [notice(reference, utf8('Read this.'))]],
  ['a text in each type of DisplayText', [0x16, 0x1a].map((tag) => notice(tlv(tag, ascii('x'))))],
  ['a text in BMPString', [notice(tlv(0x1e, fromHex('0041')))]],
  ['a text of more than 200 characters', [notice(utf8('x'.repeat(1_000)))]],
  ['several', [cps, notice(utf8('x')), cps]],
])('a critical certificatePolicies is processed with: %s', (_rule, qualifiers) => {
  expect(faults(true, ...qualifiers)).toEqual([])
})

it.each<readonly [rule: string, qualifiers: readonly Bytes[]]>([
  ['of another kind', [seq(oid('1.2.3.4'), utf8('x'))]],
  ['wrongly typed', [notice(tlv(0x1a, fromHex('e4')))]],
  ['none in the SEQUENCE', []],
  ['that are not even DER', [bytes([0x05, 0x81, 0x00])]],
])('if certificatePolicies is not critical, qualifiers are not read: %s', (_rule, qualifiers) => {
  expect(faults(false, ...qualifiers)).toEqual([])
})
