import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { ascii, type Bytes, bytes, implicit, int, nul, seq, time, tlv, utf8 } from '../../../src/testing/der.ts'
import { crlNumber, extension, issuingDistributionPoint, reasonCode } from '../../../src/testing/extensions.ts'
import type { Crl } from '../../../src/x509/crl/crl.ts'
import { crlEntries } from '../../../src/x509/crl/entries.ts'
import type { CrlOddity } from '../../../src/x509/crl/oddities.ts'
import { readCrl } from '../../../src/x509/crl/read-crl.ts'
import { issue } from '../../support/x509/chain.ts'
import {
  type CrlParts,
  type EntryParts,
  fullName,
  issueCrl,
  manyEntries,
  unknownExtension,
} from '../../support/x509/make-crl.ts'

/** What RFC 5280 forbids CRL issuers, but is read all the same. */

const root = await issue({ cn: 'Root' })

async function made(parts: CrlParts): Promise<Crl> {
  const read = readCrl(await issueCrl(root, parts))
  if (!read.ok) throw new Error(JSON.stringify(read.error))
  return read.value
}

const GENERALIZED_2026 = tlv(0x18, ascii('20260531000000Z'))
const serials = (crl: Crl) => [...crlEntries(crl)].map(({ serial }) => serial)
const idp = (...members: readonly Bytes[]) => ({ moreExtensions: [issuingDistributionPoint(members)] })

describe('a CRL is read, and its oddity noted', () => {
  const critical = (name: string): CrlOddity => ({ oddity: 'critical', extension: name })
  const aki = (value: Bytes, isCritical?: boolean) => extension('2.5.29.35', value, isCritical)
  it.each<readonly [rule: string, parts: CrlParts, read: Partial<Crl>, oddities: readonly CrlOddity[]]>([
    [
      'version 1, without the field, as openssl ca writes it',
      { version: null, extensions: null },
      { version: 1, number: undefined },
      [{ oddity: 'version_1' }, { oddity: 'number_missing' }],
    ],
    ['version 1, written out', { version: int(0) }, { version: 1, number: '1' }, [{ oddity: 'version_1' }]],
    ['version 1, yet with extensions', { version: null }, { version: 1, number: '1' }, [{ oddity: 'version_1' }]],
    ['no cRLNumber', { extensions: [unknownExtension()] }, { number: undefined }, [{ oddity: 'number_missing' }]],
    ['no extensions', { extensions: null }, { number: undefined, version: 2 }, [{ oddity: 'number_missing' }]],
    [
      'extensions that are empty',
      { extensions: [] },
      { number: undefined },
      [{ oddity: 'empty', field: 'crlExtensions' }, { oddity: 'number_missing' }],
    ],
    ['cRLNumber, critical', { extensions: [crlNumber(7, true)] }, { number: '7' }, [critical('cRLNumber')]],
    [
      'a cRLNumber of 21 octets: it counts as none',
      { extensions: [crlNumber(fromHex('01'.repeat(21)))] },
      { number: undefined },
      [{ oddity: 'number_too_long' }],
    ],
    [
      'a cRLNumber of 21 octets and a sign octet',
      { extensions: [crlNumber(fromHex(`00${'ff'.repeat(21)}`))] },
      { number: undefined },
      [{ oddity: 'number_too_long' }],
    ],
    [
      'revokedCertificates present, but empty',
      { revoked: bytes() },
      { entries: 0 },
      [{ oddity: 'empty', field: 'revokedCertificates' }],
    ],
    [
      'an issuingDistributionPoint that is empty',
      idp(),
      { covers: 'all', part: undefined },
      [{ oddity: 'empty', field: 'issuingDistributionPoint' }],
    ],
    [
      'thisUpdate in GeneralizedTime before 2050',
      { thisUpdate: GENERALIZED_2026 },
      {},
      [{ oddity: 'generalized_time' }],
    ],
    [
      'nextUpdate in GeneralizedTime before 2050',
      { nextUpdate: tlv(0x18, ascii('20260701000000Z')) },
      { nextUpdate: 1_782_864_000 },
      [{ oddity: 'generalized_time' }],
    ],
    [
      'authorityKeyIdentifier, critical',
      { moreExtensions: [aki(seq(implicit(0, fromHex('0a0b'))), true)] },
      { authorityKeyIdentifier: '0a0b' },
      [critical('authorityKeyIdentifier')],
    ],
    [
      'freshestCRL and authorityInfoAccess, critical',
      { moreExtensions: [extension('2.5.29.46', nul(), true), extension('1.3.6.1.5.5.7.1.1', nul(), true)] },
      {},
      [critical('freshestCRL'), critical('authorityInfoAccess')],
    ],
    [
      'an unknown extension and authorityKeyIdentifier, each twice',
      { moreExtensions: [unknownExtension(), unknownExtension(), aki(nul()), aki(nul()), aki(nul())] },
      {},
      [
        { oddity: 'extension_repeated', extension: undefined },
        { oddity: 'extension_repeated', extension: 'authorityKeyIdentifier' },
      ],
    ],
  ])('%s', async (_rule, parts, read, oddities) => {
    const crl = await made({ revoked: [{ serial: 5 }], ...parts })
    expect(crl).toMatchObject(read)
    expect(crl.oddities).toEqual(oddities)
    expect(serials(crl)).toEqual(crl.entries === 0 ? [] : ['05'])
  })
})

describe('what decides nothing is not read', () => {
  it.each<readonly [rule: string, ext: Bytes]>([
    ['a malformed authorityKeyIdentifier', extension('2.5.29.35', nul())],
    ['an authorityKeyIdentifier with a malformed issuer', extension('2.5.29.35', seq(tlv(0xa1, [0xff])))],
    ['an issuerAltName with an empty dNSName', extension('2.5.29.18', seq(implicit(2, [])))],
    ['an issuerAltName of nonsense', extension('2.5.29.18', utf8('x'), true)],
    ['a freshestCRL that is empty', extension('2.5.29.46', seq())],
    ['an authorityInfoAccess with octets beyond ASCII', extension('1.3.6.1.5.5.7.1.1', implicit(6, [0xff]))],
    ['an extension value that is not DER', extension('1.2.3.4', fromHex('3080'))],
  ])('%s', async (_rule, ext) => {
    const crl = await made({ revoked: [{ serial: 5 }], moreExtensions: [ext] })
    expect([crl.number, crl.oddities, serials(crl)]).toEqual(['1', [], ['05']])
  })

  it('a keyIdentifier before a malformed member is read', async () => {
    const aki = extension('2.5.29.35', seq(implicit(0, [7]), implicit(1, [0xff])))
    expect(await made({ moreExtensions: [aki] })).toMatchObject({ authorityKeyIdentifier: '07', oddities: [] })
  })
})

describe('an entry is read, and its oddity noted once', () => {
  const one = (parts: Partial<EntryParts>): EntryParts => ({ serial: 1, ...parts })
  const NOT_POSITIVE: CrlOddity = { oddity: 'serial_not_positive' }
  it.each<readonly [rule: string, entry: EntryParts, read: object, oddities: readonly CrlOddity[]]>([
    ['serial number zero', one({ serial: 0 }), { serial: '00' }, [NOT_POSITIVE]],
    ['a negative serial number', one({ serial: fromHex('ff') }), { serial: 'ff' }, [NOT_POSITIVE]],
    ['-128, with a reason', one({ serial: fromHex('80'), reason: 1 }), { serial: '80', reason: 1 }, [NOT_POSITIVE]],
    [
      'a negative serial number of 16 octets',
      one({ serial: fromHex(`80${'00'.repeat(15)}`) }),
      { serial: `80${'00'.repeat(15)}` },
      [NOT_POSITIVE],
    ],
    [
      'revocationDate in GeneralizedTime before 2050',
      one({ revokedAt: GENERALIZED_2026 }),
      { revokedAt: 1_780_185_600 },
      [{ oddity: 'generalized_time' }],
    ],
    [
      'reasonCode, critical',
      one({ extensions: [reasonCode(4, true)] }),
      { reason: 4 },
      [{ oddity: 'critical', extension: 'reasonCode' }],
    ],
    [
      'invalidityDate, critical and in UTCTime',
      one({ extensions: [extension('2.5.29.24', time('2026-01-01T00:00:00Z'), true)] }),
      { reason: 0 },
      [{ oddity: 'critical', extension: 'invalidityDate' }],
    ],
    ['a malformed invalidityDate', one({ extensions: [extension('2.5.29.24', nul())] }), { reason: 0 }, []],
    [
      'an unknown extension twice',
      one({ extensions: [unknownExtension(), reasonCode(1), unknownExtension()] }),
      { reason: 1 },
      [{ oddity: 'extension_repeated', extension: undefined }],
    ],
  ])('%s', async (_rule, entry, read, oddities) => {
    const crl = await made({ revoked: [{ serial: 77 }, entry, { serial: 78, reason: 1 }] })
    expect(crl.oddities).toEqual(oddities)
    expect([...crlEntries(crl)]).toMatchObject([{ serial: '4d' }, read, { serial: '4e', reason: 1 }])
    const thrice = await made({ revoked: [entry, { ...entry, serial: 2 }, { ...entry, serial: 3 }] })
    expect(thrice.oddities).toEqual(oddities)
  })

  it('extensions that are empty', async () => {
    const odd = seq(int(1), time('2026-01-01T00:00:00Z'), seq())
    const crl = await made({ revoked: bytes(odd, seq(int(2), time('2026-01-01T00:00:00Z'), seq())) })
    expect(crl.oddities).toEqual([{ oddity: 'empty', field: 'crlEntryExtensions' }])
    expect(serials(crl)).toEqual(['01', '02'])
  })
})

describe('a repeated serial number is noted', () => {
  it.each<readonly [rule: string, revoked: readonly EntryParts[], entries: number]>([
    ['side by side', [{ serial: 5 }, { serial: 5 }], 1],
    ['far apart', [{ serial: 5 }, { serial: 6 }, { serial: 7 }, { serial: 5 }], 1],
    ['with other facts', [{ serial: 1 }, { serial: 256, reason: 1 }, { serial: 256, reason: 6 }], 1],
    ['three times', [{ serial: 9 }, { serial: 9 }, { serial: 9 }], 2],
    ['two of them', [{ serial: 9 }, { serial: 8 }, { serial: 9 }, { serial: 8 }], 2],
    ['once read with care', [{ serial: 5, extensions: [unknownExtension()] }, { serial: 6 }, { serial: 5 }], 1],
  ])('%s', async (_rule, revoked, entries) => {
    const crl = await made({ revoked })
    expect(crl.oddities).toEqual([{ oddity: 'serial_repeated', entries }])
    expect(crl.entries).toBe(revoked.length)
  })

  it('the first and the last of 100,000', async () => {
    const content = manyEntries(100_000)
    const length = content.length / 100_000
    content.copyWithin(content.length - length, 0, length)
    expect((await made({ revoked: content })).oddities).toEqual([{ oddity: 'serial_repeated', entries: 1 }])
  })

  it('but not if only the number of octets differs', async () => {
    expect((await made({ revoked: [{ serial: 0x80 }, { serial: fromHex('80') }] })).oddities).toEqual([
      { oddity: 'serial_not_positive' },
    ])
  })
})

describe('one of several parts', () => {
  const uri = (text: string) => implicit(6, ascii(text))
  const names = (...them: readonly Bytes[]) => tlv(0xa0, tlv(0xa0, ...them))
  it.each<readonly [rule: string, parts: CrlParts, part: readonly string[], covers: Crl['covers']]>([
    ['by URI', idp(fullName('http://a.test/1')), ['URI:http://a.test/1'], 'all'],
    ['for users only', idp(fullName('http://a.test/1'), implicit(1, [0xff])), ['URI:http://a.test/1'], 'user'],
    [
      'by several names, sorted, none twice',
      idp(names(uri('http://b.test'), implicit(2, ascii('a.test')), uri('http://b.test'))),
      ['URI:http://b.test', 'dNSName:a.test'],
      'all',
    ],
    ['by no name', idp(names()), [], 'all'],
    ['by octets beyond ASCII', idp(names(implicit(6, [0x68, 0xff]))), ['URI#68ff'], 'all'],
  ])('%s', async (_rule, parts, part, covers) => {
    expect(await made(parts)).toMatchObject({ part, covers, oddities: [] })
  })
})
