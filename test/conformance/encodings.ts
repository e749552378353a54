import { fromHex } from '../../src/core/bytes.ts'
import {
  ascii,
  type Bytes,
  bits,
  bool,
  bytes,
  explicit,
  implicit,
  int,
  nul,
  octets,
  oid,
  printable,
  seq,
  set,
  tlv,
  utf8,
} from '../../src/testing/der.ts'
import { basicConstraints, extension } from '../../src/testing/extensions.ts'
import { type Keys, rsaPkcs1 } from '../../src/testing/keys.ts'
import { EC_KEY_OID, RSA_KEY_OID, RSA_SHA256 } from '../support/pki.ts'
import { type IssueParts, newKeys, P256 } from '../support/x509/chain.ts'
import { sequence } from '../support/x509/sequence.ts'

/** One odd encoding in an otherwise sound certificate. */
export interface Encoding {
  /** The row of docs/conformance.md that it belongs to. */
  readonly what: string
  /** Tells it from others of the same row. */
  readonly which?: string
  /** Parts that replace the sound ones. */
  readonly parts?: IssueParts
  /** Keys of the CA that signs it, if the signature algorithm matters. */
  readonly rootKeys?: Keys
  /** Extensions in addition to those that the certificate needs. */
  readonly more?: readonly Bytes[]
  /** A CA cannot have it. */
  readonly clientsOnly?: true
}

const SAN = '2.5.29.17'
const IAN = '2.5.29.18'
const CDP = '2.5.29.31'
const POLICIES = '2.5.29.32'
/** Extensions that decide nothing, except subjectAltName and certificatePolicies, which have their own rows. */
const INFORMING = [
  '2.5.29.9',
  '2.5.29.14',
  IAN,
  CDP,
  '2.5.29.35',
  '2.5.29.46',
  '1.3.6.1.5.5.7.1.1',
  '1.3.6.1.5.5.7.1.11',
]

const latin1 = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0))
const cn = (value: Bytes) => seq(oid('2.5.4.3'), value)
const altNames = (...names: readonly Bytes[]): Pick<Encoding, 'more'> => ({ more: [extension(SAN, seq(...names))] })
const subject = (...rdns: readonly Bytes[]): Pick<Encoding, 'parts'> => ({ parts: { subject: seq(...rdns) } })
const utcTime = (text: string) => tlv(0x17, ascii(text))

const rsaKeys = await newKeys(rsaPkcs1(256))
const [, rsaKeyBits = bytes()] = sequence(rsaKeys.spki)
const ecKeys = await newKeys()
const point = (sequence(ecKeys.spki)[1] ?? bytes()).subarray(-64)
const compressedPoint = bytes([0x02 | ((point.at(-1) ?? 0) & 1)], point.subarray(0, 32))
const rsaKey = (modulus: Bytes) => seq(seq(oid(RSA_KEY_OID), nul()), bits(seq(tlv(0x02, modulus), int(65_537))))
const MODULUS = bytes([0xc1], new Uint8Array(254), [1])

/** Each kind of docs/conformance.md, "Certificates as CAs write them". */
export const ENCODINGS: readonly Encoding[] = [
  ...[SAN, IAN].map((id) => ({
    what: 'a subjectAltName or issuerAltName without names',
    which: id,
    more: [extension(id, seq())],
  })),
  ...['', 'a b', ' a.test', 'a.test.', 'https://a.test/'].map((name) => ({
    what: 'a dNSName that is empty, a URL, or has blanks or a final dot',
    which: JSON.stringify(name),
    ...altNames(implicit(2, ascii(name))),
  })),
  ...[1, 2, 6].map((form) => ({
    what: 'an rfc822Name, dNSName or URI beyond ASCII',
    which: `[${form}]`,
    ...altNames(implicit(form, latin1('x://j\xfcrgen@m\xfcller.test'))),
  })),
  ...[implicit(7, []), implicit(7, ascii('10.0.0.7')), explicit(4, set()), explicit(4, seq(set()))].map((name, i) => ({
    what: 'an iPAddress of neither 4 nor 16 bytes, a directoryName that is no Name',
    which: `${i}`,
    ...altNames(name),
  })),
  ...[seq(implicit(1, [1, 2])), seq(explicit(0, explicit(2, nul()))), seq(explicit(0, explicit(0)))].map((one, i) => ({
    what: 'a point of cRLDistributionPoints without a name, or with one of no known form',
    which: `${i}`,
    more: [extension(CDP, seq(one))],
  })),
  ...[seq(), fromHex('30800000'), fromHex('ff'), bytes()].map((value, i) => ({
    what: 'an extension that decides nothing: empty, in BER, or no ASN.1 at all',
    which: `${i}`,
    more: INFORMING.map((id) => extension(id, value)),
  })),
  ...[
    seq(seq(oid('1.2.3')), seq(oid('1.2.3'))),
    seq(seq(oid('1.2.3'), seq(seq(oid('1.2.4'), utf8('x'))))),
    seq(seq(oid('1.2.3'), seq(seq(oid('1.3.6.1.5.5.7.2.2'), seq(tlv(0x1a, latin1('\xe4'.repeat(300)))))))),
  ].map((value, i) => ({
    what: 'a policy twice, a qualifier of an unknown kind, a user notice that is malformed',
    which: `${i}`,
    more: [extension(POLICIES, value)],
  })),
  { what: 'an RDN that is empty', which: 'first', ...subject(set(), set(cn(utf8('x')))) },
  { what: 'an RDN that is empty', which: 'last', ...subject(set(cn(utf8('x'))), set()) },
  {
    what: 'an RDN that is not sorted, an attribute without characters',
    which: 'not sorted',
    ...subject(set(cn(utf8('x')), seq(oid('2.5.4.6'), printable('DE')))),
  },
  { what: 'an RDN that is not sorted, an attribute without characters', which: 'empty', ...subject(set(cn(utf8('')))) },
  { what: '`*` and `&` in a PrintableString', ...subject(set(cn(printable('*.A&B')))) },
  ...['00', '80', 'ee2b3deb', '7f'.repeat(40)].map((serial) => ({
    what: 'a serial number that is negative, zero, or of 40 bytes',
    which: serial,
    parts: { serial: int(fromHex(serial)) },
  })),
  {
    what: 'version 1 written out',
    parts: { version: explicit(0, int(0)), extensions: null },
    // A certificate of version 1 is not a CA certificate (RFC 5280 6.1.4 (k)).
    clientsOnly: true,
  },
  {
    what: 'critical FALSE or cA FALSE written out, keyUsage with zero bits at its end, pathLenConstraint without cA',
    which: 'cA FALSE and pathLenConstraint',
    more: [extension('2.5.29.19', seq(bool(false), int(0)), false)],
    clientsOnly: true,
  },
  {
    what: 'critical FALSE or cA FALSE written out, keyUsage with zero bits at its end, pathLenConstraint without cA',
    which: 'keyUsage and critical FALSE',
    parts: { extensions: [basicConstraints(true), extension('2.5.29.15', bits(fromHex('8400')), false)] },
  },
  {
    what: 'a GeneralizedTime before 2050',
    parts: { notBefore: tlv(0x18, ascii('20260101000000Z')), notAfter: tlv(0x18, ascii('20270101000000Z')) },
  },
  ...[
    { ...P256, identifier: seq(oid('1.2.840.10045.4.3.2'), nul()) },
    { ...rsaPkcs1(256), identifier: seq(oid('1.2.840.113549.1.1.11')) },
  ].map((signing, i) => ({
    what: 'ECDSA with NULL parameters, RSA PKCS #1 without',
    which: `${i}`,
    rootKeys: { ...(i === 0 ? ecKeys : rsaKeys), signing },
  })),
  {
    what: 'an RSA key without NULL parameters',
    parts: { keys: { ...rsaKeys, spki: seq(seq(oid(RSA_KEY_OID)), rsaKeyBits) } },
  },
  {
    what: 'a compressed point',
    parts: {
      keys: { ...ecKeys, spki: seq(seq(oid(EC_KEY_OID), oid('1.2.840.10045.3.1.7')), bits(compressedPoint)) },
    },
  },
  ...[RSA_SHA256, seq(oid('1.2.840.10045.4.3.2'), nul())].map((outerAlgorithm, i) => ({
    what: 'a signatureAlgorithm other than tbsCertificate.signature, be it in parameters only',
    which: `${i}`,
    parts: { outerAlgorithm },
  })),
  ...[SAN, IAN, '1.2.3.4'].map((id) => ({
    what: 'an extension twice, known or not',
    which: id,
    more: [extension(id, seq()), extension(id, seq())],
  })),
  ...[explicit(0, int(0)), explicit(0, int(1))].map((version, i) => ({
    what: 'extensions in version 1 or 2',
    which: `${i + 1}`,
    parts: { version },
  })),
  ...(
    [
      ['2.5.29.19', seq(bool(true), int(fromHex('ff')))],
      ['2.5.29.19', bool(true)],
      ['2.5.29.19', bytes()],
      ['2.5.29.15', bits(fromHex('07'), 2)],
      ['2.5.29.37', seq(tlv(0x06))],
      ['2.5.29.30', seq()],
      ['2.5.29.30', seq(explicit(0, seq(implicit(7, [1, 2, 3, 4, 1, 2, 3, 4]))))],
      ['2.5.29.30', seq(explicit(0, seq(implicit(2, ascii('a.test')), implicit(0, [1]))))],
      ['2.5.29.30', seq(explicit(1, seq(implicit(7, [1, 2, 3, 4]))))],
      ['2.5.29.30', seq(explicit(0, seq(explicit(4, seq(set())))))],
      ['2.5.29.33', seq()],
      ['2.5.29.36', seq()],
      ['2.5.29.54', int(fromHex('ff'))],
      ['2.5.29.54', fromHex('0204')],
    ] as const
  ).map(([id, value], i) => ({
    what: 'a malformed value of an extension that 6.1 decides by',
    which: `${i}`,
    parts: { extensions: [extension(id, value)] },
  })),
  ...[MODULUS, bytes([0, 0], MODULUS)].map((modulus, i) => ({
    what: 'an RSA modulus that is negative or padded',
    which: `${i}`,
    parts: { spki: rsaKey(modulus) },
  })),
  ...['250101000000+0100', '2501010000Z', '250101000000'].map((time) => ({
    what: 'a time with an offset, or without seconds',
    which: time,
    parts: { notBefore: utcTime(time) },
  })),
  {
    what: 'a length in BER, octets after a field',
    which: 'a length in BER',
    parts: { uniqueIds: bytes([0x81, 0x81, 2, 0, 1]) },
  },
  { what: 'a length in BER, octets after a field', which: 'octets after the signature', parts: { after: nul() } },
  { what: 'a length in BER, octets after a field', which: 'octets after the extensions', parts: { afterTbs: nul() } },
  ...[printable('a_b@c'), tlv(0x0c, fromHex('ff')), tlv(0x16, fromHex('fc'))].map((value, i) => ({
    what: 'characters in a name that its string type does not have',
    which: `${i}`,
    ...subject(set(cn(value))),
  })),
  { what: 'more than 16 KiB', more: [extension('1.2.3.4', octets(new Uint8Array(16_384)))] },
]
