import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../src/core/bytes.ts'
import { manySerial } from '../../../src/testing/crl.ts'
import { ascii, type Bytes, implicit, octets, oid, seq, set, time, tlv, utf8 } from '../../../src/testing/der.ts'
import { crlNumber, extension, issuingDistributionPoint, reasonCode } from '../../../src/testing/extensions.ts'
import { rsaPkcs1 } from '../../../src/testing/keys.ts'
import { displayName } from '../../../src/x509/certificate/name.ts'
import type { Crl } from '../../../src/x509/crl/crl.ts'
import { crlEntries } from '../../../src/x509/crl/entries.ts'
import { readCrl } from '../../../src/x509/crl/read-crl.ts'
import { ED25519, issue, newKeys } from '../../support/x509/chain.ts'
import {
  type CrlParts,
  issueCrl,
  type ManyEntries,
  manyEntries,
  unknownExtension,
} from '../../support/x509/make-crl.ts'

const root = await issue({ cn: 'Root' })

function read(der: Bytes): Crl {
  const result = readCrl(der)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

const made = async (parts: CrlParts = {}) => read(await issueCrl(root, parts))
const entriesOf = (crl: Crl) => [...crlEntries(crl)]

it('all fields of a CRL', async () => {
  const der = await issueCrl(root, { number: 4_660, revoked: [{ serial: 7 }] })
  const crl = read(der)
  expect(crl).toMatchObject({
    thisUpdate: 1_780_185_600,
    nextUpdate: 1_782_864_000,
    version: 2,
    number: '1234',
    covers: 'all',
    part: undefined,
    authorityKeyIdentifier: undefined,
    entries: 1,
    oddities: [],
  })
  expect(displayName(crl.issuer)).toBe('CN=Root')
  expect(crl.der).toBe(der)
  expect(entriesOf(crl)).toEqual([{ serial: '07', revokedAt: 1_777_636_800, reason: 0 }])
})

it('no entries', async () => {
  const crl = await made()
  expect(crl.entries).toBe(0)
  expect(entriesOf(crl)).toEqual([])
})

describe('entries', () => {
  it.each<readonly [rule: string, serial: Bytes, hex: string]>([
    ['zero', fromHex('00'), '00'],
    ['one octet', fromHex('7f'), '7f'],
    ['the sign octet stays', fromHex('0080'), '0080'],
    ['20 octets', fromHex(`7f${'ff'.repeat(19)}`), `7f${'ff'.repeat(19)}`],
    ['40 octets, the longest that is read', fromHex('01'.repeat(40)), '01'.repeat(40)],
  ])('a serial number: %s', async (_rule, serial, hex) => {
    for (const parts of [{}, { reason: 1 }, { extensions: [unknownExtension()] }]) {
      expect(entriesOf(await made({ revoked: [{ serial, ...parts }] }))).toMatchObject([{ serial: hex }])
    }
  })

  it.each([0, 1, 2, 3, 4, 5, 6, 9, 10])('reason %i', async (reason) => {
    expect(entriesOf(await made({ revoked: [{ serial: 1, reason }] }))).toMatchObject([{ reason }])
  })

  it.each<readonly [rule: string, extensions: readonly Bytes[], reason: number]>([
    ['an unknown one that is not critical', [unknownExtension()], 0],
    ['invalidityDate', [extension('2.5.29.24', tlv(0x18, ascii('20260401000000Z')))], 0],
    ['reasonCode and invalidityDate', [reasonCode(4), extension('2.5.29.24', tlv(0x18, ascii('20260401000000Z')))], 4],
    ['reasonCode, critical', [reasonCode(1, true)], 1],
    ['reasonCode, critical FALSE written out', [reasonCode(1, false)], 1],
    ['holdInstructionCode, of RFC 3280', [reasonCode(6), extension('2.5.29.23', octets(fromHex('00')))], 6],
  ])('extensions: %s', async (_rule, extensions, reason) => {
    expect(entriesOf(await made({ revoked: [{ serial: 1, extensions }] }))).toMatchObject([{ serial: '01', reason }])
  })

  it.each([
    ['2000-02-29T23:59:59Z', 951_868_799],
    ['1950-01-01T00:00:00Z', -631_152_000],
    ['1969-12-31T23:59:59Z', -1],
    ['2049-12-31T23:59:59Z', 2_524_607_999],
    ['2050-01-01T00:00:00Z', 2_524_608_000],
    ['2100-03-01T00:00:00Z', 4_107_542_400],
  ])('revocationDate %s', async (iso, revokedAt) => {
    expect(entriesOf(await made({ revoked: [{ serial: 1, revokedAt: time(iso) }] }))).toMatchObject([{ revokedAt }])
  })

  it('in their order, of all kinds', async () => {
    const revoked = [
      { serial: 9 },
      { serial: 3, reason: 1 },
      { serial: 5, extensions: [unknownExtension()] },
      { serial: 4 },
    ]
    expect(entriesOf(await made({ revoked })).map(({ serial }) => serial)).toEqual(['09', '03', '05', '04'])
  })

  it('can be walked twice at once', async () => {
    const crl = await made({ revoked: [{ serial: 1 }, { serial: 2 }] })
    const [one, other] = [crlEntries(crl), crlEntries(crl)]
    one.next()
    expect([one.next().value, other.next().value]).toMatchObject([{ serial: '02' }, { serial: '01' }])
  })
})

describe('cRLNumber', () => {
  it.each<readonly [rule: string, value: Bytes, hex: string]>([
    ['zero', fromHex('00'), '0'],
    ['one digit', fromHex('0a'), 'a'],
    ['256', fromHex('0100'), '100'],
    ['a sign octet is no digit', fromHex('00ff'), 'ff'],
    ['20 octets', fromHex('7f'.repeat(20)), '7f'.repeat(20)],
    ['20 octets and a sign octet', fromHex(`00${'ff'.repeat(20)}`), 'ff'.repeat(20)],
  ])('%s', async (_rule, value, hex) => {
    expect(await made({ extensions: [crlNumber(value)] })).toMatchObject({ number: hex })
  })
})

describe('extensions', () => {
  it.each<readonly [rule: string, member: Bytes, covers: Crl['covers']]>([
    ['onlyContainsUserCerts', implicit(1, [0xff]), 'user'],
    ['onlyContainsCACerts', implicit(2, [0xff]), 'ca'],
    ['indirectCRL FALSE, written out', implicit(4, [0x00]), 'all'],
  ])('issuingDistributionPoint: %s', async (_rule, member, covers) => {
    for (const critical of [true, false]) {
      expect(await made({ moreExtensions: [issuingDistributionPoint([member], critical)] })).toMatchObject({ covers })
    }
  })

  it('authorityKeyIdentifier', async () => {
    const aki = extension('2.5.29.35', seq(implicit(0, fromHex('0a0b'))))
    expect(await made({ moreExtensions: [aki] })).toMatchObject({ authorityKeyIdentifier: '0a0b' })
  })

  it.each<readonly [rule: string, ext: Bytes]>([
    ['an unknown one that is not critical', unknownExtension()],
    ['freshestCRL', extension('2.5.29.46', seq(seq(tlv(0xa0, tlv(0xa0, implicit(6, ascii('http://crl.test')))))))],
    ['issuerAltName', extension('2.5.29.18', seq(implicit(2, ascii('ca.test'))))],
    ['issuerAltName, critical', extension('2.5.29.18', seq(implicit(2, ascii('ca.test'))), true)],
    [
      'authorityInfoAccess',
      extension('1.3.6.1.5.5.7.1.1', seq(seq(oid('1.3.6.1.5.5.7.48.2'), implicit(6, ascii('http://ca.test'))))),
    ],
  ])('%s', async (_rule, ext) => {
    expect(await made({ moreExtensions: [ext] })).toMatchObject({ number: '1', covers: 'all' })
  })
})

describe('other forms', () => {
  it.each([
    ['Ed25519', ED25519],
    ['RSA', rsaPkcs1(256)],
  ])('signed with %s', async (_name, signing) => {
    const ca = await issue({ cn: 'Root', keys: await newKeys(signing) })
    expect(read(await issueCrl(ca)).signature.length).toBeGreaterThan(60)
  })

  it('updates from 2050 on, in GeneralizedTime', async () => {
    const [thisUpdate, nextUpdate] = [time('2050-01-01T00:00:00Z'), time('2050-02-01T00:00:00Z')]
    expect(await made({ thisUpdate, nextUpdate })).toMatchObject({
      thisUpdate: 2_524_608_000,
      nextUpdate: 2_527_286_400,
      oddities: [],
    })
  })

  it('serial numbers whose first octet is 0, for the sign', async () => {
    const revoked = [{ serial: 0x80 }, { serial: 0x81, extensions: [unknownExtension()] }]
    expect((await made({ revoked })).oddities).toEqual([])
  })

  it('an issuer of several attributes', async () => {
    const issuer = seq(set(seq(oid('2.5.4.6'), tlv(0x13, ascii('DE')))), set(seq(oid('2.5.4.3'), utf8('Zürich'))))
    expect(displayName((await made({ issuer })).issuer)).toBe('C=DE, CN=Zürich')
  })

  it('a view of a larger buffer', async () => {
    const der = await issueCrl(root, { revoked: [{ serial: 300, extensions: [unknownExtension()] }, { serial: 4 }] })
    const larger = new Uint8Array(der.length + 20)
    larger.set(der, 7)
    const crl = read(larger.subarray(7, 7 + der.length))
    expect(entriesOf(crl).map(({ serial }) => serial)).toEqual(['012c', '04'])
  })

  it('nothing is copied', async () => {
    const crl = await made({ revoked: [{ serial: 1 }] })
    expect([crl.tbs, crl.signature, crl.entriesDer].every(({ buffer }) => buffer === crl.der.buffer)).toBe(true)
  })
})

describe('large CRLs', () => {
  it.each<readonly [rule: string, count: number, options: ManyEntries]>([
    ['70,000 entries: a length of three octets', 70_000, {}],
    ['500,000 entries with reasons: a length of four octets', 500_000, { reason: 1, serialBytes: 20 }],
  ])('%s', async (_rule, count, options) => {
    const crl = read(await issueCrl(root, { revoked: manyEntries(count, options) }))
    expect(crl.entries).toBe(count)
    let [index, wrong] = [0, 0]
    for (const { serial, reason } of crlEntries(crl)) {
      if (index % 1_000 === 0 && serial !== toHex(manySerial(index, options.serialBytes))) wrong += 1
      if (reason !== (options.reason ?? 0)) wrong += 1
      index += 1
    }
    expect([index, wrong]).toEqual([count, 0])
  })
})
