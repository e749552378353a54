import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Bytes, bytes, nul, octets, time } from '../../../src/testing/der.ts'
import { basicConstraints, extension, keyUsage } from '../../../src/testing/extensions.ts'
import { type Certificate, readCertificate } from '../../../src/x509/certificate/certificate.ts'
import { displayName } from '../../../src/x509/certificate/name.ts'
import type { CrlCheckFault } from '../../../src/x509/crl/fault.ts'
import { readCrl } from '../../../src/x509/crl/read-crl.ts'
import { caPathDer, readCaPath } from '../../../src/x509/issuer/ca-path.ts'
import { proveCa } from '../../../src/x509/issuer/prove-ca.ts'
import { TrustSet } from '../../../src/x509/path/trust-set.ts'
import { PATH_LIMITS } from '../../../src/x509/path-limits.ts'
import { NOW } from '../../support/pki.ts'
import { DIGITAL_SIGNATURE, type Issued, type IssueParts, issue, newKeys } from '../../support/x509/chain.ts'
import { type CrlParts, issueCrl } from '../../support/x509/make-crl.ts'

const CA = { extensions: [basicConstraints(true), keyUsage(0x06, 1)] }
const make = (cn: string, by?: Issued, more: IssueParts = {}) => issue({ cn, ...(by && { by }), ...CA, ...more })

const root = await make('Root')
const middle = await make('Middle', root)
const issuing = await make('Issuing', middle)
/** Another PKI with the same names. */
const theirRoot = await make('Root')
const theirIssuing = await make('Issuing', theirRoot)

interface Situation {
  /** The record's certificates; its anchors are those that are self-signed, or the last one. */
  readonly own: readonly Issued[]
  readonly anchors?: readonly Issued[]
  readonly others?: readonly Issued[]
  readonly crl?: CrlParts
  readonly at?: number
}

function read({ der }: { readonly der: Bytes }): Certificate {
  const certificate = readCertificate(der)
  if (!certificate.ok) throw new Error(JSON.stringify(certificate.error))
  return certificate.value
}

async function prove(
  by: Pick<Issued, 'subject' | 'keys'>,
  { own, anchors, others = [], crl = {}, at = NOW }: Situation,
) {
  const list = readCrl(await issueCrl(by, crl))
  if (!list.ok) throw new Error(JSON.stringify(list.error))
  const trusted = (anchors ?? own.slice(-1)).map((one) => ({ id: 'record', certificate: read(one) }))
  return proveCa(list.value, { own: own.map(read), anchors: new TrustSet(trusted), others: others.map(read) }, at)
}

const names = (certificates: readonly Certificate[]) =>
  certificates.map(({ subject }) => displayName(subject).replace('CN=', ''))

async function proof(by: Issued, situation: Situation) {
  const result = await prove(by, situation)
  if (!result.ok) return result.error.reason
  return names(result.value)
}

describe('a CA is proven', () => {
  const renewed = make('Root', undefined, { keys: root.keys, notBefore: time('2026-01-01T00:00:00Z') })
  it.each<readonly [rule: string, by: Issued, situation: () => Promise<Situation>, proof: unknown]>([
    ['that is the anchor', root, async () => ({ own: [root] }), ['Root']],
    ['that the record holds', middle, async () => ({ own: [middle, root] }), ['Middle', 'Root']],
    ['that the record holds, without the CAs above it', issuing, async () => ({ own: [issuing] }), ['Issuing']],
    [
      'that leads to the anchor',
      issuing,
      async () => ({ own: [root], others: [issuing, middle] }),
      ['Issuing', 'Middle', 'Root'],
    ],
    [
      'that leads to the anchor over the record',
      issuing,
      async () => ({ own: [middle, root], others: [issuing] }),
      ['Issuing', 'Middle', 'Root'],
    ],
    [
      'that leads to an intermediate of the record, which leads to no anchor itself',
      issuing,
      async () => ({ own: [middle, theirRoot], others: [issuing] }),
      ['Issuing', 'Middle'],
    ],
    ['above the record', root, async () => ({ own: [issuing], others: [middle, root] }), ['Root']],
    [
      'that was renewed with its key, by the certificate that is registered',
      root,
      async () => ({ own: [root], others: [await renewed] }),
      ['Root'],
    ],
  ])('%s', async (_rule, by, situation, expected) => expect(await proof(by, await situation())).toEqual(expected))

  it('whose new key was certified by its old key', async () => {
    const keys = await newKeys()
    const newWithOld = await make('Root', root, { keys })
    const newRoot = await make('Root', undefined, { keys })
    const situation = { own: [root], others: [newRoot, newWithOld] }
    expect(await proof(newRoot, situation)).toEqual(['Root', 'Root'])
  })

  it('with a key for CRLs only (PKITS 4.5.6)', async () => {
    const signer = await make('Root', root, { extensions: [keyUsage(0x02, 1)] })
    expect(await proof(signer, { own: [root], others: [signer] })).toEqual(['Root', 'Root'])
  })

  it('that has expired and is registered: the path validation of clients decides whether it may be used', async () => {
    const expired = await make('Old', undefined, { notAfter: time('2026-01-01T00:00:00Z') })
    expect(await proof(expired, { own: [expired] })).toEqual(['Old'])
  })

  it('that has expired and is registered, among others that lead to no anchor', async () => {
    const expired = await make('Old', undefined, { notAfter: time('2026-01-01T00:00:00Z') })
    expect(await proof(expired, { own: [expired, root] })).toEqual(['Old'])
  })

  it('among more certificates, and larger ones, than a client may present', async () => {
    const large = () => [...CA.extensions, extension('1.3.6.1.4.1.55738.1', octets(new Uint8Array(8_000)))]
    const namesakes = await Promise.all(
      Array.from({ length: PATH_LIMITS.intermediates }, () => make('Middle', root, { extensions: large() })),
    )
    const others = [issuing, ...namesakes, middle]
    expect(others.reduce((sum, { der }) => sum + der.length, 0)).toBeGreaterThan(PATH_LIMITS.bytes)
    expect(await proof(issuing, { own: [root], others })).toEqual(['Issuing', 'Middle', 'Root'])
  })

  it('by the one of its certificates that may sign CRLs', async () => {
    const barred = await make('Issuing', root, {
      keys: issuing.keys,
      extensions: [basicConstraints(true), keyUsage(0x04, 2)],
    })
    const result = await prove(issuing, { own: [root], others: [barred, middle, issuing] })
    expect(result.ok && names(result.value)).toEqual(['Issuing', 'Middle', 'Root'])
  })

  it('by a path that can be stored', async () => {
    const result = await prove(issuing, { own: [root], others: [issuing, middle] })
    const der = result.ok ? caPathDer(result.value) : bytes()
    expect(der).toEqual(bytes(issuing.der, middle.der, root.der))
    expect(names(readCaPath(der))).toEqual(['Issuing', 'Middle', 'Root'])
    expect(names(readCaPath(bytes(issuing.der, nul(), middle.der, [0x30])))).toEqual(['Issuing', 'Middle'])
    expect(readCaPath(bytes())).toEqual([])
  })
})

describe('a CA is not proven', () => {
  it('by the fifth of its certificates: four are tried', async () => {
    const nowhere = await Promise.all(
      Array.from({ length: 4 }, () => make('Issuing', theirRoot, { keys: issuing.keys, subject: issuing.subject })),
    )
    const proven = await proof(issuing, { own: [root], others: [...nowhere.slice(1), issuing, middle] })
    expect(proven).toEqual(['Issuing', 'Middle', 'Root'])
    const others = [...nowhere, issuing, middle]
    expect(await proof(issuing, { own: [root], others })).toBe('crl_ca_unproven')
  })

  const fault = async (by: Pick<Issued, 'subject' | 'keys'>, situation: Situation): Promise<CrlCheckFault> => {
    const result = await prove(by, situation)
    if (result.ok) throw new Error(names(result.value).join(' < '))
    return result.error
  }
  const unproven = (issuer: string, why: RegExp) => ({
    reason: 'crl_ca_unproven',
    issuer,
    why: expect.stringMatching(why),
  })

  it.each<readonly [rule: string, by: Issued, situation: Situation, expected: unknown]>([
    ['that is unknown', issuing, { own: [root] }, { reason: 'crl_issuer_unknown', issuer: 'CN=Issuing' }],
    [
      'whose chain has a gap',
      issuing,
      { own: [root], others: [issuing] },
      unproven('CN=Issuing', /^no_issuer: CN=Issuing$/),
    ],
    [
      'that is a namesake below another anchor',
      theirIssuing,
      { own: [root], others: [theirIssuing, theirRoot, issuing, middle] },
      unproven('CN=Issuing', /^signature_invalid: CN=Root$/),
    ],
    [
      'that is a namesake of the anchor',
      theirRoot,
      { own: [root], others: [theirRoot] },
      unproven('CN=Root', /^signature_invalid: CN=Root$/),
    ],
    [
      'that is a namesake of the anchor, and came with its CA',
      theirIssuing,
      { own: [issuing, root], anchors: [root], others: [theirRoot, theirIssuing] },
      unproven('CN=Issuing', /^signature_invalid/),
    ],
  ])('%s', async (_rule, by, situation, expected) => expect(await fault(by, situation)).toEqual(expected))

  it.each<readonly [rule: string, parts: IssueParts, expected: object]>([
    [
      'has expired, and is not registered',
      { notAfter: time('2026-01-01T00:00:00Z') },
      unproven('CN=Issuing', /^expired/),
    ],
    ['has a broken signature', { breakSignature: true }, unproven('CN=Issuing', /^signature_invalid/)],
    [
      'may not sign CRLs',
      { extensions: [basicConstraints(true), keyUsage(0x04, 2)] },
      { reason: 'crl_no_crl_sign', issuer: 'CN=Issuing', present: ['keyCertSign'] },
    ],
    [
      'is a client',
      { extensions: [DIGITAL_SIGNATURE] },
      { reason: 'crl_no_crl_sign', issuer: 'CN=Issuing', present: ['digitalSignature'] },
    ],
    ['is a client without keyUsage', { extensions: [] }, { reason: 'crl_no_crl_sign', present: undefined }],
  ])('that %s', async (_rule, parts, expected) => {
    const one = await make('Issuing', root, parts.extensions?.length === 0 ? { ...parts, extensions: null } : parts)
    expect(await fault(one, { own: [root], others: [one] })).toMatchObject(expected)
  })

  it('below a CA whose path length excludes it', async () => {
    const short = await make('Short', undefined, { extensions: [basicConstraints(true, 0), keyUsage(0x06, 1)] })
    const below = await make('Below', short)
    const deep = await make('Deep', below)
    expect(await fault(deep, { own: [short], others: [below, deep] })).toEqual(unproven('CN=Deep', /^path_len/))
  })

  it('if the CRL is not valid at the time', async () => {
    const crl = { nextUpdate: time('2026-05-31T12:00:00Z') }
    expect(await fault(root, { own: [root], crl })).toMatchObject({ reason: 'crl_expired' })
  })
})

describe('the work is bounded', () => {
  afterEach(() => vi.restoreAllMocks())
  const signatureChecks = () => vi.spyOn(crypto.subtle, 'verify')

  it('one check, of the CRL, if its CA is the anchor', async () => {
    const verify = signatureChecks()
    await prove(root, { own: [root] })
    expect(verify).toHaveBeenCalledTimes(1)
  })

  it('one more for each certificate up to the anchor', async () => {
    const verify = signatureChecks()
    await prove(issuing, { own: [root], others: [issuing, middle] })
    expect(verify).toHaveBeenCalledTimes(3)
  })

  it('eight keys of the name are tried, first those whose identifier matches', async () => {
    const namesakes: Issued[] = []
    for (let i = 0; i < 12; i += 1) namesakes.push(await make('Root'))
    const verify = signatureChecks()
    const result = await prove(root, { own: namesakes })
    expect(result).toMatchObject({ ok: false, error: { reason: 'crl_signature_invalid' } })
    expect(verify).toHaveBeenCalledTimes(8)
  })

  it('a hundred checks at most, for any number of certificates with the name and key of the CA', async () => {
    const copies: Issued[] = []
    for (let i = 0; i < 40; i += 1) copies.push(await make('Issuing', theirRoot, { keys: issuing.keys }))
    const roots: Issued[] = []
    for (let i = 0; i < 16; i += 1) roots.push(await make('Root'))
    const verify = signatureChecks()
    const result = await prove(issuing, { own: roots, anchors: roots, others: copies })
    expect(result).toMatchObject({ ok: false, error: { reason: 'crl_ca_unproven' } })
    expect(verify.mock.calls.length).toBeLessThanOrEqual(100)
  })
})
