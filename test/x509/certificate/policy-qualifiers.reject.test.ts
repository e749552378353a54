import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { ascii, type Bytes, bytes, int, nul, oid, seq, tlv, utf8 } from '../../../src/testing/der.ts'
import { basicConstraints, extension } from '../../../src/testing/extensions.ts'
import { criticalExtensionFaults } from '../../../src/x509/certificate/extensions.ts'
import { caFaults } from '../../../src/x509/upload/ca-rules.ts'
import { certificate } from '../../support/pki.ts'
import { sound } from '../../support/reading.ts'
import { ca, issue, issueLeaf, refusal } from '../../support/x509/chain.ts'

const critical = (...qualifiers: readonly Bytes[]): Bytes =>
  extension('2.5.29.32', seq(seq(oid('1.2.4')), seq(oid('1.2.3'), seq(...qualifiers))), true)
const fault = (field: string, problem: string) => ({
  reason: 'unprocessed_critical_extension',
  extension: 'certificatePolicies',
  field,
  problem,
})

const CPS = oid('1.3.6.1.5.5.7.2.1')
const notice = (...members: readonly Bytes[]) => seq(oid('1.3.6.1.5.5.7.2.2'), seq(...members))
const FIELD = 'certificatePolicies.policyQualifiers'
const TRAILING = 'has bytes after its last field'
const NOT_ALLOWED = 'has characters that its string type does not allow'
const uri = tlv(0x16, ascii('http://a.example/cps'))

describe('a critical certificatePolicies with a qualifier that cannot be interpreted (RFC 5280 4.2.1.4)', () => {
  it.each<readonly [rule: string, qualifiers: readonly Bytes[], field: string, problem: string]>([
    ['another kind', [seq(oid('1.2.3.4'), utf8('x'))], FIELD, 'has a qualifier that is not known: 1.2.3.4'],
    [
      'another kind after a known one',
      [seq(CPS, uri), seq(oid('1.2.5'))],
      FIELD,
      'has a qualifier that is not known: 1.2.5',
    ],
    ['none in the SEQUENCE', [], FIELD, 'is empty'],
    ['a CPS without a pointer', [seq(CPS)], `${FIELD}.cPSuri`, 'is missing'],
    ['a CPS in UTF8String', [seq(CPS, utf8('x'))], `${FIELD}.cPSuri`, 'has tag 0x0c where 0x16 belongs'],
    ['a CPS beyond ASCII', [seq(CPS, tlv(0x16, [0xfc]))], `${FIELD}.cPSuri`, 'has characters outside ASCII'],
    ['more after a CPS', [seq(CPS, uri, nul())], FIELD, TRAILING],
    [
      'a malformed notice',
      [seq(oid('1.3.6.1.5.5.7.2.2'), utf8('x'))],
      `${FIELD}.userNotice`,
      'has tag 0x0c where 0x30 belongs',
    ],
    ['a notice with two texts', [notice(utf8('x'), utf8('y'))], `${FIELD}.userNotice`, TRAILING],
    [
      'a text of another type',
      [notice(tlv(0x13, ascii('x')))],
      `${FIELD}.userNotice.explicitText`,
      'is not a DisplayText',
    ],
    ['a text wrongly typed', [notice(tlv(0x1a, fromHex('e4')))], `${FIELD}.userNotice.explicitText`, NOT_ALLOWED],
    [
      'a reference without numbers',
      [notice(seq(utf8('Org')))],
      `${FIELD}.userNotice.noticeRef.noticeNumbers`,
      'is missing',
    ],
    [
      'a reference with malformed numbers',
      [notice(seq(utf8('Org'), seq(nul())))],
      `${FIELD}.userNotice.noticeRef`,
      'has tag 0x05 where 0x02 belongs',
    ],
    [
      'a reference with more',
      [notice(seq(utf8('Org'), seq(int(1)), nul()))],
      `${FIELD}.userNotice.noticeRef`,
      TRAILING,
    ],
    [
      'a policy with more after its qualifiers',
      [seq(CPS, uri), bytes([0x05, 0x81, 0x00])],
      FIELD,
      'has tag 0x05 where 0x30 belongs',
    ],
  ])('%s', (_rule, qualifiers, field, problem) => {
    const { extensions } = sound(certificate({ extensions: [critical(...qualifiers)] }))
    expect(criticalExtensionFaults(extensions)).toEqual([fault(field, problem)])
  })
})

describe('it is refused in every place', () => {
  const unknown = critical(seq(oid('1.2.3.4'), utf8('x')))
  const expected = { fault: fault(FIELD, 'has a qualifier that is not known: 1.2.3.4') }

  it('in a client certificate', async () => {
    const root = await issue({ cn: 'Root' })
    const leaf = await issueLeaf(root, { extensions: [unknown] })
    expect(await refusal({ leaf, anchors: [root] })).toMatchObject({ ...expected, certificate: { role: 'leaf' } })
  })

  it('in an intermediate', async () => {
    const root = await issue({ cn: 'Root' })
    const middle = await issue({ cn: 'CA', by: root, extensions: ca(unknown) })
    const found = await refusal({ leaf: await issueLeaf(middle), chain: [middle], anchors: [root] })
    expect(found).toMatchObject({ ...expected, certificate: { role: 'intermediate', position: 1 } })
  })

  it('in an anchor', async () => {
    const root = await issue({ cn: 'Root', extensions: ca(unknown) })
    expect(await refusal({ leaf: await issueLeaf(root), anchors: [root] })).toMatchObject({
      ...expected,
      certificate: { role: 'anchor' },
    })
  })

  it('in an upload', () => {
    const uploaded = sound(certificate({ extensions: [basicConstraints(true), unknown] }))
    expect(caFaults(uploaded)).toEqual([expected.fault])
  })
})
