import { describe, expect, it } from 'vitest'
import { DerReader } from '../../src/x509/der.ts'
import { type Extensions, extensionName, readExtensions } from '../../src/x509/extensions.ts'
import { EXTENSION } from '../../src/x509/oids.ts'
import {
  ascii,
  type Bytes,
  bits,
  bool,
  explicit,
  fromHex,
  implicit,
  int,
  octets,
  oid,
  seq,
  set,
  utf8,
} from '../support/der.ts'
import { extension } from '../support/pki.ts'

const read = (...members: readonly Bytes[]): Extensions => readExtensions(DerReader.over(explicit(3, seq(...members))))
const dns = implicit(2, ascii('a.example'))
const KEY_ID = octets(fromHex('0102'))

describe('an extension is read as it stands', () => {
  const value = seq(int(1))
  it.each([
    ['not marked: not critical', extension('1.2.3.4', value), false],
    ['marked TRUE: critical', extension('1.2.3.4', value, true), true],
    ['FALSE written out is tolerated: not DER, but in use', extension('1.2.3.4', value, false), false],
  ])('%s', (_rule, der, critical) => {
    expect(read(der).list).toEqual([{ oid: '1.2.3.4', critical, value }])
  })

  it.each([
    ['no DER at all', fromHex('ff')],
    ['empty', fromHex('')],
    ['BER', fromHex('30800000')],
  ])('the value of an unknown one is not looked into: %s', (_rule, octetsInside) => {
    expect(read(extension('1.2.3.4', octetsInside)).list[0]?.value).toEqual(octetsInside)
  })

  it('several, in order', () => {
    const both = read(extension('1.2.3.5', value), extension(EXTENSION.keyUsage, bits(Uint8Array.of(4), 2)))
    expect(both.list.map(({ oid }) => oid)).toEqual(['1.2.3.5', '2.5.29.15'])
  })

  it('what is absent is undefined', () => {
    expect(read(extension('1.2.3.4', value)).values).toEqual({})
  })
})

/** One good value of each extension of RFC 5280 4.2. */
const GOOD: Readonly<Record<keyof typeof EXTENSION, Bytes>> = {
  subjectDirectoryAttributes: seq(seq(oid('1.3.6.1.5.5.7.9.4'), set(utf8('DE')))),
  subjectKeyIdentifier: KEY_ID,
  keyUsage: bits(Uint8Array.of(0x06), 1),
  subjectAltName: seq(dns),
  issuerAltName: seq(dns),
  basicConstraints: seq(bool(true), int(3)),
  nameConstraints: seq(explicit(0, seq(dns))),
  crlDistributionPoints: seq(seq(explicit(0, explicit(0, implicit(6, ascii('http://a.example')))))),
  certificatePolicies: seq(seq(oid('2.5.29.32.0'))),
  policyMappings: seq(seq(oid('1.2.3'), oid('1.2.4'))),
  authorityKeyIdentifier: seq(implicit(0, fromHex('0a0b'))),
  policyConstraints: seq(implicit(0, [0])),
  extKeyUsage: seq(oid('1.3.6.1.5.5.7.3.2')),
  freshestCRL: seq(seq(explicit(0, explicit(0, implicit(6, ascii('http://a.example')))))),
  inhibitAnyPolicy: int(0),
  authorityInfoAccess: seq(seq(oid('1.3.6.1.5.5.7.48.1'), implicit(6, ascii('http://a.example')))),
  subjectInfoAccess: seq(seq(oid('1.3.6.1.5.5.7.48.5'), implicit(6, ascii('http://a.example')))),
}

/** "Conforming CAs MUST mark this extension as non-critical" (RFC 5280 4.2). */
const NEVER_CRITICAL = new Set([
  'authorityKeyIdentifier',
  'subjectKeyIdentifier',
  'subjectDirectoryAttributes',
  'freshestCRL',
  'authorityInfoAccess',
  'subjectInfoAccess',
])

describe('each extension of RFC 5280 4.2 is known and read', () => {
  const names = Object.keys(EXTENSION) as (keyof typeof EXTENSION)[]

  it.each(names)('%s', (name) => {
    expect(extensionName(EXTENSION[name])?.toLowerCase()).toBe(name.toLowerCase())
    expect(read(extension(EXTENSION[name], GOOD[name])).list).toHaveLength(1)
  })

  it.each(names.filter((name) => !NEVER_CRITICAL.has(name)))('%s may be critical', (name) => {
    expect(read(extension(EXTENSION[name], GOOD[name], true)).list[0]?.critical).toBe(true)
  })

  it('all of them in one certificate', () => {
    const all = read(...names.map((name) => extension(EXTENSION[name], GOOD[name])))
    expect(all.values).toMatchObject({
      authorityKeyIdentifier: '0a0b',
      subjectKeyIdentifier: '0102',
      keyUsage: new Set(['keyCertSign', 'cRLSign']),
      basicConstraints: { cA: true, pathLen: 3 },
      extKeyUsage: ['1.3.6.1.5.5.7.3.2'],
      subjectAltName: [{ form: 'dNSName', value: 'a.example' }],
      nameConstraints: { permitted: [{ form: 'dNSName', value: 'a.example' }], excluded: [] },
    })
  })

  it('any other is unknown', () => expect(extensionName('2.5.29.16')).toBeUndefined())
})
