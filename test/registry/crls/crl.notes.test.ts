import { beforeAll, describe, expect, it } from 'vitest'
import { fromHex, toBase64 } from '../../../src/core/bytes.ts'
import { ascii, bytes, int, tlv } from '../../../src/testing/der.ts'
import { crlNumber, issuingDistributionPoint } from '../../../src/testing/extensions.ts'
import { type CrlTenant, crlTenant, crlTenantInUse, putCrl } from '../../support/crl.ts'
import { revocationOf } from '../../support/revocation.ts'
import { type CrlParts, type EntryParts, fullName, issueCrl, unknownExtension } from '../../support/x509/make-crl.ts'

/** An odd CRL counts all the same, and its oddity gets a message. */

let tenant: CrlTenant
beforeAll(async () => {
  tenant = await crlTenant()
})

const serial = (value: string): EntryParts => ({ serial: fromHex(value) })

describe('a CRL is accepted, with a message that it', () => {
  it.each<[string, CrlParts, number, RegExp]>([
    ['is of version 1', { version: null }, 12920, /^the CRL is of version 1; RFC 5280 5\.1\.2\.1 requires/],
    ['has no number', { extensions: [unknownExtension()] }, 12921, /^the CRL has no cRLNumber .*thisUpdate alone/],
    [
      'has a number of 21 octets',
      { extensions: [crlNumber(2n ** 160n)] },
      12921,
      /^the CRL has a cRLNumber of more than 20 bytes .*thisUpdate alone/,
    ],
    ['has a critical number', { extensions: [crlNumber(1, true)] }, 12922, /^the CRL has a critical cRLNumber/],
    ['has an empty list', { revoked: bytes() }, 12923, /^the CRL has an empty revokedCertificates,/],
    [
      'has a GeneralizedTime before 2050',
      { nextUpdate: tlv(0x18, ascii('20260701000000Z')) },
      12924,
      /^the CRL has a GeneralizedTime before 2050/,
    ],
    [
      'lists a serial number twice',
      { revoked: [serial('07'), serial('07')] },
      12925,
      /more than once \(1 of its entries repeats one\)/,
    ],
    ['lists a negative serial number', { revoked: [serial('ff')] }, 12926, /^the CRL lists serial numbers that are/],
    [
      'has an extension twice',
      { moreExtensions: [unknownExtension(), unknownExtension()] },
      12927,
      /^the CRL has an extension that is not known here twice/,
    ],
    [
      'is one part of several',
      { moreExtensions: [issuingDistributionPoint([fullName('http://a.test/1')])] },
      12928,
      /^the CRL is for one distribution point only \(URI:http:\/\/a\.test\/1\): what it lists is revoked/,
    ],
  ])('%s', async (_, parts, code, words) => {
    const own = await crlTenantInUse()
    const der = await issueCrl(own.ca, parts)
    for (const [body, headers, pointer] of [
      [der, {}, ''],
      [JSON.stringify({ crl: toBase64(der) }), { 'content-type': 'application/json' }, '/crl'],
    ] as const) {
      const answer = await putCrl(own, body, { headers })
      expect(answer.status).toBe(200)
      expect(answer.body.messages).toEqual([{ code, message: expect.stringMatching(words), source: { pointer } }])
    }
  })

  it('is odd in several ways, with one message for each', async () => {
    const own = await crlTenantInUse()
    const revoked = [serial('ff'), serial('00'), serial('ff')]
    const answer = await putCrl(own, await issueCrl(own.ca, { version: int(0), extensions: null, revoked }))
    expect(answer.body.messages.map(({ code }) => code)).toEqual([12920, 12921, 12926, 12925])
  })

  it('has a long name, which is shortened', async () => {
    const own = await crlTenantInUse()
    const point = issuingDistributionPoint([fullName(`http://a.test/${'x'.repeat(5_000)}`)])
    const { body } = await putCrl(own, await issueCrl(own.ca, { moreExtensions: [point] }))
    expect(body.messages[0]?.message.length).toBeLessThan(600)
  })
})

describe('an entry counts', () => {
  const entries = async (serials: readonly string[]) =>
    (await revocationOf([tenant.id], serials)).entries.map((one) => [one.serial, one.revokedAt, one.reason])
  const at = (hour: number) => tlv(0x17, ascii(`2605010${hour}0000Z`))
  const HOUR = Date.parse('2026-05-01T00:00:00Z') / 1000

  it('with the earliest date and the first reason, if its serial number is repeated', async () => {
    const revoked: readonly EntryParts[] = [
      { serial: 7, revokedAt: at(3) },
      { serial: 7, revokedAt: at(1), reason: 6 },
      { serial: 8, revokedAt: at(2), reason: 4 },
      { serial: 7, revokedAt: at(2), reason: 1 },
      { serial: 8, revokedAt: at(5) },
    ]
    const answer = await putCrl(tenant, await issueCrl(tenant.ca, { number: 1, revoked }))
    expect(answer.body.result).toMatchObject([{ entries: 5 }])
    expect(await entries(['07', '08'])).toEqual([
      ['07', HOUR + 3_600, 6],
      ['08', HOUR + 7_200, 4],
    ])
  })

  it('with a negative or zero serial number, sign octets included', async () => {
    const revoked = ['00', 'ff', '00ff', '80', '0080', `ff${'7f'.repeat(19)}`].map(serial)
    await putCrl(tenant, await issueCrl(tenant.ca, { number: 2, revoked }))
    const listed = await entries(['00', 'ff', '00ff', '80', '0080', `ff${'7f'.repeat(19)}`, '7f', '01'])
    expect(listed.map(([found]) => found).sort()).toEqual(
      ['00', '0080', '00ff', '80', 'ff', `ff${'7f'.repeat(19)}`].sort(),
    )
  })
})
