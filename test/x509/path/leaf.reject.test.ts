import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { ascii, bits, implicit, int, nul, octets, oid, seq, set, time } from '../../../src/testing/der.ts'
import { basicConstraints, extension, extKeyUsage, keyUsage, subjectAltName } from '../../../src/testing/extensions.ts'
import { NOW, spkiRsa } from '../../support/pki.ts'
import {
  ANY_PURPOSE_OID,
  CLIENT_AUTH_OID,
  type IssueParts,
  issue,
  issueLeaf,
  KEY_CERT_SIGN,
  refusal,
  SERVER_AUTH_OID,
  UNKNOWN_CRITICAL,
} from '../../support/x509/chain.ts'

const root = await issue({ cn: 'Root' })
const CLIENT = extKeyUsage(CLIENT_AUTH_OID)
const NO_CONSTRAINTS = extension('2.5.29.30', seq(implicit(0xa0 - 0x80, seq(implicit(2, ascii('example.com'))))), true)
const EMAIL = implicit(1, ascii('a@example.com'))
const P192 = seq(seq(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.1')), bits(fromHex(`04${'11'.repeat(48)}`)))
const DSA = seq(seq(oid('1.2.840.10040.4.1'), seq(int(7), int(5), int(3))), bits(int(3)))
const ED448 = seq(seq(oid('1.3.101.113')), bits(new Uint8Array(57)))
const SHORT_ED25519 = seq(seq(oid('1.3.101.112')), bits(new Uint8Array(31)))
const ED25519_WITH_PARAMETERS = seq(seq(oid('1.3.101.112'), nul()), bits(new Uint8Array(32)))
const PSS_1024 = seq(seq(oid('1.2.840.113549.1.1.10')), bits(seq(int(2n ** 1023n + 1n), int(65_537))))
const PSS_BROKEN = seq(seq(oid('1.2.840.113549.1.1.10')), bits(int(1)))

type Row = readonly [rule: string, parts: IssueParts, fault: object]

describe('a leaf is refused for', () => {
  it.each<Row>([
    [
      'extKeyUsage without the purpose',
      { extensions: [extKeyUsage(SERVER_AUTH_OID)] },
      { reason: 'leaf_ext_key_usage', purpose: 'clientAuth', present: [SERVER_AUTH_OID] },
    ],
    [
      'anyExtendedKeyUsage alone',
      { extensions: [extKeyUsage(ANY_PURPOSE_OID)] },
      { reason: 'leaf_ext_key_usage', purpose: 'clientAuth', present: [ANY_PURPOSE_OID] },
    ],
    [
      'a CA is not exempt from extKeyUsage',
      { extensions: [basicConstraints(true), KEY_CERT_SIGN, extKeyUsage(SERVER_AUTH_OID)] },
      { reason: 'leaf_ext_key_usage', purpose: 'clientAuth', present: [SERVER_AUTH_OID] },
    ],
    [
      'keyUsage without digitalSignature',
      { extensions: [keyUsage(0x28, 3), CLIENT] },
      { reason: 'leaf_key_usage', required: ['digitalSignature'], present: ['keyEncipherment', 'keyAgreement'] },
    ],
    [
      'keyUsage without any bit',
      { extensions: [keyUsage(0, 0), CLIENT] },
      { reason: 'leaf_key_usage', required: ['digitalSignature'], present: [] },
    ],
    ['nameConstraints without being a CA', { extensions: [NO_CONSTRAINTS] }, { reason: 'leaf_name_constraints' }],
    [
      'no subject and no subjectAltName',
      { subject: seq(), extensions: [CLIENT] },
      { reason: 'leaf_subject_empty', because: 'no_alt_name' },
    ],
    [
      'no subject and a subjectAltName that is not critical',
      { subject: seq(), extensions: [CLIENT, subjectAltName([EMAIL])] },
      { reason: 'leaf_subject_empty', because: 'alt_name_not_critical' },
    ],
    [
      'an unknown critical extension',
      { extensions: [CLIENT, UNKNOWN_CRITICAL] },
      { reason: 'unknown_critical_extension', oid: '1.3.6.1.4.1.55738.1' },
    ],
    [
      'a critical extension that must never be critical',
      { extensions: [CLIENT, extension('2.5.29.14', octets(fromHex('01')), true)] },
      {
        reason: 'unprocessed_critical_extension',
        extension: 'subjectKeyIdentifier',
        field: 'subjectKeyIdentifier',
        problem: 'is marked critical, which RFC 5280 4.2.1.2 forbids',
      },
    ],
    [
      'no subject, and a critical subjectAltName without names',
      { subject: seq(), extensions: [CLIENT, subjectAltName([], true)] },
      {
        reason: 'unprocessed_critical_extension',
        extension: 'subjectAltName',
        field: 'subjectAltName',
        problem: 'has no names',
      },
    ],
    [
      'having expired a second ago',
      { notAfter: time('2026-05-31T23:59:59Z') },
      { reason: 'expired', notAfter: NOW - 1, at: NOW },
    ],
    [
      'being valid a second from now',
      { notBefore: time('2026-06-01T00:00:01Z') },
      { reason: 'not_yet_valid', notBefore: NOW + 1, at: NOW },
    ],
    ['no issuer name', { issuer: seq() }, { reason: 'issuer_empty' }],
    ['an issuer name without attributes', { issuer: seq(set()) }, { reason: 'issuer_empty' }],
    [
      'a subject without attributes, and no subjectAltName',
      { subject: seq(set(), set()), extensions: [CLIENT] },
      { reason: 'leaf_subject_empty', because: 'no_alt_name' },
    ],
    ['RSA of 2047 bits', { spki: spkiRsa(2047) }, { reason: 'key_not_allowed', key: 'RSA 2047' }],
    ['RSA of 8193 bits', { spki: spkiRsa(8193) }, { reason: 'key_not_allowed', key: 'RSA 8193' }],
    ['RSA of 2049 bits', { spki: spkiRsa(2049) }, { reason: 'key_not_allowed', key: 'RSA 2049' }],
    ['a key on P-192', { spki: P192 }, { reason: 'key_not_allowed', key: 'EC 1.2.840.10045.3.1.1' }],
    ['a DSA key', { spki: DSA }, { reason: 'key_not_allowed', key: '1.2.840.10040.4.1' }],
    ['an Ed448 key', { spki: ED448 }, { reason: 'key_not_allowed', key: 'Ed448' }],
    ['an Ed25519 key of 31 octets', { spki: SHORT_ED25519 }, { reason: 'key_not_allowed', key: 'Ed25519' }],
    [
      'an Ed25519 key with parameters',
      { spki: ED25519_WITH_PARAMETERS },
      { reason: 'key_not_allowed', key: 'Ed25519' },
    ],
    ['RSASSA-PSS of 1024 bits', { spki: PSS_1024 }, { reason: 'key_not_allowed', key: 'RSASSA-PSS 1024' }],
    ['a malformed RSASSA-PSS key', { spki: PSS_BROKEN }, { reason: 'key_not_allowed', key: 'RSASSA-PSS' }],
  ])('%s', async (_rule, parts, fault) => {
    const { fault: found, certificate } = await refusal({ leaf: await issueLeaf(root, parts), anchors: [root] })
    expect(found).toEqual(fault)
    expect(certificate?.role).toBe('leaf')
  })

  it('its encoding, with the field', async () => {
    expect(await refusal({ leaf: { der: int(1) }, anchors: [root] })).toMatchObject({
      code: 'malformed_certificate',
      fault: { field: 'certificate' },
    })
  })

  it('several things at once: the most useful one', async () => {
    const leaf = await issueLeaf(root, {
      notAfter: time('2026-01-01T00:00:00Z'),
      extensions: [extKeyUsage(SERVER_AUTH_OID), UNKNOWN_CRITICAL],
    })
    expect(await refusal({ leaf, anchors: [root] })).toMatchObject({ code: 'expired' })
  })

  it('one of two key purposes that are asked for', async () => {
    const purpose = { name: 'both', extKeyUsage: [CLIENT_AUTH_OID, SERVER_AUTH_OID], keyUsage: [] }
    const leaf = await issueLeaf(root, { extensions: [CLIENT] })
    expect((await refusal({ leaf, anchors: [root], purpose })).fault).toEqual({
      reason: 'leaf_ext_key_usage',
      purpose: 'both',
      present: [CLIENT_AUTH_OID],
    })
  })
})
