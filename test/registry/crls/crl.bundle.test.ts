import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { type Bytes, int } from '../../../src/testing/der.ts'
import { extension, issuingDistributionPoint } from '../../../src/testing/extensions.ts'
import { sha256 } from '../../../src/x509/certificate/fingerprint.ts'
import type { Answer } from '../../support/api.ts'
import { countingDatabase } from '../../support/counting-db.ts'
import { type CrlTenant, crlsOf, crlTenant, crlTenantInUse, putCrl } from '../../support/crl.ts'
import { counted } from '../../support/edge-routes.ts'
import { faults, outcome } from '../../support/family.ts'
import { NOW, pem, root } from '../../support/pki.ts'
import { revocationOf } from '../../support/revocation.ts'
import type { Issued } from '../../support/x509/chain.ts'
import { type CrlParts, fullName, issueCrl, manyEntries } from '../../support/x509/make-crl.ts'

/** Several CRLs in one upload: all or none. */

let tenant: CrlTenant
let first: Issued
let second: Issued
let third: Issued
beforeEach(async () => {
  tenant = await crlTenantInUse(3)
  const [one, two, three] = tenant.cas
  if (one === undefined || two === undefined || three === undefined) throw new Error('three CAs')
  first = one
  second = two
  third = three
})

const block = (der: Bytes) => pem(der, 'X509 CRL')
const crl = async (by: Issued, parts: CrlParts = {}) => block(await issueCrl(by, parts))
const numbered = (number: number, serial = number): CrlParts => ({ number, revoked: [{ serial }] })
const held = async () => (await crlsOf(tenant)).map(({ number }) => number)
const stored = () =>
  env.DB.prepare(
    `SELECT (SELECT count(*) FROM crls WHERE certificate_id = ?1) AS crls,
      (SELECT count(*) FROM crl_entries WHERE crl_id NOT IN (SELECT id FROM crls)) AS orphans,
      (SELECT count(*) FROM crl_authorities WHERE crl_id NOT IN (SELECT id FROM crls)) AS authorities`,
  )
    .bind(tenant.id)
    .first()
/** The result of an answer with a list. */
const list = ({ status, text }: Answer) => {
  expect(status).toBe(200)
  return JSON.parse(text).result as readonly Readonly<Record<string, unknown>>[]
}

describe('CRLs in one PEM', () => {
  it('are each for its CA, and are answered one by one in their order', async () => {
    const body = (await crl(second, numbered(7))) + (await crl(first, numbered(8))) + (await crl(third))
    const answered = list(await putCrl(tenant, body))
    expect(answered.map((one) => [one['ca_fingerprint_sha256'], one['number'], one['entries']])).toEqual([
      [await sha256(second.der), '7', 1],
      [await sha256(first.der), '8', 1],
      [await sha256(third.der), '1', 0],
    ])
    expect(await crlsOf(tenant)).toEqual(answered)
    const { entries } = await revocationOf([tenant.id], ['07', '08'])
    expect(entries.map(({ serial }) => serial).sort()).toEqual(['07', '08'])
  })

  it('may be between certificates, as in a file of a chain and its CRLs', async () => {
    const body = `${pem(first.der)}${await crl(first)}text\n${root()}${await crl(second)}`
    expect(list(await putCrl(tenant, body))).toHaveLength(2)
  })

  it('may be sent as JSON', async () => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ crl: (await crl(first)) + (await crl(second)) })
    expect(list(await putCrl(tenant, body, { headers }))).toHaveLength(2)
  })

  it('may be parts of one CA', async () => {
    const part = (name: string) => crl(first, { moreExtensions: [issuingDistributionPoint([fullName(name)])] })
    const answer = await putCrl(tenant, (await part('http://a.test/1')) + (await part('http://a.test/2')))
    expect(list(answer).map((one) => one['part'])).toEqual([['URI:http://a.test/1'], ['URI:http://a.test/2']])
    expect(answer.body.messages.map(({ code, message }) => [code, message.slice(0, 12)])).toEqual([
      [12928, 'CRL 1 of 2 i'],
      [12928, 'CRL 2 of 2 i'],
    ])
  })

  it('that are already there do not change, and the others are stored', async () => {
    const same = await crl(first, numbered(1))
    await putCrl(tenant, same)
    const [before] = await crlsOf(tenant)
    const body = (await crl(second, numbered(2))) + same + (await crl(third, numbered(3)))
    const answered = list(await putCrl(tenant, body, { now: NOW + 60 }))
    expect(answered.map(({ number }) => number)).toEqual(['2', '1', '3'])
    expect(answered[1]).toEqual(before)
    expect(await crlsOf(tenant)).toHaveLength(3)
  })

  it('may include the same CRL twice: it is stored once, and answered twice', async () => {
    const one = await crl(first, numbered(1))
    const answered = list(await putCrl(tenant, one + (await crl(second)) + one))
    expect(answered).toHaveLength(3)
    expect(answered[2]).toEqual(answered[0])
    expect(await stored()).toEqual({ crls: 2, orphans: 0, authorities: 0 })
    const { status, calls } = await counted((options) => putCrl(tenant, one + one, options))
    expect({ status, calls }).toEqual({ status: 200, calls: ['batch'] })
  })

  it('take one call to the database together if they are small, and chunks each if not', async () => {
    const small = (await crl(first, numbered(1))) + (await crl(second, numbered(1)))
    expect(await counted((options) => putCrl(tenant, small, options))).toEqual({
      status: 200,
      calls: ['batch', 'batch'],
    })
    const large =
      (await crl(first, { number: 2, revoked: manyEntries(15_000) })) +
      (await crl(second, { number: 2, revoked: manyEntries(15_000) }))
    expect(await counted((options) => putCrl(tenant, large, options))).toEqual({
      status: 200,
      calls: ['batch', 'batch', 'batch'],
    })
    expect((await crlsOf(tenant)).map(({ entries }) => entries)).toEqual([15_000, 15_000])
  })

  it('of 16 CAs cost 16 signature checks and one more for each chain', async () => {
    const verify = vi.spyOn(crypto.subtle, 'verify')
    const body = (await crl(first)).repeat(16)
    expect((await putCrl(tenant, body)).status).toBe(200)
    expect(verify.mock.calls.length).toBeLessThanOrEqual(32)
    verify.mockRestore()
  })
})

describe('none is stored', () => {
  const sound = () => crl(first, numbered(9))
  const expectNothing = async () => {
    expect(await held()).toEqual([])
    expect(await stored()).toEqual({ crls: 0, orphans: 0, authorities: 0 })
  }

  it.each<[string, () => Promise<string>, RegExp]>([
    ['is no CRL', async () => block(tenant.ca.der), /^the request body \(CRL 2 of 3\) is a certificate, not a CRL/],
    [
      'is a delta',
      () => crl(second, { moreExtensions: [extension('2.5.29.27', int(1), true)] }),
      /^the request body \(CRL 2 of 3\) is a delta CRL/,
    ],
    [
      'has another signature',
      () => crl(second, { breakSignature: true }),
      /^the request body \(CRL 2 of 3\) is not sig/,
    ],
    ['is of an unknown CA', async () => crl((await crlTenant()).ca), /^the request body \(CRL 2 of 3\) was issued by/],
    [
      'is of the same CA as another',
      () => crl(first, numbered(10)),
      /^the request body \(CRL 2 of 3\) is of the same CA as CRL 1, for the same certificates: send the newer/,
    ],
  ])('if one %s', async (_, bad, words) => {
    const answer = await putCrl(tenant, (await sound()) + (await bad()) + (await crl(third)))
    const [[pointer, detail] = [], ...more] = faults(answer)
    expect([pointer, more]).toEqual(['', []])
    expect(detail).toMatch(words)
    await expectNothing()
  })

  it('and the answer has all faults', async () => {
    const bad = [await crl(first, { breakSignature: true }), await sound(), await crl(second, { breakSignature: true })]
    const told = faults(await putCrl(tenant, bad.join(''))).map(([, detail]) => detail.slice(0, 30))
    expect(told).toEqual(['the request body (CRL 1 of 3) ', 'the request body (CRL 3 of 3) '])
    await expectNothing()
  })

  it('if one is older than the current one; the current CRLs of the others remain too', async () => {
    await putCrl(tenant, await crl(second, numbered(5)))
    const older = await crl(second, numbered(4))
    const answer = await putCrl(tenant, (await sound()) + older + (await crl(third, numbered(9))))
    expect(outcome(answer)).toEqual([409, 12132])
    expect(answer.body.errors[0]?.message).toBe(
      'access.api.error.conflict: CRL 2 of 3: CRL number 4 is lower than that of the current CRL, 5',
    )
    expect(await held()).toEqual(['5'])
    expect(await stored()).toEqual({ crls: 1, orphans: 0, authorities: 0 })
  })

  it('if several are older: the answer has each', async () => {
    await putCrl(tenant, (await crl(first, numbered(5))) + (await crl(third, numbered(5))))
    const body = (await crl(first, numbered(4))) + (await crl(second)) + (await crl(third, numbered(3)))
    const answer = await putCrl(tenant, body)
    expect(outcome(answer)).toEqual([409, 12132, 12132])
    expect(await held()).toEqual(['5', '5'])
  })
})

describe('during the upload of several', () => {
  const large = (by: Issued, number: number) => crl(by, { number, revoked: manyEntries(15_000) })

  it.each([0, 1, 2])('a newer one of one of their CAs, before call %i, makes all of them fail', async (at) => {
    const newer = await crl(second, { number: 9 })
    const { db } = countingDatabase(env.DB, async (call) => {
      if (call === at) expect((await putCrl(tenant, newer)).status).toBe(200)
    })
    const body = (await large(first, 5)) + (await large(second, 5))
    const answer = await putCrl(tenant, body, { env: { DB: db } })
    expect(outcome(answer)).toEqual([409, 12132])
    expect(answer.body.errors[0]?.message).toContain('CRL 2 of 2: CRL number 5 is lower than')
    expect(await held()).toEqual(['9'])
  })

  it.each([1, 2])('the same one of one of their CAs, before call %i, makes none fail', async (at) => {
    const same = await large(second, 5)
    const { db } = countingDatabase(env.DB, async (call) => {
      if (call === at) expect((await putCrl(tenant, same)).status).toBe(200)
    })
    const answer = await putCrl(tenant, (await large(first, 5)) + same, { env: { DB: db } })
    expect(list(answer)).toHaveLength(2)
    expect((await held()).sort()).toEqual(['5', '5'])
    expect(await stored()).toMatchObject({ crls: 2 })
  })

  it('decisions see none of them before all are there', async () => {
    const seen: number[] = []
    const { db } = countingDatabase(env.DB, async (call) => {
      if (call > 0) seen.push((await revocationOf([tenant.id], [])).crls.length)
    })
    await putCrl(tenant, (await large(first, 5)) + (await large(second, 5)), { env: { DB: db } })
    expect(seen).toEqual([0, 0])
    expect((await revocationOf([tenant.id], [])).crls).toHaveLength(2)
  })
})
