import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import {
  ascii,
  type Bytes,
  bits,
  bytes,
  explicit,
  implicit,
  int,
  nul,
  octets,
  seq,
  time,
  tlv,
} from '../../../src/testing/der.ts'
import { crlNumber, extension, issuingDistributionPoint, reasonCode } from '../../../src/testing/extensions.ts'
import { crlEntries } from '../../../src/x509/crl/entries.ts'
import type { CrlReadFault } from '../../../src/x509/crl/fault.ts'
import { readCrl } from '../../../src/x509/crl/read-crl.ts'
import { MAX_CRL_BYTES } from '../../../src/x509/limits.ts'
import { ECDSA_SHA256, RSA_SHA256 } from '../../support/pki.ts'
import { issue } from '../../support/x509/chain.ts'
import {
  type CrlParts,
  type EntryParts,
  entry,
  fullName,
  issueCrl,
  UNKNOWN_CRL_OID,
  unknownExtension,
} from '../../support/x509/make-crl.ts'

const root = await issue({ cn: 'Root' })

function fault(der: Bytes): CrlReadFault {
  const result = readCrl(der)
  if (result.ok) throw new Error('read')
  return result.error
}

const faultOf = async (parts: CrlParts) => fault(await issueCrl(root, parts))
const malformed = (field: string, problem: RegExp | string) => ({
  reason: 'crl_malformed',
  field,
  problem: expect.stringMatching(problem),
})

const TBS = 'tbsCertList'

describe('a field of the list is malformed', () => {
  it.each<readonly [rule: string, parts: CrlParts, field: string, problem: RegExp]>([
    ['version 3', { version: int(2) }, `${TBS}.version`, /^is neither 1 nor 2/],
    ['version -1', { version: int(fromHex('ff')) }, `${TBS}.version`, /^is neither 1 nor 2/],
    ['version in the form of a certificate', { version: explicit(0, int(1)) }, `${TBS}.signature`, /tag 0xa0/],
    ['version 128, whose first octet is 0', { version: int(128) }, `${TBS}.version`, /^is neither 1 nor 2/],
    ['version of two octets', { version: int(257) }, `${TBS}.version`, /^is neither 1 nor 2/],
    ['two algorithms', { outerAlgorithm: RSA_SHA256 }, 'signatureAlgorithm', /^differs/],
    ['no algorithm', { algorithm: nul(), outerAlgorithm: ECDSA_SHA256 }, `${TBS}.signature`, /tag 0x05/],
    ['an empty issuer', { issuer: seq() }, `${TBS}.issuer`, /^is empty/],
    ['an issuer that is not a name', { issuer: int(1) }, `${TBS}.issuer`, /tag 0x02/],
    ['thisUpdate without seconds', { thisUpdate: tlv(0x17, ascii('2605310000Z')) }, `${TBS}.thisUpdate`, /form YYMM/],
    ['thisUpdate on 30 February', { thisUpdate: time('2026-02-30T00:00:00Z') }, `${TBS}.thisUpdate`, /not exist/],
    ['thisUpdate that is not a time', { thisUpdate: int(1) }, `${TBS}.thisUpdate`, /neither/],
    ['no nextUpdate', { nextUpdate: null }, `${TBS}.nextUpdate`, /^is missing/],
    [
      'thisUpdate in GeneralizedTime without Z',
      { thisUpdate: tlv(0x18, ascii('20260531000000')) },
      `${TBS}.thisUpdate`,
      /form YYYY/,
    ],
    [
      'thisUpdate in GeneralizedTime with a fraction',
      { thisUpdate: tlv(0x18, ascii('20260531000000.5Z')) },
      `${TBS}.thisUpdate`,
      /form YYYY/,
    ],
    ['something after the extensions', { afterTbs: nul() }, TBS, /after its last field/],
    ['something after the signature', { after: nul() }, 'certificateList', /after its last field/],
    ['a signature of 7 bits', { signature: bits(fromHex('0180'), 7) }, 'signatureValue', /whole octet/],
    ['a signature that is not a BIT STRING', { signature: octets(fromHex('01')) }, 'signatureValue', /tag 0x04/],
  ])('%s', async (_rule, parts, field, problem) => {
    expect(await faultOf(parts)).toEqual(malformed(field, problem))
  })

  it('bytes after the list', async () => {
    expect(fault(bytes(await issueCrl(root), [0]))).toEqual(malformed('certificateList', /after/))
  })

  it('any prefix of a CRL', async () => {
    const der = await issueCrl(root, { revoked: [{ serial: 1 }, { serial: 2, reason: 1 }] })
    for (let length = 0; length < der.length; length += 1) {
      expect(fault(der.subarray(0, length))).toMatchObject({ reason: 'crl_malformed' })
    }
  })

  it.each([
    ['nothing', bytes()],
    ['text', ascii('-----BEGIN X509 CRL-----')],
    ['an indefinite length', fromHex('3080300030000000')],
    ['a certificate', root.der],
  ])('%s is no CRL', (_rule, der) => expect(fault(der)).toMatchObject({ reason: 'crl_malformed' }))
})

describe('an entry is malformed', () => {
  const serial = (value: Bytes): EntryParts => ({ serial: value })
  const at = (revokedAt: Bytes): EntryParts => ({ serial: 1, revokedAt })
  const withExtension = (...extensions: readonly Bytes[]): EntryParts => ({ serial: 1, extensions })
  const [SERIAL, DATE] = ['userCertificate', 'revocationDate']

  it.each<readonly [rule: string, parts: EntryParts, field: string, problem: RegExp]>([
    ['a padded negative serial number', serial(fromHex('ff80')), SERIAL, /shortest form/],
    ['a serial number without octets', serial(bytes()), SERIAL, /without content/],
    ['a padded serial number', serial(fromHex('0001')), SERIAL, /shortest form/],
    ['a serial number of 41 octets', serial(fromHex('01'.repeat(41))), SERIAL, /longer than 40/],
    ['a serial number of 200 octets', serial(fromHex('01'.repeat(200))), SERIAL, /longer than 40/],
    ['revocationDate without Z', at(tlv(0x17, ascii('2605310000000'))), DATE, /form YYMM/],
    ['revocationDate with an offset', at(tlv(0x17, ascii('260531000000+0100'))), DATE, /form YYMM/],
    ['revocationDate with a letter', at(tlv(0x17, ascii('2605310O0000Z'))), DATE, /form YYMM/],
    ['revocationDate with a character after 9', at(tlv(0x17, ascii('26053100000:Z'))), DATE, /form YYMM/],
    ['revocationDate in month 0', at(tlv(0x17, ascii('260031000000Z'))), DATE, /not exist/],
    ['revocationDate in month 13', at(tlv(0x17, ascii('261331000000Z'))), DATE, /not exist/],
    ['revocationDate on day 0', at(tlv(0x17, ascii('260500000000Z'))), DATE, /not exist/],
    ['revocationDate on 31 April', at(tlv(0x17, ascii('260431000000Z'))), DATE, /not exist/],
    ['revocationDate on 29 February 2026', at(tlv(0x17, ascii('260229000000Z'))), DATE, /not exist/],
    ['revocationDate at 24:00:00', at(tlv(0x17, ascii('260531240000Z'))), DATE, /not exist/],
    ['revocationDate at 23:60:00', at(tlv(0x17, ascii('260531236000Z'))), DATE, /not exist/],
    ['revocationDate with second 60', at(tlv(0x17, ascii('260531235960Z'))), DATE, /not exist/],
    ['revocationDate that is not a time', at(nul()), DATE, /neither/],
    ['reason 7', { serial: 1, reason: 7 }, '', /is not a CRLReason/],
    ['reason 11', { serial: 1, reason: 11 }, '', /is not a CRLReason/],
    ['reason -1', { serial: 1, reason: 0xff }, '', /is not a CRLReason/],
    ['reason of two octets', withExtension(extension('2.5.29.21', tlv(0x0a, [1, 0]))), '', /is not a CRLReason/],
    ['reason as INTEGER', withExtension(extension('2.5.29.21', int(1))), '', /tag 0x02/],
    ['reasonCode twice', withExtension(reasonCode(1), reasonCode(1)), '', /has reasonCode twice/],
    [
      'something after the reason',
      withExtension(extension('2.5.29.21', bytes(tlv(0x0a, [1]), nul()))),
      '',
      /after its/,
    ],
  ])('%s', async (_rule, parts, field, problem) => {
    const expected = {
      reason: 'crl_malformed',
      problem: expect.stringMatching(problem),
      ...(field !== '' && { field: `revokedCertificates[1].${field}` }),
    }
    const sound = entry({ serial: 77, reason: 1 })
    expect(await faultOf({ revoked: bytes(sound, entry(parts), sound) })).toMatchObject(expected)
  })

  it.each<readonly [rule: string, last: Bytes]>([
    ['no SEQUENCE', int(1)],
    ['an empty one', seq()],
    ['no date', seq(int(1))],
    ['serial and date swapped', seq(time('2026-01-01T00:00:00Z'), int(1))],
    ['something after the extensions', seq(int(1), time('2026-01-01T00:00:00Z'), seq(reasonCode(1)), nul())],
    ['something else after the date', seq(int(1), time('2026-01-01T00:00:00Z'), nul())],
    ['cut short by one octet', entry({ serial: 1 }).subarray(0, -1)],
    ['only its tag', fromHex('30')],
    ['longer than what is left', fromHex('3050020101')],
    ['a length that is not minimal', bytes([0x30, 0x81, 0x12], int(1), time('2026-01-01T00:00:00Z'))],
    ['a serial number that runs past its entry', bytes([0x30, 0x12, 0x02, 0x7f, 0x01], time('2026-01-01T00:00:00Z'))],
    ['a date that runs past its entry', bytes([0x30, 0x11], int(1), time('2026-01-01T00:00:00Z'))],
  ])('%s', async (_rule, last) => {
    expect(await faultOf({ revoked: bytes(entry({ serial: 77 }), last) })).toMatchObject({ reason: 'crl_malformed' })
  })
})

describe('an extension is malformed', () => {
  const idp = (...members: readonly Bytes[]) => issuingDistributionPoint(members)
  it.each<readonly [rule: string, extensions: readonly Bytes[], field: string, problem: RegExp]>([
    ['a negative cRLNumber', [crlNumber(fromHex('ff'))], 'cRLNumber', /^is negative/],
    ['a negative cRLNumber of 21 octets', [crlNumber(fromHex('80'.repeat(21)))], 'cRLNumber', /^is negative/],
    ['a padded cRLNumber', [crlNumber(fromHex('0001'))], 'cRLNumber', /shortest form/],
    ['a cRLNumber that is not an INTEGER', [extension('2.5.29.20', octets(nul()))], 'cRLNumber', /tag 0x04/],
    ['cRLNumber twice', [crlNumber(1), crlNumber(1)], 'tbsCertList.crlExtensions', /has cRLNumber twice/],
    [
      'issuingDistributionPoint twice',
      [idp(implicit(1, [0xff])), idp(implicit(1, [0xff]))],
      'tbsCertList.crlExtensions',
      /has issuingDistributionPoint twice/,
    ],
    [
      'a distributionPoint of no known form',
      [idp(tlv(0xa0, tlv(0xa2, [])))],
      'issuingDistributionPoint.distributionPoint',
      /neither fullName/,
    ],
    [
      'a distributionPoint of two forms',
      [idp(tlv(0xa0, tlv(0xa0, []), tlv(0xa1, [])))],
      'issuingDistributionPoint.distributionPoint',
      /after its/,
    ],
    [
      'a distributionPoint of 9,000 bytes',
      [idp(fullName(`http://a.test/${'x'.repeat(9_000)}`))],
      'issuingDistributionPoint.distributionPoint',
      /longer than 8192/,
    ],
    [
      'for users and CAs only',
      [crlNumber(1), idp(implicit(1, [0xff]), implicit(2, [0xff]))],
      'issuingDistributionPoint',
      /covers nothing/,
    ],
    [
      'for CAs and attributes only',
      [crlNumber(1), idp(implicit(2, [0xff]), implicit(5, [0xff]))],
      'issuingDistributionPoint',
      /covers nothing/,
    ],
    [
      'a BOOLEAN of 01',
      [crlNumber(1), idp(implicit(1, [0x01]))],
      'issuingDistributionPoint.onlyContainsUserCerts',
      /neither 00 nor FF/,
    ],
    [
      'members out of order',
      [crlNumber(1), idp(implicit(2, [0xff]), implicit(1, [0]))],
      'issuingDistributionPoint',
      /after/,
    ],
  ])('%s', async (_rule, extensions, field, problem) => {
    expect(await faultOf({ extensions })).toEqual(malformed(field, problem))
  })
})

describe('a well-formed CRL that must not be used', () => {
  const idp = (...members: readonly Bytes[]) => ({ moreExtensions: [issuingDistributionPoint(members)] })
  const revoked = (...extensions: readonly Bytes[]) => ({ revoked: [{ serial: 1, extensions }] })
  const certificateIssuer = extension('2.5.29.29', seq(tlv(0xa4, root.subject)), true)

  it.each<readonly [rule: string, parts: CrlParts, expected: CrlReadFault]>([
    [
      'an unknown critical extension',
      { moreExtensions: [unknownExtension(true)] },
      { reason: 'crl_unknown_critical_extension', oid: UNKNOWN_CRL_OID, entry: false },
    ],
    [
      'an unknown critical extension of an entry',
      revoked(reasonCode(1), unknownExtension(true)),
      { reason: 'crl_unknown_critical_extension', oid: UNKNOWN_CRL_OID, entry: true },
    ],
    [
      'a certificate extension that means nothing in a CRL, critical',
      { moreExtensions: [extension('2.5.29.19', seq(), true)] },
      { reason: 'crl_unknown_critical_extension', oid: '2.5.29.19', entry: false },
    ],
    [
      'a reason that cannot be read, and an unknown critical extension behind it',
      revoked(unknownExtension(true), extension('2.5.29.21', nul())),
      { reason: 'crl_unknown_critical_extension', oid: UNKNOWN_CRL_OID, entry: true },
    ],
    [
      'an unknown critical extension in version 1',
      { version: null, moreExtensions: [unknownExtension(true)] },
      { reason: 'crl_unknown_critical_extension', oid: UNKNOWN_CRL_OID, entry: false },
    ],
    ['deltaCRLIndicator', { moreExtensions: [extension('2.5.29.27', int(1), true)] }, { reason: 'crl_delta' }],
    ['deltaCRLIndicator, not critical', { moreExtensions: [extension('2.5.29.27', int(1))] }, { reason: 'crl_delta' }],
    ['indirectCRL', idp(implicit(4, [0xff])), { reason: 'crl_indirect' }],
    ['indirectCRL of a partition', idp(fullName('http://a.test/1'), implicit(4, [0xff])), { reason: 'crl_indirect' }],
    ['certificateIssuer in an entry', revoked(certificateIssuer), { reason: 'crl_indirect' }],
    ['certificateIssuer that cannot be read', revoked(extension('2.5.29.29', nul())), { reason: 'crl_indirect' }],
    [
      'a deltaCRLIndicator that cannot be read',
      { moreExtensions: [extension('2.5.29.27', nul())] },
      { reason: 'crl_delta' },
    ],
    ['onlySomeReasons', idp(implicit(3, [1, 0x40])), { reason: 'crl_some_reasons' }],
    ['onlyContainsAttributeCerts', idp(implicit(5, [0xff])), { reason: 'crl_attribute_certificates' }],
    ['removeFromCRL', { revoked: [{ serial: 255, reason: 8 }] }, { reason: 'crl_remove_from_crl', serial: '00ff' }],
    [
      'thisUpdate after nextUpdate',
      { thisUpdate: time('2026-07-01T00:00:01Z') },
      { reason: 'crl_dates_reversed', thisUpdate: 1_782_864_001, nextUpdate: 1_782_864_000 },
    ],
    [
      'thisUpdate at nextUpdate',
      { thisUpdate: time('2026-07-01T00:00:00Z') },
      { reason: 'crl_dates_reversed', thisUpdate: 1_782_864_000, nextUpdate: 1_782_864_000 },
    ],
  ])('%s', async (_rule, parts, expected) => expect(await faultOf(parts)).toEqual(expected))
})

it('reading never throws with any octet changed, and what was read can be walked', async () => {
  const idp = issuingDistributionPoint([implicit(1, [0xff])])
  const revoked = [{ serial: 1 }, { serial: 300, reason: 1 }, { serial: 4, extensions: [unknownExtension()] }]
  const der = await issueCrl(root, { revoked, moreExtensions: [idp] })
  let readable = 0
  for (let at = 0; at < der.length; at += 1) {
    for (const octet of [0x00, 0x01, 0x30, 0x7f, 0x80, 0x84, 0xff, (der[at] ?? 0) ^ 0x20]) {
      const changed = der.slice()
      changed[at] = octet
      const crl = readCrl(changed)
      if (!crl.ok) continue
      readable += 1
      expect([...crlEntries(crl.value)]).toHaveLength(crl.value.entries)
    }
  }
  expect(readable).toBeGreaterThan(der.length)
})

it('a CRL above the limit is refused unread', () => {
  expect(fault(new Uint8Array(MAX_CRL_BYTES + 1))).toEqual({
    reason: 'crl_too_large',
    bytes: MAX_CRL_BYTES + 1,
    limitBytes: MAX_CRL_BYTES,
  })
  expect(fault(new Uint8Array(MAX_CRL_BYTES))).toMatchObject({ reason: 'crl_malformed' })
})
