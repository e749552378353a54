import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import {
  ascii,
  type Bytes,
  bytes,
  implicit,
  int,
  nul,
  oid,
  printable,
  seq,
  set,
  tlv,
  utf8,
} from '../../../src/testing/der.ts'
import { DerReader } from '../../../src/x509/asn1/der.ts'
import { readDistributionPoints } from '../../../src/x509/certificate/distribution-points.ts'
import { type Name, readName } from '../../../src/x509/certificate/name.ts'

const cn = (value: Bytes) => seq(oid('2.5.4.3'), value)
const nameOf = (...values: readonly Bytes[]): Bytes => seq(...values.map((value) => set(cn(value))))
const issuer: Name = readName(DerReader.over(nameOf(utf8('Root'))), 'issuer')
const other = nameOf(utf8('Other'))

const uri = (text: string) => implicit(6, ascii(text))
const directoryName = (name: Bytes) => tlv(0xa4, name)
const fullName = (...names: readonly Bytes[]) => tlv(0xa0, tlv(0xa0, ...names))
const relative = (...attributes: readonly Bytes[]) => tlv(0xa0, tlv(0xa1, ...attributes))
const crlIssuer = (...names: readonly Bytes[]) => tlv(0xa2, ...names)
const points = (...them: readonly Bytes[]) => readDistributionPoints(seq(...them), issuer)
const ONE = uri('http://a.test/1')

describe('cRLDistributionPoints', () => {
  it.each<readonly [rule: string, point: Bytes, read: object]>([
    ['a URI', seq(fullName(ONE)), { names: ['URI:http://a.test/1'], crlIssuers: [], reasons: false }],
    ['only some reasons', seq(fullName(ONE), implicit(1, [6, 0x40])), { reasons: true }],
    [
      'another issuer',
      seq(crlIssuer(directoryName(other))),
      { names: undefined, crlIssuers: ['directoryName=["2.5.4.3=other"]'] },
    ],
    ['no name at all', seq(), { names: undefined, crlIssuers: [], reasons: false }],
    ['a fullName without names', seq(fullName()), { names: [] }],
    [
      'names of all forms',
      seq(fullName(ONE, implicit(2, ascii('a.test')), implicit(1, ascii('a@a.test')), implicit(7, [10, 0, 0, 1]))),
      {
        names: ['URI:http://a.test/1', 'dNSName:a.test', 'iPAddress#0a000001', 'rfc822Name:a@a.test'],
      },
    ],
    [
      'what is not a name',
      seq(fullName(int(5), directoryName(nul()), directoryName(seq(set(nul()))))),
      {
        names: ['directoryName#0500', 'directoryName#300431020500', 'tag 2#05'],
      },
    ],
  ])('%s', (_rule, point, read) => {
    expect(points(point)).toMatchObject([read])
    expect(points(seq(fullName(uri('x'))), point)).toMatchObject([{ names: ['URI:x'] }, read])
  })

  it('with the same directoryName in another type and case are the same', () => {
    const [upper, lower] = [nameOf(utf8('ROOT'), utf8('Part  1')), nameOf(printable('root'), printable('part 1'))]
    expect(points(seq(fullName(directoryName(upper))))).toEqual(points(seq(fullName(directoryName(lower)))))
  })

  it('with the same URI in another case are different', () => {
    expect(points(seq(fullName(uri('http://A.test'))))).not.toEqual(points(seq(fullName(uri('http://a.test')))))
  })

  it.each<readonly [rule: string, issuers: readonly Bytes[], whole: Bytes]>([
    ["to the certificate's issuer", [], nameOf(utf8('Root'), utf8('Part'))],
    ["to the point's cRLIssuer", [crlIssuer(directoryName(other))], nameOf(utf8('Other'), utf8('Part'))],
  ])('a relative name is %s', (_rule, issuers, whole) => {
    const [point] = points(seq(relative(cn(utf8('part'))), ...issuers)) ?? []
    expect(point?.names).toEqual(points(seq(fullName(directoryName(whole))))?.[0]?.names)
  })

  it('a malformed relative name is compared by its octets', () => {
    expect(points(seq(relative(nul())))).toMatchObject([{ names: ['relativeName#0500'] }])
  })

  it.each<readonly [rule: string, value: Bytes]>([
    ['nothing', bytes()],
    ['no SEQUENCE', nul()],
    ['a point that is not a SEQUENCE', seq(nul())],
    ['a distributionPoint of no known form', seq(seq(tlv(0xa0, tlv(0xa2))))],
    ['a distributionPoint that is empty', seq(seq(tlv(0xa0)))],
    ['what is cut short', fromHex('3005')],
    ['more behind it', bytes(seq(seq(fullName(ONE))), nul())],
    ['more in the point', seq(seq(fullName(ONE), nul()))],
  ])('that cannot be read are undefined: %s', (_rule, value) => {
    expect(readDistributionPoints(value, issuer)).toBeUndefined()
  })

  it('may be absent', () => expect(points()).toEqual([]))

  it('reading never throws, with any octet changed', () => {
    const value = seq(seq(fullName(ONE, directoryName(other)), implicit(1, [6, 0x40])), seq(relative(cn(utf8('x')))))
    let read = 0
    for (let at = 0; at < value.length; at += 1) {
      for (let octet = 0; octet < 256; octet += 1) {
        const changed = value.slice()
        changed[at] = octet
        if (readDistributionPoints(changed, issuer) !== undefined) read += 1
      }
    }
    expect(read).toBeGreaterThan(value.length)
  })
})
