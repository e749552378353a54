import { describe, expect, it } from 'vitest'
import { toHex } from '../../../../src/core/bytes.ts'
import { implicit, time } from '../../../../src/testing/der.ts'
import { basicConstraints, issuingDistributionPoint, keyUsage } from '../../../../src/testing/extensions.ts'
import { NOTHING_REVOKED } from '../../../../src/x509/path/revocation/revocation.ts'
import { type Anchor, TrustSet } from '../../../../src/x509/path/trust-set.ts'
import type { Refused } from '../../../../src/x509/path/verdict.ts'
import { NOW } from '../../../support/pki.ts'
import {
  type Case,
  decide,
  type Issued,
  issue,
  issueChain,
  issueLeaf,
  newKeys,
  refusal,
} from '../../../support/x509/chain.ts'
import { block, checkedCrl, known, revoking, serialOf } from '../../../support/x509/revocations.ts'

/** CAs that may issue CRLs. */
const CRL_CA = { extensions: [basicConstraints(true), keyUsage(0x06, 1)] }
const [root, ca1] = (await issueChain(2, CRL_CA)) as [Issued, Issued]
const leaf = await issueLeaf(ca1)
const PATH = { leaf, chain: [ca1], anchors: [root] }

const OLD = { thisUpdate: time('2026-04-01T00:00:00Z'), nextUpdate: time('2026-05-01T00:00:00Z') }
const OLD_STORED = { checkedAt: 1_776_000_000 }

const refused = (revocation: Case['revocation'], given: Case = PATH): Promise<Refused> =>
  refusal({ ...given, ...(revocation && { revocation }) })

describe('revoked', () => {
  it('the leaf, with all facts', async () => {
    const crl = await checkedCrl(ca1, { number: 0x1f, revoked: [revoking(leaf, { reason: 1 })] })
    const { certificate, ...rest } = await refused(known([crl]))
    const serial = toHex(serialOf(leaf))
    expect(certificate).toMatchObject({ role: 'leaf', subject: 'CN=client' })
    expect(rest).toEqual({
      accepted: false,
      code: 'revoked',
      fault: {
        reason: 'revoked',
        serial,
        revokedAt: 1_777_636_800,
        crlReason: 'keyCompromise',
        crl: {
          certificateId: 'record',
          issuer: 'CN=CA 1',
          number: '1f',
          thisUpdate: NOW - 86_400,
          nextUpdate: NOW + 2_592_000,
          ageSeconds: 86_400,
        },
      },
      section: 'RFC 5280 6.3.3 (j)',
      openssl: 'certificate revoked',
      message: `The client certificate with serial number ${serial} was revoked at 2026-05-01T12:00:00Z (keyCompromise), as CRL number 0x1f of CN=CA 1 says.`,
      suggestion: 'Issue a new client certificate.',
    })
  })

  it('an intermediate', async () => {
    const crl = await checkedCrl(root, { revoked: [revoking(ca1)] })
    expect(await refused(known([crl]))).toMatchObject({
      fault: { reason: 'revoked', crlReason: 'unspecified', crl: { issuer: 'CN=Root' } },
      certificate: { role: 'intermediate', subject: 'CN=CA 1' },
      message: expect.not.stringContaining('unspecified'),
    })
  })

  it.each([
    [0, 'unspecified'],
    [1, 'keyCompromise'],
    [2, 'cACompromise'],
    [3, 'affiliationChanged'],
    [4, 'superseded'],
    [5, 'cessationOfOperation'],
    [6, 'certificateHold'],
    [9, 'privilegeWithdrawn'],
    [10, 'aACompromise'],
  ])('for reason %i, %s', async (reason, crlReason) => {
    const crl = await checkedCrl(ca1, { revoked: [revoking(leaf, { reason })] })
    expect(await refused(known([crl]))).toMatchObject({ fault: { crlReason } })
  })

  it('for a reason without a name, which is shown as its number', async () => {
    const revoked = new Map([[toHex(serialOf(leaf)), { revokedAt: NOW - 60, reason: 7 }]])
    expect(await refused(known([await checkedCrl(ca1, {}, { revoked })]))).toMatchObject({ fault: { crlReason: '7' } })
  })

  it.each<readonly [rule: string, revokedAt: string]>([
    ['after the time of the check', '2026-06-02T00:00:00Z'],
    ['before the certificate was issued', '2020-01-01T00:00:00Z'],
  ])('from a moment %s', async (_rule, revokedAt) => {
    const crl = await checkedCrl(ca1, { revoked: [revoking(leaf, { revokedAt: time(revokedAt) })] })
    expect(await refused(known([crl]))).toMatchObject({ code: 'revoked' })
  })

  it.each(['hard', 'soft'] as const)('by a stale CRL, whose policy is %s', async (whenStale) => {
    const crl = await checkedCrl(ca1, { ...OLD, revoked: [revoking(leaf)] }, { ...OLD_STORED, whenStale })
    expect(await refused(known([crl]))).toMatchObject({ code: 'revoked' })
  })

  it.each([
    ['users only, which lists a CA', 1, () => root, () => ca1],
    ['CAs only, which lists a user', 2, () => ca1, () => leaf],
  ])('by a CRL of %s: a serial number belongs to one certificate', async (_rule, tag, by, listed) => {
    const parts = { moreExtensions: [issuingDistributionPoint([implicit(tag, [0xff])])], revoked: [revoking(listed())] }
    expect(await refused(known([await checkedCrl(by(), parts)]))).toMatchObject({ code: 'revoked' })
  })

  it('by either of two CRLs of the CA, also the older one', async () => {
    const older = await checkedCrl(ca1, { ...OLD, revoked: [revoking(leaf)] }, OLD_STORED)
    expect(await refused(known([await checkedCrl(ca1), older]))).toMatchObject({ code: 'revoked' })
  })

  it.each([
    ['users only', 0x81, () => leaf, () => ca1],
    ['CAs only', 0x82, () => ca1, () => root],
  ])('by a CRL of %s', async (_rule, tag, subject, by) => {
    const moreExtensions = [issuingDistributionPoint([implicit(tag & 0x0f, [0xff])])]
    const crl = await checkedCrl(by(), { moreExtensions, revoked: [revoking(subject())] })
    expect(await refused(known([crl]))).toMatchObject({ code: 'revoked' })
  })

  it('by the CRL of the CA under another certificate of its name and key', async () => {
    const renewed = await issue({ cn: 'ca 1', keys: ca1.keys, ...CRL_CA })
    expect(await refused(known([await checkedCrl(renewed, { revoked: [revoking(leaf)] })]))).toMatchObject({
      code: 'revoked',
    })
  })

  it('by an anchor that is an intermediate', async () => {
    const crl = await checkedCrl(ca1, { revoked: [revoking(leaf)] })
    expect(await refused(known([crl]), { leaf, anchors: [ca1] })).toMatchObject({ code: 'revoked' })
  })

  it('a CA as leaf', async () => {
    const client = await issue({ cn: 'client CA', by: ca1 })
    const crl = await checkedCrl(ca1, { revoked: [revoking(client)] })
    expect(await refused(known([crl]), { ...PATH, leaf: client })).toMatchObject({ code: 'revoked' })
  })

  it('on all paths, also if there are several', async () => {
    const keys = await newKeys()
    const other = await issue({ cn: 'Other root', ...CRL_CA })
    const ways = [
      await issue({ cn: 'CA', by: root, keys, ...CRL_CA }),
      await issue({ cn: 'CA', by: other, keys, ...CRL_CA }),
    ]
    const [way] = ways as [Issued]
    const client = await issueLeaf(way)
    const crl = await checkedCrl(way, { revoked: [revoking(client)] })
    expect(await refused(known([crl]), { leaf: client, chain: ways, anchors: [root, other] })).toMatchObject({
      code: 'revoked',
    })
  })
})

describe('a stale CRL', () => {
  it('refuses, with all facts', async () => {
    const { certificate, ...rest } = await refused(known([await checkedCrl(ca1, OLD, OLD_STORED)]))
    expect(certificate).toMatchObject({ role: 'leaf' })
    expect(rest).toEqual({
      accepted: false,
      code: 'crl_stale',
      fault: {
        reason: 'crl_stale',
        at: NOW,
        crl: {
          certificateId: 'record',
          issuer: 'CN=CA 1',
          number: '1',
          thisUpdate: 1_775_001_600,
          nextUpdate: 1_777_593_600,
          ageSeconds: NOW - 1_775_001_600,
        },
      },
      section: 'RFC 5280 6.3.3 (a)',
      openssl: 'CRL has expired',
      message:
        'The client certificate is not listed in CRL number 0x1 of CN=CA 1, but that expired at 2026-05-01T00:00:00Z; the time of the check is 2026-06-01T00:00:00Z.',
      suggestion: 'Upload the current CRL of that CA.',
    })
  })

  it('refuses from the first second after nextUpdate', async () => {
    const crl = await checkedCrl(ca1, { nextUpdate: time('2026-05-31T23:59:59Z') }, { checkedAt: NOW - 1 })
    expect(await refused(known([crl]))).toMatchObject({ code: 'crl_stale' })
  })

  it('of two records refuses if one has the policy hard', async () => {
    const soft = await checkedCrl(ca1, OLD, { ...OLD_STORED, whenStale: 'soft' })
    const hard = await checkedCrl(ca1, OLD, OLD_STORED)
    expect(await refused(known([soft, hard]))).toMatchObject({ code: 'crl_stale' })
  })

  it('above a revoked leaf is not the reason: what is certain comes first', async () => {
    const crls = [await checkedCrl(root, OLD, OLD_STORED), await checkedCrl(ca1, { revoked: [revoking(leaf)] })]
    expect(await refused(known(crls))).toMatchObject({ code: 'revoked', certificate: { role: 'leaf' } })
  })

  it('of two, the one nearer to the anchor is named', async () => {
    const crls = [await checkedCrl(ca1, OLD, OLD_STORED), await checkedCrl(root, OLD, OLD_STORED)]
    expect(await refused(known(crls))).toMatchObject({ certificate: { role: 'intermediate' } })
  })
})

describe('a blocked serial number', () => {
  it.each([
    ['the anchor', () => root],
    ['an intermediate', () => ca1],
  ])('refuses the leaf below %s of its record, with all facts', async (_rule, by) => {
    const { certificate, ...rest } = await refused(known([], [block(leaf)], [by()]))
    const serial = toHex(serialOf(leaf))
    expect(certificate).toMatchObject({ role: 'leaf' })
    expect(rest).toEqual({
      accepted: false,
      code: 'blocked',
      fault: { reason: 'blocked', serial, blockedAt: NOW - 60, certificateId: 'record' },
      section: 'docs/conformance.md, revocation',
      openssl: 'certificate revoked',
      message: `The serial number ${serial} of the client certificate was blocked at 2026-05-31T23:59:00Z.`,
      suggestion: 'Issue a new client certificate, or lift the block.',
    })
  })

  it('refuses below a CA that is on the path under another certificate', async () => {
    const cross = await issue({ cn: 'CA 1', keys: ca1.keys })
    expect(await refused(known([], [block(leaf)], [cross]))).toMatchObject({ code: 'blocked' })
  })

  it('refuses a leaf that is good by a CRL', async () => {
    expect(await refused(known([await checkedCrl(ca1)], [block(leaf)], [root]))).toMatchObject({ code: 'blocked' })
  })

  it('refuses a leaf that is itself registered', async () => {
    const only = await issue({ cn: 'client CA' })
    expect(await refused(known([], [block(only)], [only]), { leaf: only, anchors: [only] })).toMatchObject({
      code: 'blocked',
      certificate: { role: 'anchor' },
    })
  })

  it('does not refuse a registered CA as the leaf below others: only they may block it', async () => {
    const client = await issue({ cn: 'client CA', by: ca1 })
    const revocation = known([], [block(client)], [client])
    expect(await decide({ ...PATH, leaf: client, revocation })).toMatchObject({ accepted: true })
  })

  it('comes after a revocation by CRL, and before a stale CRL', async () => {
    const revoked = await checkedCrl(ca1, { revoked: [revoking(leaf)] })
    const stale = await checkedCrl(ca1, OLD, OLD_STORED)
    expect(await refused(known([revoked], [block(leaf)], [root]))).toMatchObject({ code: 'revoked' })
    expect(await refused(known([stale], [block(leaf)], [root]))).toMatchObject({ code: 'blocked' })
  })
})

describe('the reason in the answer is', () => {
  it('revoked, if another path ends at an expired CA or at none', async () => {
    const keys = await newKeys()
    const good = await issue({ cn: 'CA', by: root, keys, ...CRL_CA })
    const expired = await issue({ cn: 'CA', by: root, keys, notAfter: time('2026-01-01T00:00:00Z') })
    const nowhere = await issue({ cn: 'CA', by: await issue({ cn: 'Stranger' }), keys })
    const client = await issueLeaf(good)
    const revocation = known([await checkedCrl(good, { revoked: [revoking(client)] })])
    for (const chain of [
      [good, expired, nowhere],
      [nowhere, expired, good],
    ]) {
      expect(await refused(revocation, { leaf: client, chain, anchors: [root] })).toMatchObject({ code: 'revoked' })
    }
  })

  it('a fault of the leaf itself, before any CRL', async () => {
    const expired = await issueLeaf(ca1, { notAfter: time('2026-05-01T00:00:00Z') })
    const revocation = known([await checkedCrl(ca1, { revoked: [revoking(expired)] })])
    expect(await refused(revocation, { ...PATH, leaf: expired })).toMatchObject({ code: 'expired' })
  })

  it('not revoked, if the signature is invalid: anyone could claim the serial number', async () => {
    const forged = await issueLeaf(ca1, { breakSignature: true })
    const revocation = known([await checkedCrl(ca1, { revoked: [revoking(forged)] })], [block(forged)], [root])
    expect(await refused(revocation, { ...PATH, leaf: forged })).toMatchObject({ code: 'signature_invalid' })
  })
})

it('the trace names the certificate and its fault', async () => {
  const revocation = known([await checkedCrl(ca1, { revoked: [revoking(leaf)] })], [block(leaf)], [root])
  const { trace = [] } = await decide({ ...PATH, revocation, trace: true })
  expect(trace.slice(-3)).toMatchObject([
    { check: 'revocation', height: 1, role: 'intermediate' },
    { check: 'revocation', height: 0, role: 'leaf', fault: { reason: 'revoked' } },
    { check: 'revocation', height: 0, role: 'leaf', fault: { reason: 'blocked' } },
  ])
})

describe('a policy that requires coverage', () => {
  const strict = (anchors: readonly Anchor[]) => new TrustSet(anchors)
  const anchor = (uncovered: 'allow' | 'refuse') => ({ id: uncovered, certificate: root.der, uncovered })

  it('refuses what no CRL covers, with all facts', async () => {
    const verdict = await refusal({ ...PATH, trust: strict([anchor('refuse')]) })
    expect(verdict).toMatchObject({
      code: 'not_covered',
      fault: { reason: 'not_covered', issuer: 'CN=Root', crls: 0 },
      certificate: { role: 'intermediate', subject: 'CN=CA 1' },
      section: 'RFC 5280 6.3.3',
      message:
        'There is no CRL of CN=Root that says whether the intermediate CA CN=CA 1 is revoked, and the owner of the CA requires one (uncovered: refuse).',
    })
  })

  it('refuses if the CRLs of the issuer cover other certificates', async () => {
    const parts = { moreExtensions: [issuingDistributionPoint([implicit(2, [0xff])])] }
    const crls = known([await checkedCrl(root), await checkedCrl(ca1, parts)])
    expect(await refusal({ ...PATH, trust: strict([anchor('refuse')]), revocation: crls })).toMatchObject({
      fault: { reason: 'not_covered', issuer: 'CN=CA 1', crls: 1 },
    })
  })

  it('lets in a client whose whole path is covered', async () => {
    const crls = known([await checkedCrl(root), await checkedCrl(ca1)])
    const verdict = await decide({ ...PATH, trust: strict([anchor('refuse')]), revocation: crls })
    expect(verdict).toMatchObject({ accepted: true, revocation: [{ status: 'good' }, { status: 'good' }] })
  })

  it('applies if one of the records with the anchor has it', async () => {
    for (const words of [
      ['allow', 'refuse'],
      ['refuse', 'allow'],
    ] as const) {
      expect(await refusal({ ...PATH, trust: strict(words.map(anchor)) })).toMatchObject({ code: 'not_covered' })
    }
  })
})

describe('an anchor whose record was deleted', () => {
  const lookUp =
    (...removed: readonly string[]) =>
    async () => ({ ...NOTHING_REVOKED, removed: new Set(removed) })

  it('is no longer an anchor', async () => {
    expect(await refused(lookUp('anchor 1'))).toMatchObject({ code: 'no_issuer', certificate: { subject: 'CN=CA 1' } })
    const { trace = [] } = await decide({ ...PATH, revocation: lookUp('anchor 1'), trace: true })
    expect(trace.at(-1)).toMatchObject({ check: 'issuer', height: 1, subject: 'CN=CA 1' })
    const only = await issue({ cn: 'client CA' })
    expect(await refused(lookUp('anchor 1'), { leaf: only, anchors: [only] })).toMatchObject({ accepted: false })
  })

  it('is still an anchor if another record has it', async () => {
    const trust = new TrustSet(['one', 'two'].map((id) => ({ id, certificate: root.der })))
    expect(await decide({ ...PATH, trust, revocation: lookUp('one') })).toMatchObject({ accepted: true })
    expect(await decide({ ...PATH, trust, revocation: lookUp('one', 'two') })).toMatchObject({ accepted: false })
  })
})
