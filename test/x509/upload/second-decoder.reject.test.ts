import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { int, nul, oid, seq, set, utf8 } from '../../../src/testing/der.ts'
import { basicConstraints, extension, name } from '../../../src/testing/extensions.ts'
import type { Certificate } from '../../../src/x509/certificate/certificate.ts'
import { disagreement } from '../../../src/x509/upload/second-decoder.ts'
import { certificate, ECDSA_SHA256, spkiP256 } from '../../support/pki.ts'
import { first, sound } from '../../support/reading.ts'

const ours = sound(
  certificate({
    serial: int(5),
    issuer: name('Issuer'),
    subject: seq(set(seq(oid('2.5.4.10'), utf8('Org'))), set(seq(oid('2.5.4.3'), utf8('Subject')))),
    extensions: [basicConstraints(true, 1), extension('1.2.3.4', nul(), true)],
  }),
)

/** The octets with the last one changed. */
const altered = (octets: Uint8Array) => octets.map((octet, i) => (i === octets.length - 1 ? octet ^ 1 : octet))

it('pkijs agrees on the certificate that the rows alter', () => expect(disagreement(ours)).toBeUndefined())

/** Expects the field to be named when our result is altered in this way. */
function notices(rows: readonly (readonly [rule: string, field: string, alteration: Partial<Certificate>])[]) {
  it.each(rows)('%s', (_rule, field, alteration) => {
    expect(disagreement({ ...ours, ...alteration })).toBe(field)
  })
}

describe('a difference in a field of its own is noticed', () => {
  const { signatureAlgorithm } = ours
  notices([
    ['tbs: one octet', 'tbsCertificate', { tbs: altered(ours.tbs) }],
    ['tbs: shorter', 'tbsCertificate', { tbs: ours.tbs.subarray(0, -1) }],
    ['version 2', 'version', { version: 2 }],
    ['version 1', 'version', { version: 1 }],
    ['serialNumber: another', 'serialNumber', { serialNumber: fromHex('06') }],
    ['serialNumber: with a sign octet', 'serialNumber', { serialNumber: fromHex('0005') }],
    [
      'signatureAlgorithm',
      'signatureAlgorithm',
      { signatureAlgorithm: { ...signatureAlgorithm, oid: '1.2.840.10045.4.1' } },
    ],
    ['signature: one octet', 'signatureValue', { signature: altered(ours.signature) }],
    ['signature: with its count of unused bits', 'signatureValue', { signature: fromHex('003006020101020101') }],
    ['notBefore: one second', 'notBefore', { notBefore: ours.notBefore + 1 }],
    ['notAfter: one second', 'notAfter', { notAfter: ours.notAfter - 1 }],
    ['notAfter: a century', 'notAfter', { notAfter: ours.notAfter - 3_155_760_000 }],
  ])
})

describe('a difference in a name is noticed', () => {
  const [org = [], cn = []] = ours.subject.rdns
  const subject = (...rdns: Certificate['subject']['rdns']) => ({ subject: { ...ours.subject, rdns } })
  const each = (change: object) => cn.map((attribute) => ({ ...attribute, ...change }))
  notices([
    ['issuer for subject', 'issuer', { issuer: ours.subject }],
    ['subject for issuer', 'subject', { subject: ours.issuer }],
    ['octets of the whole issuer', 'issuer', { issuer: { ...ours.issuer, der: altered(ours.issuer.der) } }],
    ['octets of the whole subject', 'subject', { subject: { ...ours.subject, der: altered(ours.subject.der) } }],
    ['an RDN fewer', 'subject', subject(org)],
    ['an RDN more', 'subject', subject(org, cn, cn)],
    ['RDNs in another order', 'subject', subject(cn, org)],
    ['type of an attribute', 'subject', subject(org, each({ type: '2.5.4.11' }))],
    ['text of an attribute', 'subject', subject(org, each({ text: 'subject' }))],
    ['octets of an attribute', 'subject', subject(org, each({ der: utf8('subject') }))],
  ])
})

describe('a difference in the key is noticed', () => {
  const { publicKey } = ours
  const field = 'subjectPublicKeyInfo'
  notices([
    ['octets of the key', field, { publicKey: { ...publicKey, keyOctets: altered(publicKey.keyOctets) } }],
    ['a shorter key', field, { publicKey: { ...publicKey, keyOctets: publicKey.keyOctets.subarray(1) } }],
    ['its algorithm', field, { publicKey: { ...publicKey, algorithm: ours.signatureAlgorithm } }],
  ])
})

describe('a difference in the extensions is noticed', () => {
  const { list, values } = ours.extensions
  const [ca, unknown] = list
  if (ca === undefined || unknown === undefined) throw new Error('the certificate has two extensions')
  const withList = (...members: typeof list) => ({ extensions: { list: members, values } })
  notices([
    ['one fewer', 'extensions', withList(ca)],
    ['one more', 'extensions', withList(ca, unknown, unknown)],
    ['none', 'extensions', withList()],
    ['another order', 'extensions', withList(unknown, ca)],
    ['another OID', 'extensions', withList(ca, { ...unknown, oid: '1.2.3.5' })],
    ['not critical', 'extensions', withList(ca, { ...unknown, critical: false })],
    ['another value', 'extensions', withList(ca, { ...unknown, value: altered(unknown.value) })],
    ['an empty value', 'extensions', withList(ca, { ...unknown, value: fromHex('') })],
  ])
})

describe('a difference in what basicConstraints means is noticed', () => {
  const { list, values } = ours.extensions
  const meaning = (basic: { cA: boolean; pathLen: number | undefined }) => ({
    extensions: { list, values: { ...values, basicConstraints: basic } },
  })
  notices([
    ['no CA', 'basicConstraints', meaning({ cA: false, pathLen: 1 })],
    ['another pathLen', 'basicConstraints', meaning({ cA: true, pathLen: 2 })],
    ['no pathLen', 'basicConstraints', meaning({ cA: true, pathLen: undefined })],
    ['not read at all', 'basicConstraints', { extensions: { list, values: {} } }],
  ])

  it('read although it is absent', () => {
    const none = sound(certificate({ extensions: [extension('1.2.3.4', nul())] }))
    const extensions = { list: none.extensions.list, values: { basicConstraints: { cA: true, pathLen: undefined } } }
    expect(disagreement({ ...none, extensions })).toBe('basicConstraints')
  })
})

it('a difference between the inner algorithm and ours is noticed, though the outer agrees', () => {
  // readCertificate would refuse such a certificate, since inner and outer differ.
  const der = certificate({
    serial: int(5),
    algorithm: seq(oid('1.2.840.10045.4.3.4')),
    outerAlgorithm: ECDSA_SHA256,
    issuer: name('Issuer'),
    spki: spkiP256(),
  })
  const tbs = first(der).open('certificate').read('tbs').der
  expect(disagreement({ ...ours, der, tbs })).toBe('tbsCertificate.signature')
})

describe('what pkijs cannot read is not a certificate', () => {
  it.each([
    ['nothing', ''],
    ['text', '68656c6c6f'],
    ['an empty SEQUENCE', '3000'],
    ['a SEQUENCE cut short', '30820100'],
  ])('%s', (_rule, hex) => expect(disagreement({ ...ours, der: fromHex(hex) })).toBe('certificate'))
})
