import { describe, expect, it } from 'vitest'
import { implicit, seq, time } from '../../../src/testing/der.ts'
import { basicConstraints, extension, extKeyUsage, keyUsage } from '../../../src/testing/extensions.ts'
import { NOW, spkiRsa } from '../../support/pki.ts'
import {
  CLIENT_AUTH_OID,
  ca,
  type IssueParts,
  issue,
  issueLeaf,
  KEY_CERT_SIGN,
  refusal,
  SERVER_AUTH_OID,
  UNKNOWN_CRITICAL,
} from '../../support/x509/chain.ts'

type Row = readonly [rule: string, parts: IssueParts, fault: object]

/** Checks of every issuer, anchors and intermediates alike. */
const ROWS: readonly Row[] = [
  ['no basicConstraints', { extensions: [KEY_CERT_SIGN] }, { reason: 'not_a_ca', because: 'no_basic_constraints' }],
  ['cA FALSE', { extensions: [basicConstraints(false), KEY_CERT_SIGN] }, { reason: 'not_a_ca', because: 'ca_false' }],
  [
    'version 1',
    { version: new Uint8Array(), extensions: null },
    { reason: 'not_a_ca', because: 'version', version: 1 },
  ],
  [
    'keyUsage without keyCertSign',
    { extensions: [basicConstraints(true), keyUsage(0x82, 1)] },
    { reason: 'no_key_cert_sign', present: ['digitalSignature', 'cRLSign'] },
  ],
  [
    'extKeyUsage without the purpose',
    { extensions: ca(extKeyUsage(SERVER_AUTH_OID)) },
    { reason: 'ca_ext_key_usage', purpose: 'clientAuth', present: [SERVER_AUTH_OID] },
  ],
  [
    'an unknown critical extension',
    { extensions: ca(UNKNOWN_CRITICAL) },
    { reason: 'unknown_critical_extension', oid: '1.3.6.1.4.1.55738.1' },
  ],
  [
    'a critical extension that is not processed to its end',
    { extensions: ca(extension('2.5.29.31', seq(seq(implicit(1, [1, 2]))), true)) },
    {
      reason: 'unprocessed_critical_extension',
      extension: 'cRLDistributionPoints',
      field: 'cRLDistributionPoints',
      problem: 'has a point without a name',
    },
  ],
  ['having expired', { notAfter: time('2026-05-31T23:59:59Z') }, { reason: 'expired', notAfter: NOW - 1, at: NOW }],
  [
    'not being valid yet',
    { notBefore: time('2026-06-01T00:00:01Z') },
    { reason: 'not_yet_valid', notBefore: NOW + 1, at: NOW },
  ],
]

describe('an anchor is refused for', () => {
  it.each(ROWS)('%s', async (_rule, parts, fault) => {
    const anchor = await issue({ cn: 'Root', ...parts })
    const found = await refusal({ leaf: await issueLeaf(anchor), anchors: [anchor] })
    expect(found).toMatchObject({ fault, certificate: { role: 'anchor', anchorId: 'anchor 1', subject: 'CN=Root' } })
  })

  it('a weak key', async () => {
    const anchor = await issue({ cn: 'Root' })
    const weak = await issue({ cn: 'Root', spki: spkiRsa(1024) })
    const found = await refusal({ leaf: await issueLeaf(anchor), anchors: [weak] })
    expect(found).toMatchObject({ fault: { reason: 'key_not_allowed', key: 'RSA 1024' } })
  })
})

describe('an intermediate is refused for', () => {
  it('one of two key purposes that are asked for', async () => {
    const root = await issue({ cn: 'Root' })
    const intermediate = await issue({ cn: 'CA', by: root, extensions: ca(extKeyUsage(SERVER_AUTH_OID)) })
    const leaf = await issueLeaf(intermediate, { extensions: [extKeyUsage(CLIENT_AUTH_OID, SERVER_AUTH_OID)] })
    const purpose = { name: 'both', extKeyUsage: [CLIENT_AUTH_OID, SERVER_AUTH_OID], keyUsage: [] }
    const found = await refusal({ leaf, chain: [intermediate], anchors: [root], purpose })
    expect(found).toMatchObject({ fault: { reason: 'ca_ext_key_usage', purpose: 'both' } })
  })

  it.each(ROWS)('%s', async (_rule, parts, fault) => {
    const root = await issue({ cn: 'Root' })
    const intermediate = await issue({ cn: 'CA', by: root, ...parts })
    const found = await refusal({ leaf: await issueLeaf(intermediate), chain: [intermediate], anchors: [root] })
    expect(found).toMatchObject({ fault, certificate: { role: 'intermediate', position: 1, subject: 'CN=CA' } })
  })

  it('no issuer name', async () => {
    const nobody = await issue({ subject: seq() })
    const intermediate = await issue({ cn: 'CA', by: nobody })
    const found = await refusal({ leaf: await issueLeaf(intermediate), chain: [intermediate], anchors: [nobody] })
    expect(found).toMatchObject({ code: 'issuer_empty', certificate: { subject: 'CN=CA' } })
  })
})

describe('pathLenConstraint is exceeded', () => {
  it('by one CA below an intermediate with 0', async () => {
    const root = await issue({ cn: 'Root' })
    const upper = await issue({ cn: 'Upper', by: root, extensions: [basicConstraints(true, 0), KEY_CERT_SIGN] })
    const lower = await issue({ cn: 'Lower', by: upper })
    const found = await refusal({ leaf: await issueLeaf(lower), chain: [lower, upper], anchors: [root] })
    expect(found).toMatchObject({
      fault: { reason: 'path_len_exceeded', pathLen: 0, length: 1 },
      certificate: { subject: 'CN=Upper' },
    })
  })

  it('by two CAs below an anchor with 1', async () => {
    const root = await issue({ cn: 'Root', extensions: [basicConstraints(true, 1), KEY_CERT_SIGN] })
    const upper = await issue({ cn: 'Upper', by: root })
    const lower = await issue({ cn: 'Lower', by: upper })
    const found = await refusal({ leaf: await issueLeaf(lower), chain: [lower, upper], anchors: [root] })
    expect(found).toMatchObject({
      fault: { reason: 'path_len_exceeded', pathLen: 1, length: 2 },
      certificate: { role: 'anchor' },
    })
  })
})
