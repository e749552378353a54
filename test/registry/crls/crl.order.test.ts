import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { implicit, time } from '../../../src/testing/der.ts'
import { issuingDistributionPoint } from '../../../src/testing/extensions.ts'
import { type CrlTenant, crlsOf, crlTenant, putCrl } from '../../support/crl.ts'
import { counted } from '../../support/edge-routes.ts'
import { type CrlParts, fullName, issueCrl } from '../../support/x509/make-crl.ts'

/** Which of two CRLs of a CA is newer (RFC 5280 5.2.3), and which are kept together. */

let tenant: CrlTenant
beforeEach(async () => {
  tenant = await crlTenant()
})

const stored = () =>
  env.DB.prepare(
    `SELECT (SELECT count(*) FROM crls WHERE certificate_id = ?1) AS crls,
      (SELECT count(*) FROM crl_entries WHERE crl_id NOT IN (SELECT id FROM crls)) AS orphans`,
  )
    .bind(tenant.id)
    .first()

const send = async (parts: CrlParts) => putCrl(tenant, await issueCrl(tenant.ca, parts))
const on = (day: string): CrlParts => ({ thisUpdate: time(`2026-05-${day}T00:00:00Z`) })
const UNNUMBERED: CrlParts = { extensions: null }

describe('a CRL replaces', () => {
  it.each<[string, CrlParts, CrlParts]>([
    ['one with a lower number, of the same time', { number: 9 }, { number: 0x10 }],
    ['one with a lower number, of earlier', { ...on('30'), number: 9 }, { ...on('31'), number: 10 }],
    ['one with the same number, of earlier', { ...on('30'), number: 9 }, { ...on('31'), number: 9 }],
    ['one without a number, of earlier', { ...on('30'), ...UNNUMBERED }, { ...on('31'), number: 1 }],
    ['one with a number, of earlier, having none', { ...on('30'), number: 9 }, { ...on('31'), ...UNNUMBERED }],
    ['one without a number, of earlier, having none', { ...on('30'), ...UNNUMBERED }, { ...on('31'), ...UNNUMBERED }],
  ])('%s', async (_, older, newer) => {
    expect((await send({ ...older, revoked: [{ serial: 1 }] })).status).toBe(200)
    const answer = await send({ ...newer, revoked: [{ serial: 2 }, { serial: 3 }] })
    expect([answer.status, await crlsOf(tenant)]).toMatchObject([200, [{ entries: 2 }]])
    expect(await stored()).toEqual({ crls: 1, orphans: 0 })
  })
})

describe('a CRL from before CAs had keys', () => {
  const held = async () => (await crlsOf(tenant)).map(({ number }) => number)
  beforeEach(async () => {
    await send({ number: 9 })
    // As migration 0007 leaves it.
    await env.DB.prepare("UPDATE crls SET ca_key = ca_fingerprint_sha256, issuer_key = '' WHERE certificate_id = ?1")
      .bind(tenant.id)
      .run()
  })

  it('is replaced by a newer one', async () => {
    expect((await send({ number: 10 })).status).toBe(200)
    expect(await held()).toEqual(['a'])
    expect(await stored()).toEqual({ crls: 1, orphans: 0 })
  })

  it('is not replaced by an older one', async () => {
    expect((await send({ number: 8 })).status).toBe(409)
    expect(await held()).toEqual(['9'])
  })
})

describe('a CRL is refused beside', () => {
  it.each<[string, CrlParts, CrlParts, string]>([
    ['a higher number', { number: 9 }, { number: 8 }, 'CRL number 8 is lower than that of the current CRL, 9'],
    [
      'a higher number whose text sorts lower',
      { number: 0x10 },
      { number: 9 },
      'CRL number 9 is lower than that of the current CRL, 10',
    ],
    [
      'the same number, with other content',
      { number: 9 },
      { number: 9 },
      'the current CRL has the same number, 9, and other content',
    ],
    [
      'a later one, though its own number is higher',
      { number: 8 },
      { ...on('30'), number: 9 },
      'thisUpdate 2026-05-30T00:00:00Z is before that of the current CRL, 2026-05-31T00:00:00Z',
    ],
    [
      'a higher number, though it is later',
      { ...on('30'), number: 9 },
      { number: 8 },
      'CRL number 8 is lower than that of the current CRL, 9',
    ],
    [
      'a later one with a higher number',
      { number: 9 },
      { ...on('30'), number: 8 },
      'thisUpdate 2026-05-30T00:00:00Z is before that of the current CRL, 2026-05-31T00:00:00Z; CRL number 8 is lower than that of the current CRL, 9',
    ],
    [
      'a later one, and has no number',
      { number: 9 },
      { ...on('30'), ...UNNUMBERED },
      'thisUpdate 2026-05-30T00:00:00Z is before that of the current CRL, 2026-05-31T00:00:00Z',
    ],
    [
      'one of the same time, and has no number',
      { number: 9 },
      UNNUMBERED,
      'the current CRL has the same thisUpdate, 2026-05-31T00:00:00Z, and other content, and no number tells which is newer',
    ],
  ])('%s', async (_, current, older, words) => {
    expect((await send({ ...current, revoked: [{ serial: 1 }] })).status).toBe(200)
    const before = await crlsOf(tenant)
    const answer = await send({ ...older, revoked: [{ serial: 2 }] })
    expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([409, 'false'])
    expect(answer.body.errors).toMatchObject([{ code: 12132, message: `access.api.error.conflict: ${words}` }])
    expect(await crlsOf(tenant)).toEqual(before)
    expect(await stored()).toEqual({ crls: 1, orphans: 0 })
  })

  it('before any of its entries is stored', async () => {
    await send({ number: 9 })
    const older = await issueCrl(tenant.ca, { number: 8 })
    expect(await counted((options) => putCrl(tenant, older, options))).toEqual({ status: 409, calls: ['batch'] })
  })
})

describe('the parts of a CRL', () => {
  const part = (name: string, more: CrlParts = {}): CrlParts => ({
    moreExtensions: [issuingDistributionPoint([fullName(name)])],
    ...more,
  })
  const held = async () => (await crlsOf(tenant)).map(({ number, part: names }) => [number, names])

  it('are kept together, and replaced one by one', async () => {
    await send(part('http://a.test/1', { number: 9 }))
    await send(part('http://a.test/2', { number: 9 }))
    await send({ number: 9 })
    expect(await held()).toEqual([
      ['9', ['URI:http://a.test/1']],
      ['9', ['URI:http://a.test/2']],
      ['9', null],
    ])
    expect((await send(part('http://a.test/1', { number: 10 }))).status).toBe(200)
    expect((await send(part('http://a.test/2', { number: 8 }))).status).toBe(409)
    expect(await held()).toEqual([
      ['9', ['URI:http://a.test/2']],
      ['9', null],
      ['a', ['URI:http://a.test/1']],
    ])
  })

  it('for users and for CAs are separate too', async () => {
    for (const tag of [1, 2]) {
      const members = [fullName('http://a.test/1'), implicit(tag, [0xff])]
      expect((await send({ moreExtensions: [issuingDistributionPoint(members)] })).status).toBe(200)
    }
    expect((await crlsOf(tenant)).map(({ covers }) => covers)).toEqual(['user', 'ca'])
  })
})
