import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { fromHex, toBase64 } from '../../../src/core/bytes.ts'
import { runJobs } from '../../../src/jobs/index.ts'
import { RETENTION_SECONDS } from '../../../src/registry/changes/keep.ts'
import { type Bytes, implicit } from '../../../src/testing/der.ts'
import { issuingDistributionPoint } from '../../../src/testing/extensions.ts'
import { sha256 } from '../../../src/x509/certificate/fingerprint.ts'
import { type CrlTenant, crlsOf, crlTenant, crlTenantInUse, numbersOf, putCrl } from '../../support/crl.ts'
import { counted } from '../../support/edge-routes.ts'
import { get, put, remove } from '../../support/family.ts'
import { jobAmbient } from '../../support/jobs.ts'
import { NOW, pem } from '../../support/pki.ts'
import { revocationOf } from '../../support/revocation.ts'
import { issueCrl, issueCrlPem } from '../../support/x509/make-crl.ts'

const REVOKED = [{ serial: 0x1234, reason: 1 }, { serial: fromHex('00ff') }]
const found = async ({ id }: CrlTenant, ...serials: readonly string[]) =>
  (await revocationOf([id], serials)).entries.map(({ serial, reason }) => [serial, reason])

describe.each(['accountPath', 'zonePath'] as const)('a CRL in %s', (scope) => {
  it('is answered as it is later listed, and found by decisions', async () => {
    const tenant = await crlTenantInUse(1, scope)
    expect((await get(tenant.crlPath, tenant.authorization)).body.result).toEqual([])
    const answer = await putCrl(tenant, await issueCrl(tenant.ca, { revoked: REVOKED, number: 0x1f }))
    const crl = {
      issuer: expect.stringMatching(/^CN=CA f/),
      ca_fingerprint_sha256: await sha256(tenant.ca.der),
      number: '1f',
      this_update: '2026-05-31T00:00:00Z',
      next_update: '2026-07-01T00:00:00Z',
      entries: 2,
      covers: 'all',
      part: null,
      stale: false,
      uploaded_at: '2026-06-01T00:00:00Z',
    }
    expect([answer.status, answer.body]).toEqual([200, { result: [crl], success: true, errors: [], messages: [] }])
    expect((await get(tenant.crlPath, tenant.authorization)).body.result).toEqual([crl])
    expect(await found(tenant, '1234', '00ff', '5678')).toEqual([
      ['1234', 1],
      ['00ff', 0],
    ])
  })
})

describe('a body', () => {
  const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }
  it.each<[string, (der: Bytes, text: string) => BodyInit, Readonly<Record<string, string>>]>([
    ['DER without a type', (der) => der, {}],
    ['DER', (der) => der, { 'content-type': 'application/pkix-crl' }],
    ['octets', (der) => der, { 'content-type': 'application/octet-stream' }],
    ['PEM', (_, text) => text, { 'content-type': 'application/x-pem-file' }],
    ['text', (_, text) => text, { 'content-type': 'text/plain' }],
    ['what curl --data-binary sends', (_, text) => text, { 'content-type': 'application/x-www-form-urlencoded' }],
    ['text around PEM', (_, text) => `Certificate Revocation List (CRL):\n${text}\n`, {}],
    ['base64 of DER', (der) => toBase64(der), {}],
    ['JSON with PEM', (_, text) => JSON.stringify({ crl: text }), JSON_TYPE],
    ['JSON with base64 of DER', (der) => JSON.stringify({ crl: toBase64(der), more: 1 }), JSON_TYPE],
  ])('may be %s', async (_, bodyOf, headers) => {
    const tenant = await crlTenant()
    const der = await issueCrl(tenant.ca, { revoked: REVOKED })
    const answer = await putCrl(tenant, bodyOf(der, pem(der, 'X509 CRL')), { headers })
    expect([answer.status, answer.body.result]).toMatchObject([200, [{ entries: 2 }]])
    expect(await found(tenant, '1234')).toEqual([['1234', 1]])
  })

  it('may come in pieces, without a length', async () => {
    const tenant = await crlTenant()
    const der = await issueCrl(tenant.ca, { revoked: REVOKED })
    const pieces = new ReadableStream({
      type: 'bytes',
      start(controller) {
        for (const octet of der) controller.enqueue(Uint8Array.of(octet))
        controller.close()
      },
    })
    expect((await putCrl(tenant, pieces)).status).toBe(200)
  })
})

describe('a CRL', () => {
  it('is replaced by one with a higher number: only the entries of the new one count', async () => {
    const tenant = await crlTenant()
    await putCrl(tenant, await issueCrl(tenant.ca, { revoked: [{ serial: 1 }, { serial: 2 }], number: 9 }))
    const answer = await putCrl(
      tenant,
      await issueCrl(tenant.ca, { revoked: [{ serial: 2, reason: 4 }], number: 0x10 }),
    )
    expect(answer.status).toBe(200)
    expect(await numbersOf(tenant)).toEqual(['10'])
    expect(await found(tenant, '01', '02')).toEqual([['02', 4]])
  })

  it('has a number from 0 to 20 octets', async () => {
    const tenant = await crlTenant()
    const largest = 2n ** 160n - 1n
    for (const [number, shown] of [
      [0, '0'],
      [1, '1'],
      [0xff, 'ff'],
      [0x100, '100'],
      [largest - 1n, (largest - 1n).toString(16)],
      [largest, largest.toString(16)],
    ] as const) {
      const { body } = await putCrl(tenant, await issueCrl(tenant.ca, { number }))
      expect(body.result).toMatchObject([{ number: shown, entries: 0 }])
      expect(await numbersOf(tenant)).toEqual([shown])
    }
  })

  it('that is already there is not stored again, in any form, also by two requests at once', async () => {
    const tenant = await crlTenant()
    const der = await issueCrl(tenant.ca, { revoked: REVOKED })
    const [first, second] = await Promise.all([putCrl(tenant, der), putCrl(tenant, der)])
    const later = await putCrl(tenant, pem(der, 'X509 CRL'), { now: NOW + 60 })
    for (const answer of [second, later]) expect([answer.status, answer.body.result]).toEqual([200, first.body.result])
    expect(await crlsOf(tenant)).toHaveLength(1)
    const left = env.DB.prepare('SELECT count(*) AS n FROM crls WHERE certificate_id = ?1').bind(tenant.id)
    expect(await left.first('n')).toBe(1)
  })

  it('of each CA of a record is kept with the others', async () => {
    const tenant = await crlTenant(3)
    const [first, second, third] = tenant.cas
    if (first === undefined || second === undefined || third === undefined) throw new Error('three CAs')
    await putCrl(tenant, await issueCrl(third, { revoked: [{ serial: 3 }], number: 7 }))
    await putCrl(tenant, await issueCrl(first, { revoked: [{ serial: 1 }] }))
    await putCrl(tenant, await issueCrl(first, { revoked: [{ serial: 1 }, { serial: 4 }], number: 2 }))
    expect((await crlsOf(tenant)).map((crl) => [crl['ca_fingerprint_sha256'], crl['number']])).toEqual([
      [await sha256(third.der), '7'],
      [await sha256(first.der), '2'],
    ])
    const { crls } = await revocationOf([tenant.id], [])
    expect(crls.map(({ caPath }) => caPath)).toEqual([third.der, first.der])
    expect(await found(tenant, '01', '03', '04')).toHaveLength(3)
  })

  it('for users and one for CAs have separate numbers (RFC 5280 5.2.3)', async () => {
    const tenant = await crlTenant()
    const only = (tag: number) => ({ moreExtensions: [issuingDistributionPoint([implicit(tag, [0xff])])] })
    await putCrl(tenant, await issueCrl(tenant.ca, { ...only(1), revoked: [{ serial: 1 }], number: 9 }))
    await putCrl(tenant, await issueCrl(tenant.ca, { ...only(2), revoked: [{ serial: 2 }], number: 3 }))
    expect((await crlsOf(tenant)).map(({ covers, number }) => [covers, number])).toEqual([
      ['user', '9'],
      ['ca', '3'],
    ])
    expect(await found(tenant, '01', '02')).toHaveLength(2)
  })

  it('is stale from the second after its nextUpdate', async () => {
    const tenant = await crlTenant()
    await putCrl(tenant, await issueCrl(tenant.ca))
    const end = Date.parse('2026-07-01T00:00:00Z') / 1000
    for (const [now, stale] of [
      [end, false],
      [end + 1, true],
    ] as const) {
      expect(await crlsOf(tenant, { now })).toMatchObject([{ stale }])
    }
    expect((await putCrl(tenant, await issueCrl(tenant.ca, { number: 2 }), { now: end })).status).toBe(200)
  })

  it('has the policy of its record', async () => {
    const tenant = await crlTenant()
    await put(`${tenant.edge}/revocation`, tenant.authorization, { stale_policy: 'soft' })
    await putCrl(tenant, await issueCrl(tenant.ca))
    expect((await revocationOf([tenant.id], [])).crls).toMatchObject([{ whenStale: 'soft' }])
  })

  it('belongs to its record, also if another has the same CA', async () => {
    const tenant = await crlTenant()
    const other = { ...(await crlTenant()), ca: tenant.ca }
    const der = await issueCrl(tenant.ca, { revoked: REVOKED })
    await putCrl(tenant, der)
    expect((await putCrl(other, der)).status).toBe(400)
    expect(await found(other, '1234')).toEqual([])
  })

  it('is deleted with its record, and its entries once that cannot be taken back any more', async () => {
    const tenant = await crlTenant()
    await putCrl(tenant, await issueCrl(tenant.ca, { revoked: REVOKED }))
    expect((await remove(tenant.record, tenant.authorization)).status).toBe(200)
    expect(await found(tenant, '1234')).toEqual([])
    // Each run prunes ten accounts, and sweeps before.
    for (const now of [NOW, ...Array.from({ length: 9 }, () => NOW + RETENTION_SECONDS + 1)]) {
      await runJobs(env, jobAmbient(now))
    }
    for (const table of ['crl_entries', 'crl_garbage']) {
      const left = await env.DB.prepare(`SELECT * FROM ${table} WHERE crl_id NOT IN (SELECT id FROM crls)`).all()
      expect(left.results).toEqual([])
    }
  })
})

describe('DELETE', () => {
  it('deletes all CRLs of the record, and says how many', async () => {
    const [tenant, other] = [await crlTenant(2), await crlTenant()]
    for (const ca of tenant.cas) await putCrl(tenant, await issueCrl(ca, { revoked: REVOKED }))
    await putCrl(other, await issueCrl(other.ca, { revoked: REVOKED }))
    const answer = await remove(tenant.crlPath, tenant.authorization)
    expect([answer.status, answer.body.result]).toEqual([200, { deleted: 2 }])
    expect(await crlsOf(tenant)).toEqual([])
    expect(await found(tenant, '1234')).toEqual([])
    expect(await found(other, '1234')).toHaveLength(1)
    expect((await remove(tenant.crlPath, tenant.authorization)).body.result).toEqual({ deleted: 0 })
  })

  it('deletes those of one CA', async () => {
    const tenant = await crlTenant(2)
    for (const ca of tenant.cas) await putCrl(tenant, await issueCrl(ca))
    const fingerprint = (await sha256(tenant.ca.der)).toUpperCase()
    const path = `${tenant.crlPath}?ca_fingerprint_sha256=${fingerprint}`
    expect((await remove(path, tenant.authorization)).body.result).toEqual({ deleted: 1 })
    expect((await crlsOf(tenant)).map((crl) => crl['ca_fingerprint_sha256'])).not.toContain(fingerprint.toLowerCase())
    expect((await remove(path, tenant.authorization)).body.result).toEqual({ deleted: 0 })
    expect(await crlsOf(tenant)).toHaveLength(1)
  })

  it('allows a lower number again', async () => {
    const tenant = await crlTenant()
    await putCrl(tenant, await issueCrl(tenant.ca, { number: 9 }))
    await remove(tenant.crlPath, tenant.authorization)
    expect((await putCrl(tenant, await issueCrl(tenant.ca, { number: 8 }))).status).toBe(200)
  })
})

describe('calls to the database', () => {
  it('are one for access, and one to store a CRL of few entries', async () => {
    const tenant = await crlTenant()
    const text = await issueCrlPem(tenant.ca, { revoked: REVOKED })
    expect(await counted((options) => putCrl(tenant, text, options))).toEqual({
      status: 200,
      calls: ['batch', 'batch'],
    })
    expect(await counted((options) => putCrl(tenant, text, options))).toEqual({ status: 200, calls: ['batch'] })
  })
})
