import { describe, expect, it } from 'vitest'
import { toHex } from '../../../../src/core/bytes.ts'
import {
  ascii,
  type Bytes,
  implicit,
  int,
  oid,
  printable,
  seq,
  set,
  time,
  tlv,
  utf8,
} from '../../../../src/testing/der.ts'
import {
  basicConstraints,
  extension,
  extKeyUsage,
  issuingDistributionPoint,
  keyUsage,
} from '../../../../src/testing/extensions.ts'
import { Budget } from '../../../../src/x509/budget.ts'
import type { Certificate } from '../../../../src/x509/certificate/certificate.ts'
import { displayName } from '../../../../src/x509/certificate/name.ts'
import {
  type CheckedCrl,
  NOTHING_REVOKED,
  type RevocationLookup,
  type RevocationStatus,
} from '../../../../src/x509/path/revocation/revocation.ts'
import { TrustSet } from '../../../../src/x509/path/trust-set.ts'
import { NOW } from '../../../support/pki.ts'
import {
  type Case,
  CLIENT_AUTH_OID,
  DIGITAL_SIGNATURE,
  decide,
  type Issued,
  issue,
  issueChain,
  issueLeaf,
  newKeys,
} from '../../../support/x509/chain.ts'
import { type CrlParts, fullName } from '../../../support/x509/make-crl.ts'
import { block, certificateOf, checkedCrl, known, revoking, serialOf } from '../../../support/x509/revocations.ts'

/** CAs that may issue CRLs. */
const CRL_CA = { extensions: [basicConstraints(true), keyUsage(0x06, 1)] }
const [root, ca1] = (await issueChain(2, CRL_CA)) as [Issued, Issued]
const leaf = await issueLeaf(ca1)
const PATH = { leaf, chain: [ca1], anchors: [root] }

async function statuses(
  revocation: RevocationLookup | undefined,
  given: Case = PATH,
): Promise<readonly RevocationStatus[]> {
  const verdict = await decide({ ...given, ...(revocation && { revocation }) })
  if (!verdict.accepted) throw new Error(verdict.message)
  return verdict.revocation
}

const word = async (revocation: RevocationLookup, given?: Case) =>
  (await statuses(revocation, given)).map(({ height, status }) => `${height} ${status}`)

const OLD = { thisUpdate: time('2026-04-01T00:00:00Z'), nextUpdate: time('2026-05-01T00:00:00Z') }
const OLD_STORED = { checkedAt: 1_776_000_000 }

describe('the revocation status of an accepted path is', () => {
  it.each([
    ['there are no CRLs', known([])],
    ['nothing is looked up', undefined],
  ])('not covered, where %s', async (_rule, revocation) => {
    expect(await statuses(revocation)).toEqual([
      { height: 0, subject: 'CN=client', status: 'not_covered' },
      { height: 1, subject: 'CN=CA 1', status: 'not_covered' },
    ])
  })

  it('good, with the CRL that says so', async () => {
    const crls = [await checkedCrl(ca1, { number: 0x1f }), await checkedCrl(root)]
    const crl = { certificateId: 'record', thisUpdate: NOW - 86_400, nextUpdate: NOW + 2_592_000, ageSeconds: 86_400 }
    expect(await statuses(known(crls))).toEqual([
      { height: 0, subject: 'CN=client', status: 'good', crl: { ...crl, issuer: 'CN=CA 1', number: '1f' } },
      { height: 1, subject: 'CN=CA 1', status: 'good', crl: { ...crl, issuer: 'CN=Root', number: '1' } },
    ])
  })

  it('good, without a number where the CRL has none', async () => {
    const [status] = await statuses(known([await checkedCrl(ca1, {}, { number: undefined })]))
    expect(Object.keys(status?.crl ?? {})).toEqual([
      'certificateId',
      'issuer',
      'thisUpdate',
      'nextUpdate',
      'ageSeconds',
    ])
  })

  it('good by the newest of several CRLs, in whatever order they are known', async () => {
    const older = await checkedCrl(ca1, { number: 1, thisUpdate: time('2026-05-01T00:00:00Z') })
    const newer = await checkedCrl(ca1, { number: 2 })
    for (const crls of [
      [older, newer],
      [newer, older],
    ])
      expect(await statuses(known(crls))).toMatchObject([{ status: 'good', crl: { number: '2' } }, {}])
  })

  it('stale, if the policy allows stale CRLs', async () => {
    const stale = await checkedCrl(ca1, OLD, { ...OLD_STORED, whenStale: 'soft' })
    expect(await statuses(known([stale]))).toMatchObject([
      { status: 'stale', crl: { nextUpdate: 1_777_593_600, ageSeconds: NOW - 1_775_001_600 } },
      { status: 'not_covered' },
    ])
  })

  it('good up to the last second of nextUpdate', async () => {
    const crl = await checkedCrl(ca1, { nextUpdate: time('2026-06-01T00:00:00Z') })
    expect(await word(known([crl]))).toEqual(['0 good', '1 not_covered'])
  })

  it('good at a time before thisUpdate: later revocations are only added', async () => {
    const crl = await checkedCrl(ca1, { thisUpdate: time('2026-06-10T00:00:00Z') }, { checkedAt: NOW + 864_001 })
    expect(await word(known([crl]))).toEqual(['0 good', '1 not_covered'])
  })

  it('plain data that survives a structured clone', async () => {
    const verdict = await decide({ ...PATH, revocation: known([await checkedCrl(ca1)]) })
    expect(JSON.parse(JSON.stringify(structuredClone(verdict)))).toEqual(verdict)
  })

  it('empty for a path of one certificate', async () => {
    const only = await issue({ cn: 'client CA', ...CRL_CA })
    expect(await statuses(known([]), { leaf: only, anchors: [only] })).toEqual([])
  })
})

describe('a CRL does not decide on', () => {
  it.each<readonly [rule: string, by: () => Promise<Issued>]>([
    ['another CA with that serial number', async () => issue({ cn: 'Other', ...CRL_CA })],
    ['another CA of the same name', async () => issue({ cn: 'CA 1', ...CRL_CA })],
    ['a CA of another name with the same key', async () => issue({ cn: 'CA 2', keys: ca1.keys, ...CRL_CA })],
  ])('certificates issued by %s', async (_rule, by) => {
    const crl = await checkedCrl(await by(), { revoked: [revoking(leaf)] })
    expect(await word(known([crl]))).toEqual(['0 not_covered', '1 not_covered'])
  })

  it.each<readonly [rule: string, member: Bytes, expected: readonly string[]]>([
    ['users only: the CA', implicit(1, [0xff]), ['0 good', '1 not_covered']],
    ['CAs only: the leaf', implicit(2, [0xff]), ['0 not_covered', '1 good']],
  ])('other certificates, if it is for %s', async (_rule, member, expected) => {
    const parts = { moreExtensions: [issuingDistributionPoint([member])] }
    expect(await word(known([await checkedCrl(root, parts), await checkedCrl(ca1, parts)]))).toEqual(expected)
  })

  it('the anchor, even if the anchor lists itself', async () => {
    expect(await word(known([await checkedCrl(root, { revoked: [revoking(root)] })]))).toEqual([
      '0 not_covered',
      '1 good',
    ])
  })

  it('an intermediate that is itself registered: it is the anchor', async () => {
    const crl = await checkedCrl(root, { revoked: [revoking(ca1)] })
    expect(await word(known([crl]), { leaf, anchors: [ca1, root] })).toEqual(['0 not_covered'])
  })

  it('a serial number that only starts or ends like one of its own', async () => {
    const serial = serialOf(leaf)
    const entries = [
      { serial: Uint8Array.of(...serial, 0) },
      { serial: Uint8Array.of(1, ...serial) },
      { serial: serial.subarray(0, 1) },
    ]
    expect(await word(known([await checkedCrl(ca1, { revoked: entries })]))).toEqual(['0 good', '1 not_covered'])
  })
})

describe('a CRL that is one part of several', () => {
  const points = (...members: readonly Bytes[]) => extension('2.5.29.31', seq(...members))
  const named = (uri: string) => points(seq(fullName(uri)))
  const [ONE, TWO] = ['http://a.test/1.crl', 'http://a.test/2.crl']
  const part = (name: Bytes, parts: CrlParts = {}) =>
    checkedCrl(ca1, { moreExtensions: [issuingDistributionPoint([name])], ...parts })
  const withPoints = (...more: readonly Bytes[]) =>
    issueLeaf(ca1, { extensions: [DIGITAL_SIGNATURE, extKeyUsage(CLIENT_AUTH_OID), ...more] })
  const relative = (cn: string) => tlv(0xa0, tlv(0xa1, seq(oid('2.5.4.3'), utf8(cn))))
  const directory = (...cns: readonly string[]) =>
    tlv(0xa0, tlv(0xa0, tlv(0xa4, seq(...cns.map((cn) => set(seq(oid('2.5.4.3'), utf8(cn))))))))

  it.each<readonly [rule: string, crl: Bytes, more: readonly Bytes[], status: string]>([
    ['that the certificate names', fullName(ONE), [named(ONE)], 'good'],
    [
      'that the certificate names among others',
      fullName(ONE),
      [points(seq(fullName(TWO)), seq(fullName(ONE)))],
      'good',
    ],
    ['that the certificate does not name', fullName(ONE), [named(TWO)], 'not_covered'],
    ['with another spelling', fullName(ONE), [named(`${ONE}?`)], 'not_covered'],
    ['that is the only one, if the certificate names none', fullName(ONE), [], 'good'],
    [
      'of a point for some reasons only',
      fullName(ONE),
      [points(seq(fullName(ONE), implicit(1, [0x01, 0x40])))],
      'not_covered',
    ],
    [
      'of a point of another CRL issuer',
      fullName(ONE),
      [points(seq(fullName(ONE), tlv(0xa2, tlv(0xa4, seq(set(seq(oid('2.5.4.3'), utf8('Other'))))))))],
      'not_covered',
    ],
    [
      'for a certificate whose points cannot be read',
      fullName(ONE),
      [points(seq(fullName(ONE)), int(1))],
      'not_covered',
    ],
    ['relative to the issuer', directory('CA 1', 'part 1'), [points(seq(relative('part 1')))], 'good'],
    ['as a directory name, in other letters', relative('PART 1'), [points(seq(directory('ca  1', 'part 1')))], 'good'],
    ["under the issuer's own name", directory('CA 1'), [named(TWO)], 'good'],
  ])('covers what its point says: one %s', async (_rule, name, more, status) => {
    const crls = known([await part(name)])
    expect(await word(crls, { ...PATH, leaf: await withPoints(...more) })).toEqual([`0 ${status}`, '1 not_covered'])
  })

  it('does not count as the only one if there is another', async () => {
    const crls = known([await part(fullName(ONE)), await part(fullName(TWO))])
    expect(await word(crls)).toEqual(['0 not_covered', '1 not_covered'])
    expect(await word(crls, { ...PATH, leaf: await withPoints(named(TWO)) })).toEqual(['0 good', '1 not_covered'])
  })

  it('may be there with a complete one, which covers all', async () => {
    const crls = known([await part(fullName(ONE)), await part(fullName(TWO)), await checkedCrl(ca1)])
    expect(await word(crls)).toEqual(['0 good', '1 not_covered'])
  })

  it('counts as the only one beside a complete one that is stale', async () => {
    const crls = known([await part(fullName(ONE), { number: 2 }), await checkedCrl(ca1, OLD, OLD_STORED)])
    expect(await statuses(crls)).toMatchObject([{ status: 'good', crl: { number: '2' } }, {}])
  })

  it('with two names covers the certificates that have one of them', async () => {
    const both = tlv(0xa0, tlv(0xa0, tlv(0x86, ascii(ONE)), tlv(0x86, ascii(TWO))))
    const given = { ...PATH, leaf: await withPoints(named(TWO)) }
    expect(await word(known([await part(both)]), given)).toEqual(['0 good', '1 not_covered'])
  })
})

describe('a CRL signed by another key of the CA', () => {
  /** A key of CA 1 that signs CRLs only, certified by the root. */
  const crlKey = () => issue({ cn: 'CA 1', by: root, extensions: [basicConstraints(true), keyUsage(0x02, 1)] })
  const proven = async (by: Issued, above: readonly Issued[], parts: CrlParts = {}) => {
    const caPath = [by, ...above].map(certificateOf) as [Certificate, ...Certificate[]]
    return checkedCrl(by, parts, { caPath })
  }

  it('counts if that key leads to the same anchor', async () => {
    const by = await crlKey()
    expect(await word(known([await proven(by, [root])]))).toEqual(['0 good', '1 not_covered'])
    const listing = known([await proven(by, [root], { revoked: [revoking(leaf)] })])
    expect(await decide({ ...PATH, revocation: listing })).toMatchObject({
      accepted: false,
      fault: { reason: 'revoked' },
    })
  })

  it('counts if that key is the anchor itself: the old key, certified by the new one', async () => {
    const fresh = await issue({ cn: 'CA', ...CRL_CA })
    const old = await issue({ cn: 'CA', by: fresh, ...CRL_CA })
    const given = { leaf: await issueLeaf(old), chain: [old], anchors: [fresh] }
    const crls = [await proven(fresh, [])]
    let lookUps = 0
    const lookUp: RevocationLookup = async () => {
      lookUps += 1
      return { ...NOTHING_REVOKED, crls }
    }
    expect(await word(lookUp, given)).toEqual(['0 good', '1 good'])
    expect(lookUps).toBe(1)
  })

  it('counts if that key leads to the same anchor, even if a CA above the anchor has revoked the anchor', async () => {
    const middle = await issue({ cn: 'Middle', by: root, ...CRL_CA })
    const own = await issue({ cn: 'CA', by: middle, ...CRL_CA })
    const by = await issue({ cn: 'CA', by: middle, extensions: [basicConstraints(true), keyUsage(0x02, 1)] })
    const crls = [await proven(by, [middle, root]), await checkedCrl(root, { revoked: [revoking(middle)] })]
    const given = { leaf: await issueLeaf(own), chain: [own], anchors: [middle] }
    expect(await word(known(crls), given)).toEqual(['0 good', '1 not_covered'])
  })

  it.each<readonly [lists: string, crl: (by: Issued) => Promise<CheckedCrl>]>([
    ['the anchor lists itself', () => checkedCrl(root, { revoked: [revoking(root)] })],
    [
      'a CRL of another key of the anchor lists that key: it would need a proof itself',
      async (by) => proven(await issue({ cn: 'Root', by: root, ...CRL_CA }), [root], { revoked: [revoking(by)] }),
    ],
  ])('counts if %s', async (_lists, crl) => {
    const by = await crlKey()
    const [status] = await statuses(known([await proven(by, [root], { number: 7 }), await crl(by)]))
    expect(status).toMatchObject({ status: 'good', crl: { number: '7' } })
  })

  it.each<readonly [rule: string, crl: () => Promise<CheckedCrl>]>([
    ['was not proven', async () => proven(await crlKey(), [])],
    ['leads to another anchor', async () => proven(await crlKey(), [await issue({ cn: 'Other root', ...CRL_CA })])],
    ['is of another CA', async () => proven(await issue({ cn: 'CA 2', by: root, ...CRL_CA }), [root])],
  ])('does not count where it %s', async (_rule, crl) => {
    expect(await word(known([await crl()]))).toEqual(['0 not_covered', '1 not_covered'])
  })

  it('does not count if that key is revoked; only then is its revocation looked up', async () => {
    const by = await crlKey()
    const crl = await proven(by, [root], { revoked: [revoking(leaf)] })
    const asked: string[][] = []
    const lookUp =
      (revoked: readonly Issued[]): RevocationLookup =>
      async (path) => {
        asked.push(path.map(({ der }) => toHex(der)))
        const ofRoot = await checkedCrl(root, { revoked: revoked.map((one) => revoking(one)) })
        return { ...NOTHING_REVOKED, crls: [crl, ofRoot] }
      }
    expect(await word(lookUp([by]))).toEqual(['0 not_covered', '1 good'])
    expect(asked).toEqual(
      [
        [leaf, ca1, root],
        [by, root],
      ].map((path) => path.map(({ der }) => toHex(der))),
    )
    expect(await decide({ ...PATH, revocation: lookUp([]) })).toMatchObject({ accepted: false })
  })

  it('does not count if a CA above that key is revoked', async () => {
    const upper = await issue({ cn: 'Upper', by: root, ...CRL_CA })
    const by = await issue({ cn: 'CA 1', by: upper, extensions: [basicConstraints(true), keyUsage(0x02, 1)] })
    const crl = await proven(by, [upper, root], { revoked: [revoking(leaf)] })
    const ofRoot = await checkedCrl(root, { revoked: [revoking(upper)] })
    expect(await word(known([crl, ofRoot]))).toEqual(['0 not_covered', '1 good'])
  })

  it('covers a certificate only if that key is covered too, if the policy requires coverage', async () => {
    const by = await crlKey()
    const crls = [await proven(by, [root]), await checkedCrl(root)]
    const trust = new TrustSet([{ id: 'strict', certificate: root.der, uncovered: 'refuse' }])
    expect(await decide({ ...PATH, trust, revocation: known(crls) })).toMatchObject({ accepted: true })
    const unknown: RevocationLookup = async (path) => ({ ...NOTHING_REVOKED, crls: path.length === 2 ? [] : crls })
    expect(await decide({ ...PATH, trust, revocation: unknown })).toMatchObject({
      accepted: false,
      code: 'not_covered',
    })
  })
})

describe('one CA, several CRLs', () => {
  it('of two records: the current one counts, not the stale one', async () => {
    const stale = await checkedCrl(ca1, OLD, OLD_STORED)
    const current = await checkedCrl(ca1, { number: 2 }, { certificateId: 'other record' })
    for (const crls of [
      [stale, current],
      [current, stale],
    ]) {
      const [status] = await statuses(known(crls))
      expect(status).toMatchObject({ status: 'good', crl: { number: '2', certificateId: 'other record' } })
    }
  })

  it('a CRL counts for the CA under any certificate of its name and key', async () => {
    const renewed = await issue({
      subject: seq(set(seq(oid('2.5.4.3'), printable('ca 1')))),
      keys: ca1.keys,
      by: root,
      ...CRL_CA,
    })
    expect(await word(known([await checkedCrl(renewed)]))).toEqual(['0 good', '1 not_covered'])
  })
})

describe('a revoked path is not the end of the search', () => {
  it('another path avoids the revoked CA', async () => {
    const keys = await newKeys()
    const revokedCa = await issue({ cn: 'CA', by: root, keys, ...CRL_CA })
    const other = await issue({ cn: 'Other root', ...CRL_CA })
    const sound = await issue({ cn: 'CA', by: other, keys, ...CRL_CA })
    const revocation = known([await checkedCrl(root, { revoked: [revoking(revokedCa)] })])
    for (const chain of [
      [revokedCa, sound],
      [sound, revokedCa],
    ]) {
      const given = { leaf: await issueLeaf(sound), chain, anchors: [root, other] }
      expect(await word(revocation, given)).toEqual(['0 not_covered', '1 not_covered'])
    }
  })
})

describe('a block does not affect', () => {
  it('the serial number of a CA on the path', async () => {
    expect(await word(known([], [block(ca1), block(root)], [root, ca1]))).toEqual(['0 not_covered', '1 not_covered'])
  })

  it('paths without a CA of its record', async () => {
    const other = await issue({ cn: 'Root', ...CRL_CA })
    expect(await word(known([], [block(leaf)], [other]))).toHaveLength(2)
    expect(await word(known([], [block(leaf, { certificateId: 'unknown' })], [root]))).toHaveLength(2)
  })

  it('other serial numbers', async () => {
    expect(await word(known([], [block(leaf, { serial: '01' })], [root]))).toHaveLength(2)
  })
})

it('the trace has the revocation checks last, from the anchor down', async () => {
  const { trace = [] } = await decide({ ...PATH, revocation: known([]), trace: true })
  expect(trace.slice(-3).map(({ check, height, fault }) => [check, height, fault])).toEqual([
    ['certificatePolicies', 2, undefined],
    ['revocation', 1, undefined],
    ['revocation', 0, undefined],
  ])
})

describe('the work of a decision', () => {
  /** Signatures verified, and paths that revocation was looked up for. */
  async function work(given: Case, revocation?: RevocationLookup) {
    const budget = new Budget()
    const paths: (readonly string[])[] = []
    const counted: RevocationLookup = (path) => {
      paths.push(path.map(({ subject }) => displayName(subject).slice(3)))
      return (revocation ?? known([]))(path)
    }
    await decide({ ...given, budget, ...(revocation && { revocation: counted }) })
    return { signatures: budget.spent.signatureChecks, paths }
  }

  it('has as many signature checks with CRLs as without, and one look-up', async () => {
    const crls = known([await checkedCrl(ca1), await checkedCrl(root)])
    expect(await work(PATH)).toEqual({ signatures: 2, paths: [] })
    expect(await work(PATH, crls)).toEqual({ signatures: 2, paths: [['client', 'CA 1', 'Root']] })
  })

  it('goes on from a revoked path within the same search', async () => {
    const keys = await newKeys()
    const ways = [
      await issue({ cn: 'CA', by: root, keys, ...CRL_CA }),
      await issue({ cn: 'CA', by: root, keys, ...CRL_CA }),
    ]
    const given = { leaf: await issueLeaf(ways[0] as Issued), chain: ways, anchors: [root] }
    const listing = await checkedCrl(root, { revoked: [revoking(ways[0] as Issued)] })
    // The leaf's signature is checked once for both paths, which have one key. Each path needs one more check with the root's key.
    expect(await work(given, known([listing]))).toEqual({
      signatures: 3,
      paths: [
        ['client', 'CA', 'Root'],
        ['client', 'CA', 'Root'],
      ],
    })
  })

  it('looks nothing up for a client without a path', async () => {
    const forged = await issueLeaf(ca1, { breakSignature: true })
    expect(await work({ ...PATH, leaf: forged }, known([]))).toEqual({ signatures: 1, paths: [] })
  })
})
