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
  oid,
  seq,
  set,
  tlv,
} from '../../../src/testing/der.ts'
import { basicConstraints, extension } from '../../../src/testing/extensions.ts'
import { readCertificate } from '../../../src/x509/certificate/certificate.ts'
import { MAX_CERTIFICATE_BYTES, MAX_DEPTH, MAX_SERIAL_BYTES, MAX_TLVS } from '../../../src/x509/limits.ts'
import { type CertificateParts, certificate, ECDSA_SHA256, RSA_SHA256, spkiP256 } from '../../support/pki.ts'

const malformed = (field: string, problem: string) => ({
  ok: false,
  error: { reason: 'malformed_certificate', field, problem },
})

type Row = readonly [rule: string, parts: CertificateParts, field: string, problem: string]

/** Each row: what is broken in a sound certificate, the field named, the problem. */
function refuses(rows: readonly Row[]) {
  it.each(rows)('%s', (_rule, parts, field, problem) => {
    expect(readCertificate(certificate(parts))).toEqual(malformed(field, problem))
  })
}

const TRAILING = 'has bytes after its last field'
const ALIGNED = 'a BIT STRING that does not end on a whole octet'
const UTC = tlv(0x17, ascii('250101000000Z'))

it('the certificate that the rows break is sound', () => {
  expect(readCertificate(certificate())).toMatchObject({ ok: true })
})

describe('version is refused', () => {
  const field = 'tbsCertificate.version'
  const NONE = 'is not 1, 2 or 3'
  refuses([
    ['v1 written out, with extensions', { version: explicit(0, int(0)) }, field, 'is 1, which has no extensions'],
    ['v4', { version: explicit(0, int(3)) }, field, NONE],
    ['of two octets', { version: explicit(0, int(258)) }, field, NONE],
    ['negative', { version: explicit(0, int(fromHex('ff'))) }, field, NONE],
    ['padded', { version: explicit(0, int(fromHex('0002'))) }, field, 'an INTEGER that is not in its shortest form'],
    ['empty', { version: explicit(0) }, field, 'is missing'],
    ['twice in its wrapper', { version: explicit(0, int(2), int(2)) }, field, TRAILING],
    ['not an INTEGER', { version: explicit(0, octets(int(2))) }, field, 'has tag 0x04 where 0x02 belongs'],
    ['[0] IMPLICIT', { version: implicit(0, [2]) }, 'tbsCertificate.serialNumber', 'has tag 0x80 where 0x02 belongs'],
    ['1 with extensions', { version: null }, field, 'is 1, which has no extensions'],
    [
      '1 with a single extension',
      { version: null, extensions: [basicConstraints(true)] },
      field,
      'is 1, which has no extensions',
    ],
    ['2 with extensions', { version: explicit(0, int(1)) }, field, 'is 2, which has no extensions'],
  ])
})

describe('serialNumber is refused', () => {
  const field = 'tbsCertificate.serialNumber'
  const tooLong = `is longer than ${MAX_SERIAL_BYTES} bytes`
  refuses([
    ['negative, padded', { serial: int(fromHex('ff80')) }, field, 'an INTEGER that is not in its shortest form'],
    ['empty', { serial: tlv(0x02) }, field, 'an INTEGER without content'],
    ['padded', { serial: int(fromHex('0001')) }, field, 'an INTEGER that is not in its shortest form'],
    [`${MAX_SERIAL_BYTES + 1} octets`, { serial: int(new Uint8Array(MAX_SERIAL_BYTES + 1).fill(1)) }, field, tooLong],
    ['absent', { serial: bytes() }, field, 'has tag 0x30 where 0x02 belongs'],
    ['twice', { serial: bytes(int(1), int(1)) }, 'tbsCertificate.signature', 'has tag 0x02 where 0x30 belongs'],
  ])
})

describe('signature algorithms are refused', () => {
  const DIFFERS = 'differs from tbsCertificate.signature'
  refuses([
    ['outer and inner differ', { outerAlgorithm: RSA_SHA256 }, 'signatureAlgorithm', DIFFERS],
    [
      'outer and inner differ in parameters only',
      { outerAlgorithm: seq(oid('1.2.840.10045.4.3.2'), nul()) },
      'signatureAlgorithm',
      DIFFERS,
    ],
    ['outer absent', { outerAlgorithm: bytes() }, 'signatureAlgorithm', 'has tag 0x03 where 0x30 belongs'],
    [
      'inner absent',
      { algorithm: bytes(), outerAlgorithm: ECDSA_SHA256 },
      'tbsCertificate.signature',
      'has tag 0x31 where 0x06 belongs',
    ],
  ])
})

describe('names and validity are refused', () => {
  const validity = 'tbsCertificate.validity'
  refuses([
    ['issuer not a SEQUENCE', { issuer: set() }, 'tbsCertificate.issuer', 'has tag 0x31 where 0x30 belongs'],
    [
      'subject with an RDN that is not a SET',
      { issuer: seq(), subject: seq(seq()) },
      'tbsCertificate.subject',
      'has tag 0x30 where 0x31 belongs',
    ],
    [
      'notBefore unreadable',
      { notBefore: tlv(0x17, ascii('251301000000Z')) },
      `${validity}.notBefore`,
      'is a date or time that does not exist',
    ],
    [
      'notAfter another type',
      { notAfter: int(1) },
      `${validity}.notAfter`,
      'is neither a UTCTime nor a GeneralizedTime',
    ],
    ['notAfter absent', { notAfter: bytes() }, `${validity}.notAfter`, 'is neither a UTCTime nor a GeneralizedTime'],
    ['three times', { notAfter: bytes(UTC, UTC) }, validity, TRAILING],
  ])
})

describe('the key and what follows it are refused', () => {
  const issuerId = 'tbsCertificate.issuerUniqueID'
  const one = implicit(1, [0, 1])
  const two = implicit(2, [0, 1])
  const v1 = { version: null, extensions: null }
  const extensions = 'tbsCertificate.extensions'
  refuses([
    ['key absent', { spki: bytes() }, 'tbsCertificate.subjectPublicKeyInfo', 'has tag 0xa3 where 0x30 belongs'],
    ['key twice', { spki: bytes(spkiP256(), spkiP256()) }, extensions, 'has tag 0x30 where 0xa3 belongs'],
    ['issuerUniqueID in version 1', { ...v1, uniqueIds: one }, issuerId, 'is in a version 1 certificate'],
    [
      'subjectUniqueID in version 1',
      { ...v1, uniqueIds: two },
      'tbsCertificate.subjectUniqueID',
      'is in a version 1 certificate',
    ],
    [
      'issuerUniqueID malformed',
      { uniqueIds: implicit(1, [9]) },
      issuerId,
      'a BIT STRING with an impossible count of unused bits',
    ],
    ['unique ids out of order', { uniqueIds: bytes(two, one) }, extensions, 'has tag 0x81 where 0xa3 belongs'],
    ['extensions twice', { afterTbs: explicit(3, seq(basicConstraints(true))) }, 'tbsCertificate', TRAILING],
    ['more after the extensions', { afterTbs: nul() }, 'tbsCertificate', TRAILING],
    [
      'more where extensions belong',
      { extensions: null, afterTbs: nul() },
      extensions,
      'has tag 0x05 where 0xa3 belongs',
    ],
    ['more in version 1', { ...v1, afterTbs: nul() }, extensions, 'has tag 0x05 where 0xa3 belongs'],
    ['extensions empty', { extensions: [] }, extensions, 'is empty'],
  ])
})

describe('the outer Certificate is refused', () => {
  refuses([
    ['more after the signature', { after: nul() }, 'certificate', TRAILING],
    ['signature with unused bits', { signature: bits(Uint8Array.of(0xf0), 4) }, 'signatureValue', ALIGNED],
    ['signature in an OCTET STRING', { signature: octets(nul()) }, 'signatureValue', 'has tag 0x04 where 0x03 belongs'],
    ['signature absent', { signature: bytes() }, 'signatureValue', 'is missing'],
  ])

  const tbs = seq(int(1))
  it.each([
    ['nothing at all', bytes(), 'certificate', 'is missing'],
    ['a SET', tlv(0x31, certificate().subarray(2)), 'certificate', 'has tag 0x31 where 0x30 belongs'],
    ['an OCTET STRING that holds one', octets(certificate()), 'certificate', 'has tag 0x04 where 0x30 belongs'],
    ['an empty SEQUENCE', seq(), 'tbsCertificate', 'is missing'],
    ['a TBSCertificate that is a SET', seq(set()), 'tbsCertificate', 'has tag 0x31 where 0x30 belongs'],
    ['only a TBSCertificate', seq(tbs), 'signatureAlgorithm', 'is missing'],
    ['a byte after it', bytes(certificate(), [0]), 'certificate', TRAILING],
    ['a second certificate after it', bytes(certificate(), certificate()), 'certificate', TRAILING],
    [
      'indefinite length',
      bytes([0x30, 0x80], certificate(), [0, 0]),
      'certificate',
      'an indefinite length is BER, not DER',
    ],
    ['text', ascii('-----BEGIN CERTIFICATE-----'), 'certificate', 'has tag 0x2d where 0x30 belongs'],
  ])('%s', (_rule, der, field, problem) => expect(readCertificate(der)).toEqual(malformed(field, problem)))
})

describe('limits stop the reader', () => {
  const nested = (levels: number): Bytes => (levels === 0 ? nul() : seq(nested(levels - 1)))
  const withParameters = (parameters: Bytes) => certificate({ algorithm: seq(oid('1.2.3.4'), parameters) })

  it(`${MAX_CERTIFICATE_BYTES + 1} bytes are too large, with any content`, () => {
    expect(readCertificate(new Uint8Array(MAX_CERTIFICATE_BYTES + 1))).toEqual({
      ok: false,
      error: { reason: 'certificate_too_large', bytes: 16_385, limitBytes: 16_384 },
    })
  })

  it('nesting is too complex', () => {
    expect(readCertificate(withParameters(nested(MAX_DEPTH)))).toMatchObject({
      ok: false,
      error: { reason: 'certificate_too_complex', problem: `nested more than ${MAX_DEPTH} levels deep` },
    })
  })

  it('too many values are too complex', () => {
    const many = Array.from({ length: MAX_TLVS }, nul)
    expect(readCertificate(withParameters(seq(...many)))).toMatchObject({
      ok: false,
      error: { reason: 'certificate_too_complex', problem: `more than ${MAX_TLVS} ASN.1 values` },
    })
  })

  it('but size is checked first: thousands of names', () => {
    const names = seq(...Array.from({ length: 3_000 }, () => implicit(2, ascii('a.example'))))
    expect(readCertificate(certificate({ extensions: [extension('2.5.29.17', names)] }))).toMatchObject({
      ok: false,
      error: { reason: 'certificate_too_large' },
    })
  })
})
