import { describe, expect, it } from 'vitest'
import { toBase64, toHex } from '../../src/core/bytes.ts'
import { acceptedLeaf } from '../../src/edge/accepted-leaf.ts'
import { whyNotAllowed } from '../../src/edge/admission.ts'
import { type ClientVerdict, decidePath, type Grounds, plainVerdict } from '../../src/edge/decide-path.ts'
import { IdentityRules } from '../../src/edge/identity-rules.ts'
import { trustOf } from '../../src/edge/trust.ts'
import { time } from '../../src/testing/der.ts'
import { basicConstraints, dns, extKeyUsage, keyUsage, subjectAltName } from '../../src/testing/extensions.ts'
import { sha256 } from '../../src/x509/index.ts'
import { NOW } from '../support/pki.ts'
import { CLIENT_AUTH_OID, DIGITAL_SIGNATURE, type Issued, issue, issueLeaf } from '../support/x509/chain.ts'
import { block, checkedCrl, known, serialOf } from '../support/x509/revocations.ts'

/** It signs CRLs too. */
const root = await issue({ cn: 'root', extensions: [basicConstraints(true), keyUsage(0x06, 1)] })
const ada = await issueLeaf(root, { cn: 'ada' })
const bob = await issueLeaf(root, { cn: 'bob' })
const stranger = await issueLeaf(await issue({ cn: 'stranger' }), { cn: 'ada' })

const outcomeOf = ({ der }: Issued, grounds: Partial<Grounds> = {}, chain: readonly Issued[] = []) =>
  decidePath(
    { leaf: der, chain: chain.map((one) => one.der) },
    {
      trust: trustOf([{ id: 'record', chain: [{ der: root.der, isAnchor: true }], uncovered: 'allow' }]),
      identities: undefined,
      revocable: false,
      lookUp: () => Promise.reject(new Error('it was looked up')),
      at: NOW,
      ...grounds,
    },
  )
const decide = async (leaf: Issued, grounds: Partial<Grounds> = {}): Promise<ClientVerdict> =>
  plainVerdict(await outcomeOf(leaf, grounds))
const rules = (...list: readonly object[]) => new IdentityRules(JSON.stringify(list))
const named = (...names: readonly string[]) => rules(...names.map((common_name) => ({ common_name })))

const checksOf = ({ trace }: ClientVerdict) => trace?.map(({ check }) => check)

describe('a decision on a path', () => {
  it('lets every client of the CA in where there are no identity rules', async () => {
    const verdict = await decide(bob)
    expect(verdict).toMatchObject({ accepted: true, path: [{ subject: 'CN=bob' }, { subject: 'CN=root' }] })
    expect(verdict).not.toHaveProperty('trace')
  })

  it('lets in whom a rule matches, and nobody else', async () => {
    const identities = named('x', 'ada')
    expect(await decide(ada, { identities })).toMatchObject({ accepted: true, path: [{ subject: 'CN=ada' }, {}] })
    expect(await decide(bob, { identities })).toMatchObject({ accepted: false, code: 'identity_not_allowed' })
  })

  it('refuses a stranger as one, whatever the rules say', async () => {
    for (const identities of [undefined, named('ada'), named('x')]) {
      const verdict = await decide(stranger, { identities, trace: true })
      expect(verdict).toMatchObject({ accepted: false, code: 'no_issuer' })
      expect(checksOf(verdict)).not.toContain('identities')
    }
  })

  it('looks revocation up if a certificate may be revoked, and refuses who is', async () => {
    const lookUp = known([], [block(ada)], [root])
    expect(await decide(ada, { revocable: true, lookUp })).toMatchObject({ accepted: false, code: 'blocked' })
    expect(await decide(bob, { revocable: true, lookUp })).toMatchObject({ accepted: true })
    expect(await decide(ada, { revocable: false })).toMatchObject({ accepted: true })
    await expect(decide(ada, { revocable: true })).rejects.toThrow('it was looked up')
  })

  it('lists its checks if asked, the identity rules last', async () => {
    const without = checksOf(await decide(ada, { trace: true })) ?? []
    expect(without.length).toBeGreaterThan(1)
    const step = { check: 'identities', role: 'leaf', subject: 'CN=ada', height: 0 }
    const accepted = await decide(ada, { trace: true, identities: named('ada') })
    expect(checksOf(accepted)).toEqual([...without, 'identities'])
    expect(accepted.trace?.at(-1)).toEqual(step)
    const refused = await decide(ada, { trace: true, identities: named('x') })
    expect(refused).toMatchObject({ accepted: false })
    expect(checksOf(refused)).toEqual([...without, 'identities'])
    expect(refused.trace?.at(-1)).toEqual({ ...step, fault: 'fault' in refused && refused.fault })
    for (const identities of [named('ada'), named('x')])
      expect(await decide(ada, { identities })).not.toHaveProperty('trace')
  })
})

describe('the refusal of a valid client', () => {
  const faultOf = async (leaf: Issued, identities: IdentityRules) => {
    const outcome = await outcomeOf(leaf, { identities })
    return !outcome.accepted && outcome.fault.reason === 'identity_not_allowed' ? outcome.fault : undefined
  }

  it('has the shape of any other', async () => {
    const { fault, ...rest } = (await decide(bob, { identities: named('ada') })) as Extract<
      ClientVerdict,
      { fault: object }
    >
    expect(fault).toMatchObject({ reason: 'identity_not_allowed', rules: 1, asked: [{ common_name: 'ada' }] })
    expect(rest).toEqual({
      accepted: false,
      code: 'identity_not_allowed',
      certificate: expect.objectContaining({ role: 'leaf', subject: 'CN=bob', sha256: await sha256(bob.der) }),
      section: 'docs/differences.md, identity rules',
      openssl: 'application verification failure',
      message: 'The client certificate is valid, but does not match the one identity rule of the hostname.',
      suggestion: expect.stringMatching(/^Compare what the rules ask for .*fault\.has.*add a rule/),
    })
    const two = await decide(bob, { identities: named('ada', 'eve') })
    expect(two).toMatchObject({
      message: 'The client certificate is valid, but matches none of the 2 identity rules of the hostname.',
    })
  })

  it('shows what the client has, without what it has none of', async () => {
    const fault = await faultOf(bob, named('ada'))
    expect(fault?.has).toEqual({
      commonName: ['bob'],
      serialNumber: [toHex(serialOf(bob))],
      certificateSha256: [await sha256(bob.der)],
      keySha256: [expect.stringMatching(/^[0-9a-f]{64}$/)],
      issuerKeySha256: [expect.stringMatching(/^[0-9a-f]{64}$/)],
      extKeyUsage: [CLIENT_AUTH_OID],
    })
  })

  it('shows five rules and five values of a kind, and 256 characters of each', async () => {
    const long = 'a'.repeat(257)
    const names = ['b', 'c', 'd', 'e', 'f', 'g'].map((label) => dns(`${label}.example`))
    const leaf = await issueLeaf(root, {
      cn: long,
      extensions: [DIGITAL_SIGNATURE, extKeyUsage(CLIENT_AUTH_OID), subjectAltName(names)],
    })
    const fault = await faultOf(leaf, named(`${long}x`, long.slice(1), '3', '4', '5', '6'))
    expect(fault?.rules).toBe(6)
    const cut = `${long.slice(1)}…`
    expect(fault?.asked.map(({ common_name }) => common_name)).toEqual([cut, long.slice(1), '3', '4', '5'])
    expect(fault?.has.commonName).toEqual([cut])
    expect(fault?.has.dns).toEqual(['b', 'c', 'd', 'e', 'f'].map((label) => `${label}.example`))
  })

  it('is none where a hostname has no rules', async () => {
    expect(await whyNotAllowed({ path: [] }, undefined)).toBeUndefined()
  })
})

describe('an accepted leaf', () => {
  const accepted = async (leaf: Issued, grounds: Partial<Grounds> = {}, chain: readonly Issued[] = []) => {
    const outcome = await outcomeOf(leaf, grounds, chain)
    if (!outcome.accepted) throw new Error(outcome.fault.reason)
    return await acceptedLeaf(outcome)
  }

  it('tells the origin of itself and of the intermediates, made once', async () => {
    const upper = await issue({ cn: 'upper', by: root })
    const lower = await issue({ cn: 'lower', by: upper })
    const leaf = await issueLeaf(lower)
    const one = await accepted(leaf, {}, [lower, upper])
    const base64 = ({ der }: Issued) => toBase64(der)
    expect(one.identity).toEqual({
      certificateBase64: base64(leaf),
      sha256: await sha256(leaf.der),
      chainBase64: [base64(lower), base64(upper)],
    })
    expect(one.identity).toBe(one.identity)
    expect(one.anchorSha256).toBe(await sha256(root.der))
    const { length } = [leaf, lower, upper, root].flatMap(({ der }) => [...der])
    expect(one.bytes).toBe(3_000 + 8 * length)
    expect(await one.verdict()).toMatchObject({ accepted: true, path: [{ sha256: one.sha256 }, {}, {}, {}] })
  })

  const soon = time('2026-06-01T00:00:05Z')
  const later = time('2026-06-01T00:00:09Z')

  it('holds until the first certificate of its path expires', async () => {
    const lower = await issue({ cn: 'lower', by: root, notAfter: soon })
    expect((await accepted(await issueLeaf(root, { notAfter: soon }))).until).toBe(NOW + 5)
    expect((await accepted(await issueLeaf(lower, { notAfter: later }), {}, [lower])).until).toBe(NOW + 5)
  })

  it('holds until a CRL that calls a certificate good is stale, and beyond one that is stale already', async () => {
    const leaf = await issueLeaf(root, { notAfter: later })
    const crl = await checkedCrl(root, { nextUpdate: soon }, { whenStale: 'soft' })
    const grounds = { revocable: true, lookUp: known([crl]) }
    expect((await accepted(leaf, grounds)).until).toBe(NOW + 5)
    expect((await accepted(leaf, { ...grounds, at: NOW + 6 })).until).toBe(NOW + 9)
  })

  it('has a path', async () => {
    await expect(acceptedLeaf({ path: [], revocation: [] })).rejects.toThrow('a path has no certificate')
  })
})
