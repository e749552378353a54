import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startVerifier, type Verifier } from '../../scripts/conformance/workerd.ts'
import { toHex } from '../../src/core/bytes.ts'
import type { Bytes } from '../../src/testing/der.ts'
import { type Certificate, readCertificate } from '../../src/x509/certificate/certificate.ts'
import { subjectKeyIdentifier } from '../../src/x509/certificate/informing-extensions.ts'
import { checkCrl } from '../../src/x509/crl/check-crl.ts'
import type { Crl } from '../../src/x509/crl/crl.ts'
import { decodeCrls } from '../../src/x509/crl/decode-crl.ts'
import { crlEntries } from '../../src/x509/crl/entries.ts'
import { readCrl } from '../../src/x509/crl/read-crl.ts'
import { decodePem } from '../../src/x509/text/index.ts'
import { limboCrlCases, moreCrlCases } from './crl-cases.ts'
import { OpensslCa, verifyWithCrls } from './crl-openssl.ts'
import { opensslVersion } from './differential-openssl.ts'

const version = await opensslVersion()

function certificateOf(pem: string): Certificate {
  const blocks = decodePem(pem)
  const read = readCertificate((blocks.ok ? blocks.value[0] : undefined) ?? new Uint8Array())
  if (!read.ok) throw new Error(JSON.stringify(read.error))
  return read.value
}

function read(octets: Bytes): Crl {
  const blocks = decodeCrls(octets)
  if (!blocks.ok) throw new Error(JSON.stringify(blocks.error))
  const crl = readCrl(blocks.value.crls[0] ?? new Uint8Array())
  if (!crl.ok) throw new Error(JSON.stringify(crl.error))
  return crl.value
}

describe.skipIf(version === undefined)(`CRLs that openssl ca wrote (${version ?? 'absent'})`, () => {
  const ca = new OpensslCa()
  /** Reason options of ca(1), each with its CRLReason; two of them write further entry extensions. */
  const REVOKED: readonly (readonly [name: string, options: readonly string[], reason: number])[] = [
    ['plain', [], 0],
    ['compromised', ['-crl_reason', 'keyCompromise'], 1],
    ['superseded', ['-crl_reason', 'superseded'], 4],
    ['held', ['-crl_hold', 'holdInstructionReject'], 6],
    ['compromised-then', ['-crl_compromise', '20260101000000Z'], 1],
  ]
  const serials = new Map<string, string>()

  beforeAll(async () => {
    await ca.begin(['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'])
    for (const [name, options] of REVOKED) {
      serials.set(name, toHex(certificateOf(await ca.issue(name)).serialNumber))
      await ca.revoke(name, options)
    }
  })
  afterAll(() => ca.remove())

  it('in PEM, in DER and in PEM with the text of openssl crl: the same entries', async () => {
    const expected = REVOKED.map(([name, , reason]) => [serials.get(name), reason])
    for (const form of [[], ['-outform', 'DER'], ['-text']]) {
      const crl = read(await ca.crl([], form))
      expect(crl.entries).toBe(REVOKED.length)
      expect([...crlEntries(crl)].map(({ serial, reason }) => [serial, reason])).toEqual(expected)
    }
  })

  it('its numbers are consecutive, its dates are a month apart, its issuer is the CA', async () => {
    const [one, next] = [read(await ca.crl()), read(await ca.crl())]
    expect(Number.parseInt(next.number ?? '', 16)).toBe(Number.parseInt(one.number ?? '', 16) + 1)
    expect(one.nextUpdate - one.thisUpdate).toBe(30 * 86_400)
    for (const { revokedAt } of crlEntries(one)) expect(one.thisUpdate - revokedAt).toBeLessThan(120)
    const root = certificateOf(ca.certificate)
    expect(await checkCrl(one, [root], one.thisUpdate)).toEqual({ ok: true, value: { ca: root, index: 0 } })
  })

  it.each([
    ['none, by itself', [], undefined],
    ['one, told to', ['-crlexts', 'with_key_identifier'], 'the CA'],
  ])('authorityKeyIdentifier: %s', async (_rule, options, whose) => {
    const identifier = subjectKeyIdentifier(certificateOf(ca.certificate))
    expect(read(await ca.crl(options)).authorityKeyIdentifier).toBe(whose && identifier)
  })

  it('without a crlnumber file: no number, and version 2 because of its reasons', async () => {
    const crl = read(await ca.crlWithoutNumber())
    expect(crl).toMatchObject({ version: 2, number: undefined, entries: REVOKED.length })
    expect(crl.oddities).toEqual([{ oddity: 'number_missing' }])
  })
})

describe.skipIf(version === undefined).each([
  ['RSA', ['rsa:2048']],
  ['RSASSA-PSS', ['rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048']],
  ['P-384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
  ['Ed25519', ['ed25519']],
])('a CRL that openssl ca signed with %s', (name, key) => {
  const ca = new OpensslCa()
  beforeAll(() => ca.begin(key))
  afterAll(() => ca.remove())

  // Ed25519 has its hash built in.
  const options = name === 'Ed25519' ? ['-md', 'null'] : []

  it('empty: checked', async () => {
    const crl = read(await ca.crl(options))
    expect(crl.entries).toBe(0)
    expect(await checkCrl(crl, [certificateOf(ca.certificate)], crl.thisUpdate)).toMatchObject({ ok: true })
  })

  it('empty, without a crlnumber file: version 1, and checked', async () => {
    const crl = read(await ca.crlWithoutNumber(options))
    expect(crl).toMatchObject({ version: 1, number: undefined, entries: 0 })
    expect(await checkCrl(crl, [certificateOf(ca.certificate)], crl.thisUpdate)).toMatchObject({ ok: true })
  })
})

/** Cases on which `openssl verify -crl_check` disagrees, with its error, or '' if it accepts. docs/conformance.md has the reasons. */
const DISAGREEMENTS: ReadonlyMap<string, RegExp> = new Map([
  ['crlnumber-critical', /^unhandled critical CRL extension$/],
  ['idp-present-certificate-missing-cdp', /^different CRL scope$/],
  ['idp-name-relative-to-crl-issuer', /^different CRL scope$/],
  ['crl-invalid-version', /^certificate revoked$/],
  ['crl-missing-next-update', /^certificate revoked$/],
  ['no CRL', /^unable to get certificate CRL$/],
  ['a CRL of a CA that is not on the path', /^unable to get certificate CRL$/],
  ['a CRL of nobody here', /^unable to get certificate CRL$/],
  ['what is no CRL', /./],
  ['a forged CRL that lists it, beside a real one', /^CRL signature failure$/],
])

describe.skipIf(version === undefined)('the cases on CRLs, judged by openssl verify', async () => {
  const cases = [...(await limboCrlCases()), ...(await moreCrlCases())]
  let verifier: Verifier
  beforeAll(async () => {
    verifier = await startVerifier()
  })
  afterAll(() => verifier.stop())

  it.each(cases.map((one) => [one.id, one] as const))('%s', async (id, given) => {
    const [[judgement], openssl] = [await verifier.judge([given]), await verifyWithCrls(given)]
    const agree = (judgement?.actual === 'SUCCESS') === openssl.accepted
    expect({ agree, openssl }).toEqual({ agree: !DISAGREEMENTS.has(id), openssl })
    expect(openssl.error).toMatch(DISAGREEMENTS.get(id) ?? /^/)
  })

  it('every disagreement is on a case that exists', () => {
    const ids = cases.map(({ id }) => id)
    for (const id of DISAGREEMENTS.keys()) expect(ids).toContain(id)
  })
})
