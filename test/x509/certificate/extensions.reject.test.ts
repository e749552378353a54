import { describe, expect, it } from 'vitest'
import { type Bytes, bool, bytes, explicit, int, nul, octets, oid, seq, set } from '../../../src/testing/der.ts'
import { basicConstraints, extension, keyUsage } from '../../../src/testing/extensions.ts'
import { DerReader } from '../../../src/x509/asn1/der.ts'
import { EXTENSION } from '../../../src/x509/asn1/oids.ts'
import { readExtensions } from '../../../src/x509/certificate/extensions.ts'
import { malformed, objection } from '../../support/reading.ts'
import { DECIDING, GOOD } from '../../support/x509/good-extensions.ts'

const reading = (der: Bytes) => objection(() => readExtensions(DerReader.over(der)))
const readingAll = (...members: readonly Bytes[]) => reading(explicit(3, seq(...members)))

const SOUND = basicConstraints(true)
const TRAILING = 'has bytes after its last field'

it('the extensions that the rows break are sound', () => expect(readingAll(SOUND)).toBeUndefined())

describe('the extensions field is refused', () => {
  const field = 'tbsCertificate.extensions'
  it.each([
    ['another tag', explicit(4, seq(SOUND)), 'has tag 0xa4 where 0xa3 belongs'],
    ['[3] IMPLICIT', explicit(3, SOUND), `has tag 0x06 where 0x30 belongs`],
    ['[3] with nothing in it', explicit(3), 'is missing'],
    ['an empty SEQUENCE', explicit(3, seq()), 'is empty'],
    ['a SET', explicit(3, set(SOUND)), 'has tag 0x31 where 0x30 belongs'],
    ['more after the SEQUENCE', explicit(3, seq(SOUND), seq(SOUND)), TRAILING],
    ['an extension that is not a SEQUENCE', explicit(3, seq(set())), 'has tag 0x31 where 0x30 belongs'],
  ])('%s', (_rule, der, problem) => expect(reading(der)).toEqual(malformed(field, problem)))
})

describe('one extension is refused', () => {
  const id = oid('1.2.3.4')
  const value = octets(int(1))
  it.each([
    ['empty', seq(), 'tbsCertificate.extensions.extnID', 'is missing'],
    ['without a value', seq(id), '1.2.3.4.extnValue', 'is missing'],
    [
      'a critical that is neither 00 nor FF',
      seq(id, bytes([1, 1, 1]), value),
      '1.2.3.4.critical',
      'a BOOLEAN that is neither 00 nor FF',
    ],
    ['critical twice', seq(id, bool(true), bool(true), value), '1.2.3.4.extnValue', 'has tag 0x01 where 0x04 belongs'],
    ['critical after the value', seq(id, value, bool(true)), '1.2.3.4', TRAILING],
    ['a value not in an OCTET STRING', seq(id, int(1)), '1.2.3.4.extnValue', 'has tag 0x02 where 0x04 belongs'],
    [
      'a value in a constructed OCTET STRING',
      seq(id, bytes([0x24, 0x00])),
      '1.2.3.4.extnValue',
      'has tag 0x24 where 0x04 belongs',
    ],
    ['two values', seq(id, value, value), '1.2.3.4', TRAILING],
  ])('%s', (_rule, der, field, problem) => expect(readingAll(der)).toEqual(malformed(field, problem)))
})

describe('the same extension twice is refused (RFC 5280 4.2)', () => {
  const twice = (name: string) => malformed('tbsCertificate.extensions', `has ${name} twice`)
  it.each([
    ['next to each other', [SOUND, SOUND], 'basicConstraints'],
    ['with another between', [SOUND, keyUsage(0x04, 2), SOUND], 'basicConstraints'],
    ['with different values', [basicConstraints(true), basicConstraints(false)], 'basicConstraints'],
    ['unknown ones', [SOUND, extension('1.2.3.4', int(1)), extension('1.2.3.4', int(2))], '1.2.3.4'],
  ])('%s', (_rule, members, name) => expect(readingAll(...members)).toEqual(twice(name)))
})

describe('an extension that RFC 5280 6.1 decides by is read to its last byte', () => {
  it.each([...DECIDING])('%s', (name) => {
    const id = EXTENSION[name]
    expect(readingAll(extension(id, GOOD[name]))).toBeUndefined()
    expect(readingAll(extension(id, bytes(GOOD[name], [0])))).toEqual(malformed(name, TRAILING))
    expect(readingAll(extension(id, bytes()))).toMatchObject({ kind: 'malformed', problem: 'is missing' })
    expect(readingAll(extension(id, nul()))).toMatchObject({ kind: 'malformed' })
  })
})
