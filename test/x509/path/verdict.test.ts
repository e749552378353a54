import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src/core/bytes.ts'
import { time } from '../../../src/testing/der.ts'
import { nameConstraints } from '../../../src/testing/extensions.ts'
import { Budget } from '../../../src/x509/budget.ts'
import type { PathCode, PathFault } from '../../../src/x509/path/reasons/fault.ts'
import { faultWords } from '../../../src/x509/path/reasons/fault-words.ts'
import { PATH_LIMITS } from '../../../src/x509/path-limits.ts'
import {
  type Case,
  ca,
  DIGITAL_SIGNATURE,
  decide,
  type Issued,
  issue,
  issueChain,
  issueLeaf,
  refusal,
} from '../../support/x509/chain.ts'
import { dns } from '../../support/x509/constraints.ts'
import { constraints } from '../../support/x509/policies.ts'

const [root, ca1] = (await issueChain(2)) as [Issued, Issued]
const sha256 = async ({ der }: Issued) => toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', der)))

it('acceptance names every certificate of the path', async () => {
  const leaf = await issueLeaf(ca1)
  expect(await decide({ leaf, chain: [ca1], anchors: [root] })).toEqual({
    accepted: true,
    path: [
      expect.objectContaining({ role: 'leaf', subject: 'CN=client', issuer: 'CN=CA 1', sha256: await sha256(leaf) }),
      expect.objectContaining({ role: 'intermediate', subject: 'CN=CA 1', position: 1, sha256: await sha256(ca1) }),
      expect.objectContaining({ role: 'anchor', subject: 'CN=Root', anchorId: 'anchor 1', sha256: await sha256(root) }),
    ],
    revocation: [
      { height: 0, subject: 'CN=client', status: 'not_covered' },
      { height: 1, subject: 'CN=CA 1', status: 'not_covered' },
    ],
  })
})

it('refusal says what is wrong, where, by which rule, and what to do', async () => {
  const leaf = await issueLeaf(root, { notAfter: time('2026-01-31T12:00:00Z') })
  const { certificate, ...rest } = await refusal({ leaf, anchors: [root] })
  expect(certificate).toMatchObject({
    role: 'leaf',
    sha256: await sha256(leaf),
    serialNumber: expect.stringMatching(/^[0-9a-f]+$/),
  })
  expect(rest).toEqual({
    accepted: false,
    code: 'expired',
    fault: { reason: 'expired', notAfter: 1_769_860_800, at: 1_780_272_000 },
    section: 'RFC 5280 6.1.3 (a)(2)',
    openssl: 'certificate has expired',
    message: 'The client certificate expired at 2026-01-31T12:00:00Z; the time of the check is 2026-06-01T00:00:00Z.',
    suggestion: 'Issue a new client certificate.',
  })
})

it('verdicts are plain data: they survive a structured clone unchanged', async () => {
  const given = { leaf: await issueLeaf(ca1), chain: [ca1], anchors: [root], trace: true }
  for (const verdict of [await decide(given), await decide({ ...given, anchors: [] })]) {
    expect(structuredClone(verdict)).toEqual(verdict)
    expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict)
  }
})

describe('the trace', () => {
  it('is absent unless asked for', async () => {
    expect(await decide({ leaf: await issueLeaf(root), anchors: [root] })).not.toHaveProperty('trace')
  })

  it('lists the checks in order, from the leaf up', async () => {
    const { trace = [] } = await decide({ leaf: await issueLeaf(ca1), chain: [ca1], anchors: [root], trace: true })
    expect(trace.map(({ check, height }) => `${height} ${check}`)).toEqual([
      ...[
        'issuerName',
        'subject',
        'validity',
        'extKeyUsage',
        'keyUsage',
        'criticalExtensions',
        'nameConstraints',
        'publicKey',
      ].map((check) => `0 ${check}`),
      '1 publicKey',
      '0 signature',
      ...ISSUER.map((check) => `1 ${check}`),
      '2 publicKey',
      '1 signature',
      ...ISSUER.map((check) => `2 ${check}`),
      '2 certificatePolicies',
      '1 revocation',
      '0 revocation',
    ])
    expect(trace.filter((step) => 'fault' in step)).toEqual([])
  })

  it('ends at the check that an issuer fails', async () => {
    const expired = await issue({ cn: 'CA', by: root, notAfter: time('2026-01-01T00:00:00Z') })
    const given = { leaf: await issueLeaf(expired), chain: [expired], anchors: [root], trace: true }
    const { trace = [] } = await decide(given)
    const own = trace.slice(8).map(({ check, height, fault }) => [height, check, fault?.reason])
    expect(own).toEqual([
      [1, 'publicKey', undefined],
      [0, 'signature', undefined],
      [1, 'issuerName', undefined],
      [1, 'validity', 'expired'],
    ])
  })

  it('names the certificate whose name a CA excludes', async () => {
    const none = nameConstraints({ excluded: [dns('test')] })
    const strict = await issue({ cn: 'CA', by: root, extensions: ca(none) })
    const leaf = await issueLeaf(strict, { extensions: [DIGITAL_SIGNATURE, dns.names(1)] })
    const { trace = [] } = await decide({ leaf, chain: [strict], anchors: [root], trace: true })
    expect(trace.at(-1)).toMatchObject({ check: 'nameConstraints', role: 'leaf', height: 0 })
    expect(trace.at(-1)?.fault?.reason).toBe('name_excluded')
  })

  it.each<readonly [fault: string, step: object, given: () => Promise<Partial<Case>>]>([
    [
      'a path longer than asked for',
      { check: 'limits', role: 'anchor', height: 2 },
      async () => ({ maxPathLength: 0, chain: [ca1], leaf: await issueLeaf(ca1) }),
    ],
    [
      'too many intermediates',
      { check: 'limits', role: 'leaf', height: 0 },
      async () => ({ budget: new Budget({ ...PATH_LIMITS, depth: 0 }), chain: [ca1], leaf: await issueLeaf(ca1) }),
    ],
    [
      'a policy that is missing',
      { check: 'certificatePolicies', role: 'leaf', height: 0 },
      async () => {
        const strict = await issue({ cn: 'Root', extensions: ca(constraints(0)) })
        return { anchors: [strict], leaf: await issueLeaf(strict) }
      },
    ],
  ])('ends with %s', async (_fault, step, given) => {
    const { trace = [] } = await decide({ leaf: root, anchors: [root], ...(await given()), trace: true })
    expect(trace.at(-1)).toMatchObject({ ...step, fault: {} })
  })

  it('ends with what failed', async () => {
    const { trace = [] } = await decide({ leaf: await issueLeaf(ca1), anchors: [root], trace: true })
    expect(trace.at(-1)).toEqual({
      check: 'issuer',
      role: 'leaf',
      subject: 'CN=client',
      height: 0,
      fault: { reason: 'no_issuer', issuer: 'CN=CA 1', because: 'absent' },
    })
  })

  const ISSUER = [
    'issuerName',
    'validity',
    'basicConstraints',
    'keyCertSign',
    'pathLenConstraint',
    'extKeyUsage',
    'criticalExtensions',
    'nameConstraints',
  ]
})

const CRL = { certificateId: 'a', issuer: 'CN=Root', number: '1f', thisUpdate: 0, nextUpdate: 1, ageSeconds: 1 }

/** One fault of every reason. The type requires all of them. */
const FAULTS: { readonly [C in PathCode]: Extract<PathFault, { reason: C }> } = {
  certificate_too_large: { reason: 'certificate_too_large', bytes: 20_000, limitBytes: 16_384 },
  certificate_too_complex: { reason: 'certificate_too_complex', field: 'x', problem: 'more than 2000 ASN.1 values' },
  malformed_certificate: { reason: 'malformed_certificate', field: 'x', problem: 'is missing' },
  expired: { reason: 'expired', notAfter: 0, at: 1 },
  not_yet_valid: { reason: 'not_yet_valid', notBefore: 1, at: 0 },
  unknown_critical_extension: { reason: 'unknown_critical_extension', oid: '1.2.3' },
  unprocessed_critical_extension: {
    reason: 'unprocessed_critical_extension',
    extension: 'authorityInfoAccess',
    field: 'authorityInfoAccess',
    problem: 'is marked critical, which RFC 5280 4.2.2.1 forbids',
  },
  key_not_allowed: { reason: 'key_not_allowed', key: 'RSA 1024' },
  key_compressed: { reason: 'key_compressed', key: 'EC P-256 (compressed point)' },
  issuer_empty: { reason: 'issuer_empty' },
  leaf_ext_key_usage: { reason: 'leaf_ext_key_usage', purpose: 'clientAuth', present: ['1.3.6.1.5.5.7.3.1', '1.2.3'] },
  leaf_key_usage: { reason: 'leaf_key_usage', required: ['digitalSignature'], present: [] },
  leaf_name_constraints: { reason: 'leaf_name_constraints' },
  leaf_subject_empty: { reason: 'leaf_subject_empty', because: 'no_alt_name' },
  not_a_ca: { reason: 'not_a_ca', because: 'version', version: 1 },
  no_key_cert_sign: { reason: 'no_key_cert_sign', present: ['digitalSignature'] },
  ca_ext_key_usage: { reason: 'ca_ext_key_usage', purpose: 'clientAuth', present: ['1.3.6.1.5.5.7.3.4'] },
  path_len_exceeded: { reason: 'path_len_exceeded', pathLen: 0, length: 1 },
  name_excluded: { reason: 'name_excluded', name: 'DNS:a', subtree: 'DNS:a', by: 'CN=Root' },
  name_not_permitted: {
    reason: 'name_not_permitted',
    name: 'DNS:a',
    permitted: ['DNS:b'],
    permittedCount: 2,
    by: 'CN=Root',
  },
  name_form_unsupported: { reason: 'name_form_unsupported', name: 'otherName:1.2', form: 'otherName', by: 'CN=Root' },
  name_unreadable: { reason: 'name_unreadable', name: 'email:a@b@c', by: 'CN=Root' },
  name_constraint_malformed: { reason: 'name_constraint_malformed', subtree: 'email:a@b@c' },
  signature_algorithm_not_allowed: { reason: 'signature_algorithm_not_allowed', algorithm: 'ML-DSA-65', weak: false },
  signature_parameters: { reason: 'signature_parameters', algorithm: 'rsassaPss', problem: 'are missing' },
  key_unusable: { reason: 'key_unusable', key: 'EC P-256' },
  signature_invalid: { reason: 'signature_invalid', issuer: 'CN=Root', because: 'mismatch', keyIdentifiers: 'absent' },
  policy_required: { reason: 'policy_required' },
  policy_mapping_any: { reason: 'policy_mapping_any', issuerDomain: '2.5.29.32.0', subjectDomain: '1.2.3' },
  revoked: { reason: 'revoked', serial: '01', revokedAt: 0, crlReason: 'unspecified', crl: CRL },
  crl_stale: { reason: 'crl_stale', at: 1, crl: CRL },
  not_covered: { reason: 'not_covered', issuer: 'CN=Root', crls: 0 },
  blocked: { reason: 'blocked', serial: '01', blockedAt: 0, certificateId: 'a' },
  no_anchors: { reason: 'no_anchors' },
  no_issuer: { reason: 'no_issuer', issuer: 'CN=Root', because: 'absent' },
  self_signed: { reason: 'self_signed', subject: 'CN=Root' },
  anchor_unreadable: { reason: 'anchor_unreadable', anchorId: 'a', problem: 'x is missing' },
  intermediate_unreadable: { reason: 'intermediate_unreadable', position: 1, problem: 'x is missing' },
  limit_reached: { reason: 'limit_reached', limit: 'bytes', value: 65_536 },
}

describe('the words of every refusal', () => {
  it.each(Object.entries(FAULTS))('%s', (_code, fault) => {
    for (const role of ['leaf', 'intermediate', 'anchor'] as const) {
      const { section, openssl, message, suggestion } = faultWords(fault, role, 'CN=Some CA')
      expect(section).toMatch(/^RFC \d+ [\d.]+( \([a-z]\)(\(\d\))?)?$|^docs\/conformance\.md, (limits|revocation)$/)
      expect(openssl).toMatch(/^[A-Za-z][A-Za-z ,]+$/)
      for (const sentence of [message, suggestion]) expect(sentence).toMatch(/^[A-Z].+[^.\s]\.$/)
      expect(message).not.toMatch(/undefined|NaN|\[object/)
    }
  })
})

it.each<readonly [rule: string, fault: PathFault, words: object]>([
  [
    'a wildcard stands for names, and is not called a name in a subtree',
    { reason: 'name_excluded', name: 'DNS:*.example.com', subtree: 'DNS:a.example.com', by: 'CN=Root' },
    { message: 'The name DNS:*.example.com stands for names in DNS:a.example.com, which the CA CN=Root excludes.' },
  ],
  [
    'the suggestion is not to send a certificate that was already sent and only closes a circle',
    { reason: 'no_issuer', issuer: 'CN=A', because: 'loop' },
    { suggestion: 'Register the certificate of CN=A, or of a CA above it outside of the circle.' },
  ],
  [
    'policies that cannot be read do not count, and are named',
    {
      reason: 'policy_required',
      unreadable: { subject: 'CN=A', field: 'certificatePolicies', problem: 'is empty' },
    },
    {
      message:
        'A CA requires a certificate policy that is valid on the whole path; none is left at: The client certificate. The policies of CN=A do not count: certificatePolicies is empty.',
    },
  ],
])('words that fit: %s', (_rule, fault, words) => {
  expect(faultWords(fault, 'leaf', '')).toMatchObject(words)
})
