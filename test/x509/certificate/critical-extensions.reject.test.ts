import { describe, expect, it } from 'vitest'
import { type Bytes, bytes, explicit, implicit, nul, oid, seq, utf8 } from '../../../src/testing/der.ts'
import { extension } from '../../../src/testing/extensions.ts'
import { EXTENSION } from '../../../src/x509/asn1/oids.ts'
import { criticalExtensionFaults } from '../../../src/x509/certificate/extensions.ts'
import { certificate } from '../../support/pki.ts'
import { sound } from '../../support/reading.ts'
import { GOOD } from '../../support/x509/good-extensions.ts'

type Row = readonly [name: keyof typeof EXTENSION, value: Bytes]

const faultsOf = (...rows: readonly Row[]) =>
  criticalExtensionFaults(
    sound(certificate({ extensions: rows.map(([name, value]) => extension(EXTENSION[name], value, true)) })).extensions,
  )

const unprocessed = (extension: string, problem: unknown, field: unknown = extension) => ({
  reason: 'unprocessed_critical_extension',
  extension,
  field,
  problem,
})

describe('a critical extension that RFC 5280 never allows to be critical', () => {
  it.each([
    ['authorityKeyIdentifier', '4.2.1.1'],
    ['subjectKeyIdentifier', '4.2.1.2'],
    ['subjectDirectoryAttributes', '4.2.1.8'],
    ['freshestCRL', '4.2.1.15'],
    ['authorityInfoAccess', '4.2.2.1'],
    ['subjectInfoAccess', '4.2.2.2'],
  ] as const)('%s', (name, section) => {
    const problem = `is marked critical, which RFC 5280 ${section} forbids`
    expect(faultsOf([name, GOOD[name]])).toEqual([unprocessed(name, problem)])
  })
})

it('a critical issuerAltName, which nothing here processes', () => {
  expect(faultsOf(['issuerAltName', GOOD.issuerAltName])).toEqual([
    unprocessed('issuerAltName', 'is not processed (RFC 5280 4.2.1.7)'),
  ])
})

describe('a critical extension that is processed is read to its last byte', () => {
  it.each([
    ['certificatePolicies', 'certificatePolicies'],
    ['subjectAltName', 'subjectAltName'],
    ['cRLDistributionPoints', 'crlDistributionPoints'],
  ] as const)('%s', (name, key) => {
    expect(faultsOf([key, bytes(GOOD[key], [0])])).toEqual([unprocessed(name, 'has bytes after its last field')])
    expect(faultsOf([key, bytes()])).toEqual([unprocessed(name, 'is missing')])
    expect(faultsOf([key, nul()])).toEqual([unprocessed(name, 'has tag 0x05 where 0x30 belongs')])
  })

  const POLICY = seq(oid('1.2.3'))
  it.each<readonly [rule: string, row: Row, fault: object]>([
    [
      'a policy twice',
      ['certificatePolicies', seq(POLICY, POLICY)],
      unprocessed('certificatePolicies', 'has policy 1.2.3 twice'),
    ],
    ['no policy', ['certificatePolicies', seq()], unprocessed('certificatePolicies', 'is empty')],
    ['no names', ['subjectAltName', seq()], unprocessed('subjectAltName', 'has no names')],
    [
      'names of other forms only',
      ['subjectAltName', seq(explicit(0, oid('1.2.3'), explicit(0, utf8('x'))))],
      unprocessed('subjectAltName', 'has only names of forms that are not processed: otherName'),
    ],
    [
      'a name of no form',
      ['subjectAltName', seq(implicit(2, [0x61]), implicit(9, [1]))],
      unprocessed('subjectAltName', 'has a GeneralName of no known form'),
    ],
    [
      'a point with a malformed relative name',
      ['crlDistributionPoints', seq(seq(explicit(0, explicit(1, nul()))))],
      unprocessed(
        'cRLDistributionPoints',
        'has tag 0x05 where 0x30 belongs',
        'cRLDistributionPoints.distributionPoint',
      ),
    ],
    [
      'a point with reasons only',
      ['crlDistributionPoints', seq(seq(implicit(1, [1, 2])))],
      unprocessed('cRLDistributionPoints', 'has a point without a name'),
    ],
    [
      'more names than are read',
      ['subjectAltName', seq(...Array.from({ length: 2_000 }, () => implicit(2, [])))],
      unprocessed('subjectAltName', 'more than 2000 ASN.1 values'),
    ],
  ])('%s', (_rule, row, fault) => expect(faultsOf(row)).toEqual([fault]))
})

it('several critical extensions, in order', () => {
  const rows: readonly Row[] = [
    ['issuerAltName', GOOD.issuerAltName],
    ['basicConstraints', GOOD.basicConstraints],
    ['freshestCRL', GOOD.freshestCRL],
  ]
  expect(faultsOf(...rows)).toMatchObject([{ extension: 'issuerAltName' }, { extension: 'freshestCRL' }])
})
