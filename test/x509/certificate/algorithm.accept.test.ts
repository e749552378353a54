import { describe, expect, it } from 'vitest'
import { type Bytes, bytes, int, nul, oid, seq } from '../../../src/testing/der.ts'
import { DerReader, TAG } from '../../../src/x509/asn1/der.ts'
import { isNull, readAlgorithm, signatureAlgorithm, signatureName } from '../../../src/x509/certificate/algorithm.ts'
import { first } from '../../support/reading.ts'

const read = (der: Bytes) => readAlgorithm(DerReader.over(der), 'test')

describe('an AlgorithmIdentifier is read', () => {
  it('without parameters', () => {
    expect(read(seq(oid('1.2.840.10045.4.3.2')))).toMatchObject({ oid: '1.2.840.10045.4.3.2', parameters: undefined })
  })

  it('with parameters', () => {
    expect(read(seq(oid('1.2.840.113549.1.1.11'), nul())).parameters?.tag).toBe(TAG.null)
  })

  it('with parameters of several levels', () => {
    const curve = seq(int(1), seq(oid('1.2.840.10045.1.1'), int(23)))
    expect(read(seq(oid('1.2.840.10045.2.1'), curve)).parameters?.der).toEqual(curve)
  })

  it('der is the whole identifier and nothing after it', () => {
    const algorithm = seq(oid('1.2.840.10045.4.3.2'))
    expect(read(bytes(algorithm, int(1))).der).toEqual(algorithm)
  })
})

describe('isNull', () => {
  it.each([
    ['NULL', nul(), true],
    ['NULL with content is not NULL', bytes([0x05, 0x01, 0x00]), false],
    ['another type is not NULL', seq(), false],
  ])('%s', (_rule, der, expected) => expect(isNull(first(der))).toBe(expected))

  it('absent parameters are not NULL', () => expect(isNull(undefined)).toBe(false))
})

/** The eight algorithms of contract 3: the OID, OpenSSL's name, how it is verified. */
const EIGHT = [
  ['1.2.840.113549.1.1.5', 'sha1WithRSAEncryption', 'RSASSA-PKCS1-v1_5', 'SHA-1'],
  ['1.2.840.113549.1.1.11', 'sha256WithRSAEncryption', 'RSASSA-PKCS1-v1_5', 'SHA-256'],
  ['1.2.840.113549.1.1.12', 'sha384WithRSAEncryption', 'RSASSA-PKCS1-v1_5', 'SHA-384'],
  ['1.2.840.113549.1.1.13', 'sha512WithRSAEncryption', 'RSASSA-PKCS1-v1_5', 'SHA-512'],
  ['1.2.840.10045.4.1', 'ecdsa-with-SHA1', 'ECDSA', 'SHA-1'],
  ['1.2.840.10045.4.3.2', 'ecdsa-with-SHA256', 'ECDSA', 'SHA-256'],
  ['1.2.840.10045.4.3.3', 'ecdsa-with-SHA384', 'ECDSA', 'SHA-384'],
  ['1.2.840.10045.4.3.4', 'ecdsa-with-SHA512', 'ECDSA', 'SHA-512'],
] as const

describe('the eight signature algorithms are known', () => {
  it.each(EIGHT)('%s is %s', (dotted, name, scheme, hash) => {
    const parameters = scheme === 'ECDSA' ? bytes() : nul()
    expect(signatureAlgorithm(read(seq(oid(dotted), parameters)), 'test')).toEqual({ name, scheme, hash })
  })

  it.each(EIGHT)('%s with NULL and without (RFC 4055 2.1, Java 11)', (dotted, name, scheme, hash) => {
    for (const parameters of [bytes(), nul()]) {
      expect(signatureAlgorithm(read(seq(oid(dotted), parameters)), 'test')).toEqual({ name, scheme, hash })
    }
  })
})

describe('any other algorithm has at most a name', () => {
  it.each([
    ['1.2.840.113549.1.1.4', 'md5WithRSAEncryption'],
    ['1.2.840.113549.1.1.10', 'rsassaPss'],
    ['1.2.840.113549.1.1.14', 'sha224WithRSAEncryption'],
    ['1.2.840.10045.4.3.1', 'ecdsa-with-SHA224'],
    ['1.3.101.112', 'Ed25519'],
    ['1.2.3.4', '1.2.3.4'],
  ])('%s is %s and not one of the eight', (dotted, name) => {
    expect(signatureName(dotted)).toBe(name)
    expect(signatureAlgorithm(read(seq(oid(dotted))), 'test')).toBeUndefined()
  })

  it('with any parameters', () => {
    expect(signatureAlgorithm(read(seq(oid('1.2.840.113549.1.1.10'), seq(int(1)))), 'test')).toBeUndefined()
  })
})
