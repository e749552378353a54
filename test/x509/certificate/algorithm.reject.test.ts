import { describe, expect, it } from 'vitest'
import { type Bytes, bytes, int, nul, octets, oid, seq } from '../../../src/testing/der.ts'
import { DerReader } from '../../../src/x509/asn1/der.ts'
import { readAlgorithm, signatureAlgorithm } from '../../../src/x509/certificate/algorithm.ts'
import { malformed, objection } from '../../support/reading.ts'

const ECDSA = '1.2.840.10045.4.3.2'
const RSA = '1.2.840.113549.1.1.11'
const read = (der: Bytes) => readAlgorithm(DerReader.over(der), 'signature')

describe('an AlgorithmIdentifier is refused', () => {
  const NOT_SHORTEST = 'a length that is not in its shortest form is BER, not DER'
  it.each([
    ['not a SEQUENCE', oid(RSA), 'signature', 'has tag 0x06 where 0x30 belongs'],
    ['empty', seq(), 'signature', 'is missing'],
    ['parameters first', seq(nul(), oid(RSA)), 'signature', 'has tag 0x05 where 0x06 belongs'],
    ['parameters twice', seq(oid(RSA), nul(), nul()), 'signature', 'has bytes after its last field'],
    ['an empty OBJECT IDENTIFIER', seq(bytes([0x06, 0x00])), 'signature', 'an OBJECT IDENTIFIER without content'],
    ['parameters in BER', seq(oid(RSA), bytes([0x05, 0x81, 0x00])), 'signature.parameters', NOT_SHORTEST],
    ['parameters with BER inside', seq(oid(RSA), seq(bytes([0x05, 0x81, 0x00]))), 'signature.parameters', NOT_SHORTEST],
  ])('%s', (_rule, der, field, problem) => {
    expect(objection(() => read(der))).toEqual(malformed(field, problem))
  })
})

describe('parameters that the signature algorithm does not take are refused', () => {
  it.each([
    ['NULL with content with ECDSA', seq(oid(ECDSA), bytes([0x05, 0x01, 0x00])), 'ecdsa-with-SHA256'],
    ['the curve with ECDSA', seq(oid(ECDSA), oid('1.2.840.10045.3.1.7')), 'ecdsa-with-SHA256'],
    ['a SEQUENCE with ECDSA', seq(oid(ECDSA), seq()), 'ecdsa-with-SHA256'],
    ['an OCTET STRING with RSA', seq(oid(RSA), octets(int(1))), 'sha256WithRSAEncryption'],
    ['NULL with content with RSA', seq(oid(RSA), bytes([0x05, 0x01, 0x00])), 'sha256WithRSAEncryption'],
    ['an empty SEQUENCE with RSA', seq(oid(RSA), seq()), 'sha256WithRSAEncryption'],
  ])('%s', (_rule, der, name) => {
    expect(objection(() => signatureAlgorithm(read(der), 'outer'))).toEqual(
      malformed('outer', `${name} does not take these parameters`),
    )
  })
})
