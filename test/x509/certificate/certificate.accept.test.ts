import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../src/core/bytes.ts'
import {
  ascii,
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
  utf8,
} from '../../../src/testing/der.ts'
import { basicConstraints, extension, name } from '../../../src/testing/extensions.ts'
import { readCertificate } from '../../../src/x509/certificate/certificate.ts'
import { MAX_CERTIFICATE_BYTES, MAX_SERIAL_BYTES } from '../../../src/x509/limits.ts'
import { certificate, ECDSA_SHA256, RSA_SHA256, spkiP256 } from '../../support/pki.ts'
import { first, sound } from '../../support/reading.ts'

describe('the fields of RFC 5280 4.1 are read', () => {
  const der = certificate({
    serial: int(0x1234),
    issuer: name('Issuer'),
    subject: name('Subject'),
    notBefore: tlv(0x17, ascii('250101000000Z')),
    notAfter: tlv(0x18, ascii('20500101000000Z')),
    signature: bits(Uint8Array.of(0xaa, 0xbb)),
    extensions: [basicConstraints(true, 2)],
  })
  const read = sound(der)
  const members = first(der).open('certificate')

  it('version', () => expect(read.version).toBe(3))
  it('serialNumber', () => expect(toHex(read.serialNumber)).toBe('1234'))
  it('issuer', () => expect(read.issuer.rdns).toMatchObject([[{ text: 'Issuer' }]]))
  it('subject', () => expect(read.subject.rdns).toMatchObject([[{ text: 'Subject' }]]))
  it('notBefore in Unix seconds', () => expect(read.notBefore).toBe(1_735_689_600))
  it('notAfter in Unix seconds', () => expect(read.notAfter).toBe(2_524_608_000))
  it('publicKey', () => expect(read.publicKey.der).toEqual(spkiP256()))
  it('extensions', () => expect(read.extensions.values.basicConstraints).toEqual({ cA: true, pathLen: 2 }))
  it('signatureAlgorithm', () => expect(read.signatureAlgorithm.der).toEqual(ECDSA_SHA256))
  it('signature, without the count of unused bits', () => expect(toHex(read.signature)).toBe('aabb'))
  it('tbs: the octets that are signed', () => expect(read.tbs).toEqual(members.read('tbs').der))
  it('der: the input itself', () => expect(read.der).toBe(der))
})

describe('version', () => {
  it.each([
    ['absent is 1', { version: null, extensions: null }, 1],
    ['0, the default, written out is 1', { version: explicit(0, int(0)), extensions: null }, 1],
    ['1 is 2', { version: explicit(0, int(1)), extensions: null }, 2],
    ['2 is 3', { version: explicit(0, int(2)) }, 3],
    ['3 without extensions', { extensions: null }, 3],
  ])('%s', (_rule, parts, version) => {
    expect(sound(certificate(parts)).version).toBe(version)
  })

  it('has no extensions if the field is absent', () => {
    expect(sound(certificate({ extensions: null })).extensions).toEqual({ list: [], values: {} })
  })
})

describe('serialNumber', () => {
  it.each([
    ['zero, as old public roots have it', '00'],
    ['with a sign octet, which stays', '0080'],
    ['negative, unchanged', '80'],
    ['negative, of several octets', 'ee2b3deb'],
    [`negative, of ${MAX_SERIAL_BYTES} octets`, '80'.repeat(MAX_SERIAL_BYTES)],
    ['of 20 octets, the most of RFC 5280', `7f${'ff'.repeat(19)}`],
    [`of ${MAX_SERIAL_BYTES} octets`, `7f${'ff'.repeat(MAX_SERIAL_BYTES - 1)}`],
  ])('%s', (_rule, hex) => {
    expect(toHex(sound(certificate({ serial: int(fromHex(hex)) })).serialNumber)).toBe(hex)
  })
})

describe('unique identifiers, in versions 2 and 3', () => {
  const issuerId = implicit(1, [0, 0xaa])
  const subjectId = implicit(2, [0, 0xbb])
  it.each([
    ['both, version 3', { uniqueIds: bytes(issuerId, subjectId) }],
    ['issuerUniqueID only', { uniqueIds: issuerId }],
    ['subjectUniqueID only', { uniqueIds: subjectId }],
    ['version 2', { version: explicit(0, int(1)), extensions: null, uniqueIds: bytes(issuerId, subjectId) }],
    ['with unused bits', { uniqueIds: implicit(1, [4, 0xf0]) }],
  ])('%s', (_rule, parts) => {
    expect(readCertificate(certificate(parts))).toMatchObject({ ok: true })
  })
})

describe('what other checks refuse is read', () => {
  it.each([
    ['an empty subject', { subject: seq() }],
    ['an empty RDN', { subject: seq(set(), set(seq(oid('2.5.4.3'), utf8('x')))) }],
    [
      'any signature algorithm, with its parameters',
      { algorithm: seq(oid('1.2.840.113549.1.1.10'), seq(octets(nul()))) },
    ],
    ['a signature of no bits', { signature: tlv(0x03, [0]) }],
    ['an RSA signature algorithm on an EC key', { algorithm: RSA_SHA256 }],
    ['validity reversed', { notAfter: tlv(0x17, ascii('500101000000Z')) }],
    ['an unknown critical extension', { extensions: [extension('1.2.3.4', nul(), true)] }],
    ['no CA', { extensions: [basicConstraints(false)] }],
  ])('%s', (_rule, parts) => {
    expect(readCertificate(certificate(parts))).toMatchObject({ ok: true })
  })
})

describe('size', () => {
  it(`${MAX_CERTIFICATE_BYTES} bytes, the most`, () => {
    const filled = (size: number) =>
      certificate({ serial: int(1), extensions: [extension('1.2.3.4', new Uint8Array(size))] })
    const der = filled(MAX_CERTIFICATE_BYTES - (filled(15_000).length - 15_000))
    expect(der).toHaveLength(MAX_CERTIFICATE_BYTES)
    expect(readCertificate(der)).toMatchObject({ ok: true })
  })

  it('a certificate that is a view of a larger buffer', () => {
    const der = certificate({ serial: int(77) })
    const view = bytes([1, 2, 3], der, [4, 5]).subarray(3, 3 + der.length)
    expect(toHex(sound(view).serialNumber)).toBe('4d')
  })
})
