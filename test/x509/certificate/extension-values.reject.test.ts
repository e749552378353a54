import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import {
  ascii,
  type Bytes,
  bits,
  bool,
  bytes,
  explicit,
  implicit,
  int,
  nul,
  oid,
  seq,
  set,
  tlv,
  utf8,
} from '../../../src/testing/der.ts'
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
import { malformed, objection } from '../../support/reading.ts'

const dns = (text: string) => implicit(2, ascii(text))
const uri = implicit(6, ascii('http://a.example'))
const POLICY = oid('1.2.3')
const BER_NULL = bytes([0x05, 0x81, 0x00])

const TRAILING = 'has bytes after its last field'
const PADDED = 'an INTEGER that is not in its shortest form'
const NOT_SHORTEST = 'a length that is not in its shortest form is BER, not DER'

type Row = readonly [rule: string, der: Bytes, field: string, problem: string]

/** Each row: what is broken, the value, the field named, the problem. */
function refuses(read: (value: DerReader, field: string) => unknown, rows: readonly Row[]) {
  it.each(rows)('%s', (_rule, der, field, problem) => {
    expect(objection(() => read(DerReader.over(der), 'x'))).toEqual(malformed(field, problem))
  })
}

describe('authorityKeyIdentifier (4.2.1.1) is refused', () => {
  refuses(readAuthorityKeyIdentifier, [
    ['not a SEQUENCE', implicit(0, [1]), 'x', 'has tag 0x80 where 0x30 belongs'],
    ['fields out of order', seq(implicit(2, [1]), implicit(0, [1])), 'x', TRAILING],
    ['keyIdentifier twice', seq(implicit(0, [1]), implicit(0, [1])), 'x', TRAILING],
    ['an issuer without names', seq(explicit(1), implicit(2, [1])), 'x', 'has no names'],
    [
      'an issuer with a name of no form',
      seq(explicit(1, implicit(9, [1])), implicit(2, [1])),
      'x',
      'has a GeneralName of no known form',
    ],
    ['a padded serial', seq(explicit(1, uri), implicit(2, [0, 1])), 'x', PADDED],
    ['an empty serial', seq(explicit(1, uri), implicit(2, [])), 'x', 'an INTEGER without content'],
  ])
})

describe('keyUsage (4.2.1.3) is refused', () => {
  refuses(readKeyUsage, [
    ['not a BIT STRING', tlv(0x04, [4]), 'x', 'has tag 0x04 where 0x03 belongs'],
    ['unused bits that are not zero', bits(Uint8Array.of(0x07), 2), 'x', 'a BIT STRING whose unused bits are not zero'],
    ['empty', tlv(0x03), 'x', 'a BIT STRING without content'],
  ])
})

describe('certificatePolicies (4.2.1.4) is refused', () => {
  refuses(readCertificatePolicies, [
    ['empty', seq(), 'x', 'is empty'],
    ['a policy without an OID', seq(seq()), 'x', 'is missing'],
    ['a bare OID', seq(POLICY), 'x', 'has tag 0x06 where 0x30 belongs'],
    ['the same policy twice', seq(seq(POLICY), seq(oid('1.2.4')), seq(POLICY)), 'x', 'has policy 1.2.3 twice'],
    ['qualifiers not in a SEQUENCE', seq(seq(POLICY, nul())), 'x', TRAILING],
    ['qualifiers in BER', seq(seq(POLICY, seq(BER_NULL))), 'x', NOT_SHORTEST],
  ])
})

describe('policyMappings (4.2.1.5) is refused', () => {
  refuses(checkPolicyMappings, [
    ['empty', seq(), 'x', 'is empty'],
    ['a pair of one', seq(seq(POLICY)), 'x', 'is missing'],
    ['a pair of three', seq(seq(POLICY, POLICY, POLICY)), 'x', TRAILING],
    ['not OIDs', seq(seq(int(1), int(2))), 'x', 'has tag 0x02 where 0x06 belongs'],
  ])
})

describe('subjectKeyIdentifier (4.2.1.2) is refused', () => {
  refuses(readSubjectKeyIdentifier, [
    ['not an OCTET STRING', bits(fromHex('01')), 'x', 'has tag 0x03 where 0x04 belongs'],
  ])
})

describe('subjectAltName (4.2.1.6) is refused', () => {
  refuses(readSubjectAltName, [
    ['not a SEQUENCE', set(uri), 'x', 'has tag 0x31 where 0x30 belongs'],
    ['a name of no form', seq(uri, implicit(9, [1])), 'x', 'has a GeneralName of no known form'],
    ['a name that is cut short', seq(bytes([0x82, 5, 0x61])), 'x', 'is cut short: its length runs past the end'],
  ])
})

describe('names in a critical extension are refused (X.509 9.3.2.1)', () => {
  const other = explicit(0, POLICY, explicit(0, utf8('x')))
  const NONE = 'has only names of forms that are not processed'
  refuses(checkProcessedNames, [
    ['empty', seq(), 'x', 'has no names'],
    ['otherName alone', seq(other), 'x', `${NONE}: otherName`],
    ['otherName twice and registeredID', seq(other, other, implicit(8, [42])), 'x', `${NONE}: otherName, registeredID`],
    ['a name of no form beside a good one', seq(uri, implicit(9, [1])), 'x', 'has a GeneralName of no known form'],
  ])
})

describe('basicConstraints (4.2.1.9) is refused', () => {
  refuses(readBasicConstraints, [
    ['not a SEQUENCE', bool(true), 'x', 'has tag 0x01 where 0x30 belongs'],
    ['cA 01', seq(bytes([1, 1, 1])), 'x.cA', 'a BOOLEAN that is neither 00 nor FF'],
    ['cA of two octets', seq(bytes([1, 2, 0xff, 0xff])), 'x.cA', 'a BOOLEAN that is neither 00 nor FF'],
    ['pathLen negative', seq(bool(true), int(fromHex('ff'))), 'x.pathLenConstraint', 'is negative'],
    ['pathLen padded', seq(bool(true), int(fromHex('0001'))), 'x.pathLenConstraint', PADDED],
    ['pathLen 2^31', seq(bool(true), int(2_147_483_648)), 'x.pathLenConstraint', 'is larger than 2147483647'],
    ['pathLen before cA', seq(int(1), bool(true)), 'x', TRAILING],
    ['a third field', seq(bool(true), int(1), int(1)), 'x', TRAILING],
  ])
})

describe('nameConstraints (4.2.1.10) is refused', () => {
  const permitted = (...subtree: readonly Bytes[]) => seq(explicit(0, seq(...subtree)))
  const a = dns('a.example')
  refuses(readNameConstraints, [
    ['empty', seq(), 'x', 'is empty'],
    ['permittedSubtrees empty', seq(explicit(0)), 'x.permittedSubtrees', 'is empty'],
    ['excludedSubtrees empty', seq(explicit(0, seq(a)), explicit(1)), 'x.excludedSubtrees', 'is empty'],
    ['excluded before permitted', seq(explicit(1, seq(a)), explicit(0, seq(a))), 'x', TRAILING],
    ['permitted twice', seq(explicit(0, seq(a)), explicit(0, seq(a))), 'x', TRAILING],
    ['a subtree without a base', permitted(), 'x.permittedSubtrees', 'is cut short'],
    ['a bare name', seq(explicit(0, a)), 'x.permittedSubtrees', 'has tag 0x82 where 0x30 belongs'],
    ['minimum 1', permitted(a, implicit(0, [1])), 'x.permittedSubtrees.minimum', 'is not 0'],
    ['minimum padded', permitted(a, implicit(0, [0, 0])), 'x.permittedSubtrees.minimum', PADDED],
    ['maximum', permitted(a, implicit(1, [0])), 'x.permittedSubtrees.maximum', 'is present'],
    [
      'maximum after minimum',
      permitted(a, implicit(0, [0]), implicit(1, [9])),
      'x.permittedSubtrees.maximum',
      'is present',
    ],
    ['more in a subtree', permitted(a, nul()), 'x.permittedSubtrees', TRAILING],
    [
      'an address without a mask',
      permitted(implicit(7, [192, 0, 2, 1])),
      'x.permittedSubtrees iPAddress',
      'has 4 bytes',
    ],
    [
      'a mask that is not a prefix',
      seq(explicit(1, seq(implicit(7, [192, 0, 2, 0, 255, 0, 255, 0])))),
      'x.excludedSubtrees iPAddress',
      'has a mask that is not a prefix (RFC 4632 3.1)',
    ],
  ])
})

describe('policyConstraints (4.2.1.11) is refused', () => {
  refuses(checkPolicyConstraints, [
    ['empty', seq(), 'x', 'is empty'],
    ['a negative count', seq(implicit(0, [0xff])), 'x', 'is negative'],
    ['a second count padded', seq(implicit(0, [0]), implicit(1, [0, 0])), 'x', PADDED],
    ['out of order', seq(implicit(1, [0]), implicit(0, [0])), 'x', TRAILING],
    ['another field', seq(implicit(2, [0])), 'x', TRAILING],
  ])
})

describe('extKeyUsage (4.2.1.12) is refused', () => {
  refuses(readExtKeyUsage, [
    ['empty', seq(), 'x', 'is empty'],
    ['not OIDs', seq(POLICY, int(1)), 'x', 'has tag 0x02 where 0x06 belongs'],
  ])
})

describe('cRLDistributionPoints and freshestCRL (4.2.1.13, 4.2.1.15) are refused', () => {
  const fullName = explicit(0, explicit(0, uri))
  const choice = (...names: readonly Bytes[]) => seq(seq(explicit(0, ...names)))
  const NEITHER = 'is neither fullName nor nameRelativeToCRLIssuer'
  refuses(checkDistributionPoints, [
    ['empty', seq(), 'x', 'is empty'],
    ['a point of nothing', seq(seq()), 'x', 'has a point without a name'],
    ['a point of reasons only', seq(seq(implicit(1, [1, 2]))), 'x', 'has a point without a name'],
    ['a second point without a name', seq(seq(fullName), seq()), 'x', 'has a point without a name'],
    ['a name of nothing', choice(), 'x.distributionPoint', 'is cut short'],
    ['two names', choice(explicit(0, uri), explicit(0, uri)), 'x.distributionPoint', TRAILING],
    ['another choice', choice(explicit(2, uri)), 'x.distributionPoint', NEITHER],
    ['a bare name', choice(uri), 'x.distributionPoint', NEITHER],
    ['a fullName without names', choice(explicit(0)), 'x.distributionPoint', 'has no names'],
    ['a relative name in BER', choice(explicit(1, seq(POLICY, BER_NULL))), 'x.distributionPoint', NOT_SHORTEST],
    ['a malformed relative name', choice(explicit(1, nul())), 'x.distributionPoint', 'has tag 0x05 where 0x30 belongs'],
    ['reasons malformed', seq(seq(fullName, implicit(1, []))), 'x.reasons', 'a BIT STRING without content'],
    ['a cRLIssuer without names', seq(seq(fullName, explicit(2))), 'x.cRLIssuer', 'has no names'],
    ['more in a point', seq(seq(fullName, nul())), 'x', TRAILING],
  ])
})

describe('inhibitAnyPolicy (4.2.1.14) is refused', () => {
  refuses(checkInhibitAnyPolicy, [
    ['negative', int(fromHex('80')), 'x', 'is negative'],
    ['not an INTEGER', seq(int(1)), 'x', 'has tag 0x30 where 0x02 belongs'],
  ])
})
