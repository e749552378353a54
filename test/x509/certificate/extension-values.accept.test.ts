import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import {
  ascii,
  type Bytes,
  bits,
  bool,
  explicit,
  implicit,
  int,
  octets,
  oid,
  seq,
  tlv,
  utf8,
} from '../../../src/testing/der.ts'
import { name } from '../../../src/testing/extensions.ts'
import { DerReader } from '../../../src/x509/asn1/der.ts'
import {
  checkDistributionPoints,
  checkInhibitAnyPolicy,
  checkPolicyConstraints,
  checkPolicyMappings,
  checkProcessedNames,
  readAuthorityKeyIdentifier,
  readBasicConstraints,
  readCertificatePolicies,
  readExtKeyUsage,
  readKeyUsage,
  readNameConstraints,
  readSubjectAltName,
  readSubjectKeyIdentifier,
} from '../../../src/x509/certificate/extension-values.ts'
import { objection } from '../../support/reading.ts'

const over = (der: Bytes) => DerReader.over(der)
const dns = (text: string) => implicit(2, ascii(text))
const uri = implicit(6, ascii('http://a.example'))

describe('authorityKeyIdentifier (4.2.1.1)', () => {
  it.each([
    ['keyIdentifier, in hexadecimal', seq(implicit(0, fromHex('00ab'))), '00ab'],
    ['all three', seq(implicit(0, [1]), explicit(1, explicit(4, name('x'))), implicit(2, [1])), '01'],
    ['issuer and serial only', seq(explicit(1, explicit(4, name('x'))), implicit(2, [1])), undefined],
    ['empty', seq(), undefined],
  ])('%s', (_rule, der, id) => expect(readAuthorityKeyIdentifier(over(der), 'test')).toBe(id))
})

describe('keyUsage (4.2.1.3)', () => {
  it.each([
    [0x80, 7, 'digitalSignature'],
    [0x40, 6, 'nonRepudiation'],
    [0x20, 5, 'keyEncipherment'],
    [0x10, 4, 'dataEncipherment'],
    [0x08, 3, 'keyAgreement'],
    [0x04, 2, 'keyCertSign'],
    [0x02, 1, 'cRLSign'],
    [0x01, 0, 'encipherOnly'],
  ])('octet %i is %s unused bits and %s', (octet, unused, usage) => {
    expect([...readKeyUsage(over(bits(Uint8Array.of(octet), unused)), 'test')]).toEqual([usage])
  })

  it('the ninth bit, in a second octet, is decipherOnly', () => {
    expect([...readKeyUsage(over(bits(fromHex('0080'), 7)), 'test')]).toEqual(['decipherOnly'])
  })

  it('undefined bits allow nothing', () => {
    expect([...readKeyUsage(over(bits(fromHex('047fff'))), 'test')]).toEqual(['keyCertSign'])
  })

  it('several bits', () => {
    const usage = readKeyUsage(over(bits(Uint8Array.of(0x86), 1)), 'test')
    expect([...usage]).toEqual(['digitalSignature', 'keyCertSign', 'cRLSign'])
  })

  it('trailing zero bits, which DER forbids, mean nothing', () => {
    expect([...readKeyUsage(over(bits(fromHex('0400'), 0)), 'test')]).toEqual(['keyCertSign'])
  })
})

describe('basicConstraints (4.2.1.9)', () => {
  it.each([
    ['empty: no CA', seq(), false, undefined],
    ['cA FALSE written out', seq(bool(false)), false, undefined],
    ['cA TRUE', seq(bool(true)), true, undefined],
    ['pathLen 0', seq(bool(true), int(0)), true, 0],
    ['pathLen 2^31 - 1', seq(bool(true), int(2_147_483_647)), true, 2_147_483_647],
    ['pathLen without cA', seq(int(1)), false, 1],
  ])('%s', (_rule, der, cA, pathLen) => {
    expect(readBasicConstraints(over(der), 'test')).toEqual({ cA, pathLen })
  })
})

describe('nameConstraints (4.2.1.10)', () => {
  const a = { form: 'dNSName', value: 'a.example' }
  const b = { form: 'dNSName', value: 'b.example' }
  const minimum = implicit(0, [0])
  it.each([
    ['permitted only', seq(explicit(0, seq(dns('a.example')))), [a], []],
    ['excluded only', seq(explicit(1, seq(dns('b.example')))), [], [b]],
    ['both', seq(explicit(0, seq(dns('a.example'))), explicit(1, seq(dns('b.example')))), [a], [b]],
    ['several subtrees', seq(explicit(0, seq(dns('a.example')), seq(dns('b.example')))), [a, b], []],
    ['minimum 0 written out', seq(explicit(0, seq(dns('a.example'), minimum))), [a], []],
    ['names as constraints: empty dNSName', seq(explicit(1, seq(dns('')))), [], [{ form: 'dNSName', value: '' }]],
  ])('%s', (_rule, der, permitted, excluded) => {
    expect(readNameConstraints(over(der), 'test')).toEqual({ permitted, excluded })
  })
})

it('extKeyUsage (4.2.1.12): the purposes in order', () => {
  const der = seq(oid('1.3.6.1.5.5.7.3.2'), oid('2.5.29.37.0'))
  expect(readExtKeyUsage(over(der), 'test')).toEqual(['1.3.6.1.5.5.7.3.2', '2.5.29.37.0'])
})

it('subjectKeyIdentifier (4.2.1.2), in hexadecimal', () => {
  expect(readSubjectKeyIdentifier(over(octets(fromHex('00ab'))), 'test')).toBe('00ab')
})

describe('subjectAltName (4.2.1.6)', () => {
  it.each([
    ['empty, as some CAs write it: no names', seq(), []],
    ['names in order', seq(dns('a.example'), uri), ['dNSName', 'uniformResourceIdentifier']],
  ])('%s', (_rule, der, forms) => {
    expect(readSubjectAltName(over(der), 'test').map(({ form }) => form)).toEqual(forms)
  })
})

describe('certificatePolicies (4.2.1.4): the ids', () => {
  const qualifier = seq(oid('1.3.6.1.5.5.7.2.1'), tlv(0x16, ascii('http://a.example/cps')))
  it.each([
    ['several', seq(seq(oid('1.2.3')), seq(oid('1.2.4'))), ['1.2.3', '1.2.4']],
    ['with a qualifier', seq(seq(oid('1.2.3'), seq(qualifier))), ['1.2.3']],
  ])('%s', (_rule, der, policies) => expect([...readCertificatePolicies(over(der), 'test')]).toEqual(policies))
})

describe('extensions that are only checked', () => {
  const policy = oid('1.2.3')
  const fullName = explicit(0, explicit(0, uri))
  it.each([
    ['policyMappings', checkPolicyMappings, seq(seq(policy, oid('1.2.4')), seq(policy, oid('1.2.5')))],
    ['policyConstraints: both', checkPolicyConstraints, seq(implicit(0, [0]), implicit(1, [5]))],
    ['policyConstraints: requireExplicitPolicy', checkPolicyConstraints, seq(implicit(0, [0]))],
    ['policyConstraints: inhibitPolicyMapping', checkPolicyConstraints, seq(implicit(1, [0]))],
    ['inhibitAnyPolicy', checkInhibitAnyPolicy, int(2)],
    ['distribution point: fullName', checkDistributionPoints, seq(seq(fullName))],
    ['distribution point: several names', checkDistributionPoints, seq(seq(explicit(0, explicit(0, uri, uri))))],
    [
      'distribution point: nameRelativeToCRLIssuer',
      checkDistributionPoints,
      seq(seq(explicit(0, explicit(1, seq(oid('2.5.4.3'), utf8('x')))))),
    ],
    ['distribution point: cRLIssuer only', checkDistributionPoints, seq(seq(explicit(2, explicit(4, name('x')))))],
    [
      'distribution point: all three',
      checkDistributionPoints,
      seq(seq(fullName, implicit(1, [1, 0x40 | 0x02]), explicit(2, explicit(4, name('x'))))),
    ],
    ['several distribution points', checkDistributionPoints, seq(seq(fullName), seq(fullName))],
    [
      'names in a critical subjectAltName: one is enough of a form that is processed',
      checkProcessedNames,
      seq(explicit(0, oid('1.2.3'), explicit(0, utf8('x'))), dns('')),
    ],
  ])('%s', (_rule, check, der) => {
    const reader = over(der)
    expect(objection(() => check(reader, 'test'))).toBeUndefined()
    expect(reader.done).toBe(true)
  })
})
