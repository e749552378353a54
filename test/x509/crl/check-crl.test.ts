import { describe, expect, it } from 'vitest'
import { type Bytes, bits, implicit, nul, octets, oid, printable, seq, set, time } from '../../../src/testing/der.ts'
import { basicConstraints, extension, extKeyUsage, keyUsage } from '../../../src/testing/extensions.ts'
import { ecdsa, rsaPkcs1, rsaPss, type Signing } from '../../../src/testing/keys.ts'
import { Budget } from '../../../src/x509/budget.ts'
import { type Certificate, readCertificate } from '../../../src/x509/certificate/certificate.ts'
import { checkCrl, crlSigners } from '../../../src/x509/crl/check-crl.ts'
import type { CrlCheckFault } from '../../../src/x509/crl/fault.ts'
import { readCrl } from '../../../src/x509/crl/read-crl.ts'
import { PATH_LIMITS } from '../../../src/x509/path-limits.ts'
import { NOW, RSA_SHA256, spkiRsa } from '../../support/pki.ts'
import { CLIENT_AUTH_OID, ED25519, type Issued, issue, newKeys } from '../../support/x509/chain.ts'
import { type CrlParts, issueCrl, manyEntries } from '../../support/x509/make-crl.ts'

const root = await issue({ cn: 'Root' })
const other = await issue({ cn: 'Other' })

function certificate({ der }: { readonly der: Bytes }): Certificate {
  const read = readCertificate(der)
  if (!read.ok) throw new Error(JSON.stringify(read.error))
  return read.value
}

async function check(der: Bytes, cas: readonly { readonly der: Bytes }[], at = NOW) {
  const read = readCrl(der)
  if (!read.ok) throw new Error(JSON.stringify(read.error))
  return checkCrl(read.value, cas.map(certificate), at)
}

async function fault(by: Issued, parts: CrlParts, cas: readonly { readonly der: Bytes }[], at?: number) {
  const checked = await check(await issueCrl(by, parts), cas, at)
  if (checked.ok) throw new Error('accepted')
  return checked.error
}

const index = async (by: Issued, parts: CrlParts, cas: readonly { readonly der: Bytes }[], at?: number) => {
  const checked = await check(await issueCrl(by, parts), cas, at)
  return checked.ok ? checked.value.index : checked.error
}

const CRL_SIGN = keyUsage(0x06, 1)
const CERT_SIGN_ONLY = keyUsage(0x04, 2)
const withKeyUsage = (usage: Bytes) => [basicConstraints(true), usage]
const withKeyIdentifier = (id: number) => [basicConstraints(true), extension('2.5.29.14', octets(Uint8Array.of(id)))]
const authorityKey = (id: number) => extension('2.5.29.35', seq(implicit(0, [id])))
/** CAs that issue CRLs: by default, issue() sets only keyCertSign in keyUsage. */
const crlRoot = await issue({ cn: 'Root', extensions: withKeyUsage(CRL_SIGN) })
const plainRoot = await issue({ cn: 'Root', extensions: [basicConstraints(true)] })

describe('the CA that issued it', () => {
  it.each<readonly [rule: string, signing: Signing]>([
    ['ECDSA P-256', ecdsa('P-256', 256)],
    ['ECDSA P-384', ecdsa('P-384', 384)],
    ['ECDSA P-521', ecdsa('P-521', 512)],
    ['RSA PKCS #1', rsaPkcs1(256)],
    ['RSASSA-PSS', rsaPss(256, 32)],
    ['Ed25519', ED25519],
  ])('%s', async (_rule, signing) => {
    const ca = await issue({ cn: 'CA', keys: await newKeys(signing), extensions: withKeyUsage(CRL_SIGN) })
    expect(await index(ca, { revoked: [{ serial: 1 }] }, [other, ca])).toBe(1)
  })

  it('ECDSA with NULL parameters, as Java 11 writes them', async () => {
    expect(await index(crlRoot, { algorithm: seq(oid('1.2.840.10045.4.3.2'), nul()) }, [crlRoot])).toBe(0)
  })

  it('keyUsage absent', async () => expect(await index(plainRoot, {}, [plainRoot])).toBe(0))

  it('of several with the name: the one whose key signed', async () => {
    expect(await index(plainRoot, {}, [root, crlRoot, plainRoot])).toBe(2)
  })

  it('of two with the name and key: the first that may sign CRLs', async () => {
    const renewed = await issue({ cn: 'Root', keys: crlRoot.keys, extensions: withKeyUsage(CRL_SIGN) })
    const barred = await issue({ cn: 'Root', keys: crlRoot.keys, extensions: withKeyUsage(CERT_SIGN_ONLY) })
    expect(await index(crlRoot, {}, [barred, renewed, crlRoot])).toBe(1)
  })

  it('its name in another string type and case (RFC 5280 7.1)', async () => {
    const issuer = seq(set(seq(oid('2.5.4.3'), printable(' ROOT '))))
    expect(await index(crlRoot, { issuer }, [crlRoot])).toBe(0)
  })

  it.each([
    ['is absent', []],
    ['fits', [authorityKey(7)]],
    ['differs: the signature decides', [authorityKey(8)]],
  ])('authorityKeyIdentifier %s', async (_rule, moreExtensions) => {
    const ca = await issue({ cn: 'Root', extensions: withKeyIdentifier(7) })
    expect(await index(ca, { moreExtensions }, [ca])).toBe(0)
  })

  it('an expired CA: the path validation decides whether it may be used', async () => {
    const expired = await issue({
      cn: 'Root',
      extensions: withKeyUsage(CRL_SIGN),
      notAfter: time('2026-01-01T00:00:00Z'),
    })
    expect(await index(expired, {}, [expired])).toBe(0)
  })

  it('of 500,000 entries', async () => {
    expect(await index(crlRoot, { revoked: manyEntries(500_000) }, [crlRoot])).toBe(0)
  })
})

describe('refused', () => {
  it.each<readonly [rule: string, by: Issued, parts: CrlParts, cas: readonly Issued[], expected: CrlCheckFault]>([
    ['no CA', crlRoot, {}, [], { reason: 'crl_issuer_unknown', issuer: 'CN=Root' }],
    ['another name', crlRoot, {}, [other], { reason: 'crl_issuer_unknown', issuer: 'CN=Root' }],
    [
      'another name, but the key',
      crlRoot,
      { issuer: other.subject },
      [crlRoot],
      { reason: 'crl_issuer_unknown', issuer: 'CN=Other' },
    ],
    ['the name, but another key', plainRoot, {}, [crlRoot], invalid('mismatch')],
    [
      'keyUsage without cRLSign',
      root,
      {},
      [root],
      { reason: 'crl_no_crl_sign', issuer: 'CN=Root', present: ['keyCertSign'] },
    ],
    [
      'keyUsage without cRLSign, and a namesake',
      root,
      {},
      [root, crlRoot],
      { reason: 'crl_no_crl_sign', issuer: 'CN=Root', present: ['keyCertSign'] },
    ],
    ['one bit of the signature changed', crlRoot, { breakSignature: true }, [crlRoot], invalid('mismatch')],
    ['a malformed signature', crlRoot, { signature: bits(nul()) }, [crlRoot], invalid('encoding')],
    ['an empty signature', crlRoot, { signature: bits(Uint8Array.of()) }, [crlRoot], invalid('encoding')],
    ['signed with RSA by an EC key, it says', crlRoot, { algorithm: RSA_SHA256 }, [crlRoot], invalid('key_type')],
    [
      'SHA-1',
      crlRoot,
      { algorithm: seq(oid('1.2.840.10045.4.1')) },
      [crlRoot],
      { reason: 'crl_signature_algorithm', algorithm: 'ecdsa-with-SHA1', weak: true },
    ],
    [
      'an algorithm of tomorrow',
      crlRoot,
      { algorithm: seq(oid('2.16.840.1.101.3.4.3.18')) },
      [crlRoot],
      { reason: 'crl_signature_algorithm', algorithm: 'ML-DSA-65', weak: false },
    ],
    [
      'parameters of an algorithm that has none',
      crlRoot,
      { algorithm: seq(oid('1.2.840.10045.4.3.2'), oid('1.2.3')) },
      [crlRoot],
      expect.objectContaining({ reason: 'crl_signature_parameters', algorithm: 'ecdsa-with-SHA256' }),
    ],
  ])('%s', async (_rule, by, parts, cas, expected) => expect(await fault(by, parts, cas)).toEqual(expected))

  it.each([
    ['an RSA key of 1024 bits', spkiRsa(1_024), { reason: 'crl_key_not_allowed', issuer: 'CN=Root', key: 'RSA 1024' }],
    [
      'an RSA key with exponent 5',
      spkiRsa(2_048, 5),
      { reason: 'crl_key_unusable', issuer: 'CN=Root', key: 'RSA 2048' },
    ],
  ])('%s', async (_rule, spki, expected) => {
    const ca = await issue({ cn: 'Root', extensions: withKeyUsage(CRL_SIGN), spki })
    expect(await fault(ca, { algorithm: RSA_SHA256, signature: bits(new Uint8Array(256)) }, [ca])).toEqual(expected)
  })

  it('with the key identifiers if they differ', async () => {
    const ca = await issue({ cn: 'Root', extensions: withKeyIdentifier(7) })
    expect(await fault(plainRoot, { moreExtensions: [authorityKey(8)] }, [ca])).toEqual({
      ...invalid('mismatch'),
      keyIdentifiers: 'differ',
    })
  })

  it('with any octet of the signed part changed', async () => {
    const der = await issueCrl(crlRoot, { revoked: [{ serial: 0x1234, reason: 1 }] })
    const read = readCrl(der)
    const signed = read.ok ? read.value.tbs.length : 0
    let checked = 0
    for (let at = 4; at < 4 + signed; at += 1) {
      const changed = der.slice()
      changed[at] = (changed[at] ?? 0) ^ 1
      if (!readCrl(changed).ok) continue
      checked += 1
      expect(await check(changed, [crlRoot], NOW)).toMatchObject({ ok: false })
    }
    expect(checked).toBeGreaterThan(10)
  })

  function invalid(because: 'key_type' | 'encoding' | 'mismatch'): CrlCheckFault {
    return { reason: 'crl_signature_invalid', issuer: 'CN=Root', because, keyIdentifiers: 'absent' }
  }
})

describe('time', () => {
  const [thisUpdate, nextUpdate] = [1_780_185_600, 1_782_864_000]
  it.each([
    ['at thisUpdate', thisUpdate, 0],
    ['at nextUpdate', nextUpdate, 0],
    ['a second before thisUpdate', thisUpdate - 1, { reason: 'crl_not_yet_valid', thisUpdate, at: thisUpdate - 1 }],
    ['a second after nextUpdate', nextUpdate + 1, { reason: 'crl_expired', nextUpdate, at: nextUpdate + 1 }],
  ])('%s', async (_rule, at, expected) => expect(await index(crlRoot, {}, [crlRoot], at)).toEqual(expected))
})

describe('of the certificates of its name', () => {
  it.each([
    ['no basicConstraints', [extKeyUsage(CLIENT_AUTH_OID)]],
    ['basicConstraints without cA', [basicConstraints(false)]],
  ])('one with %s and no keyUsage, which a client may have, does not issue CRLs', async (_rule, extensions) => {
    const client = await issue({ cn: 'Root', keys: crlRoot.keys, extensions })
    const refused = { reason: 'crl_no_crl_sign', issuer: 'CN=Root', present: undefined }
    expect(await fault(crlRoot, {}, [client])).toEqual(refused)
    expect(await index(crlRoot, {}, [client, crlRoot])).toBe(1)
  })

  it('eight keys are tried, those with another key identifier last', async () => {
    const extensions = withKeyIdentifier(8)
    const others = await Promise.all([1, 2, 3, 4, 5, 6, 7].map(() => issue({ cn: 'Root', extensions })))
    const ninth = await issue({ cn: 'Root', extensions })
    const signer = await issue({ cn: 'Root', extensions: withKeyIdentifier(7) })
    const spent = async (cas: readonly Issued[], moreExtensions: readonly Bytes[] = []) => {
      const crl = readCrl(await issueCrl(signer, { moreExtensions }))
      if (!crl.ok) throw new Error(JSON.stringify(crl.error))
      const budget = new Budget()
      const { ok } = await crlSigners(crl.value, cas.map(certificate), NOW, budget)
      return [ok, budget.spent.signatureChecks]
    }
    expect(await spent([...others, signer])).toEqual([true, 8])
    expect(await spent([...others, ninth, signer])).toEqual([false, 8])
    expect(await spent([...others, ninth, signer], [authorityKey(7)])).toEqual([true, 1])
    // Certificates of one key are tried once.
    expect(await spent([...others, ...others, signer])).toEqual([true, 8])
    // Another certificate of the signer's key has another identifier: not all differ.
    const renewed = await issue({ cn: 'Root', keys: signer.keys, extensions })
    expect(await spent([...others, ninth, renewed, signer], [authorityKey(7)])).toEqual([true, 1])
  })

  it('none is tried beyond the budget', async () => {
    const crl = readCrl(await issueCrl(crlRoot))
    if (!crl.ok) throw new Error(JSON.stringify(crl.error))
    const budget = new Budget({ ...PATH_LIMITS, signatureChecks: 1 })
    const signers = await crlSigners(crl.value, [plainRoot, crlRoot].map(certificate), NOW, budget)
    expect(signers).toMatchObject({ ok: false, error: { reason: 'crl_signature_invalid' } })
    expect(budget.spent.signatureChecks).toBe(1)
    const none = await crlSigners(
      crl.value,
      [certificate(crlRoot)],
      NOW,
      new Budget({ ...PATH_LIMITS, signatureChecks: 0 }),
    )
    expect(none).toEqual({ ok: false, error: { reason: 'crl_too_costly', issuer: 'CN=Root' } })
  })
})
