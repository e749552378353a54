import { describe, expect, it } from 'vitest'
import {
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
  tlv,
} from '../../../src/testing/der.ts'
import { name } from '../../../src/testing/extensions.ts'
import { kindOfDer } from '../../../src/x509/text/index.ts'
import { certificate, ECDSA_SHA256, spkiP256 } from '../../support/pki.ts'
import { issue } from '../../support/x509/chain.ts'
import { issueCrl } from '../../support/x509/make-crl.ts'

const root = await issue()
const CRL = await issueCrl(root, { revoked: [{ serial: 1 }] })
const CRL_V1 = await issueCrl(root, { version: null, extensions: null })

describe('the kind of DER is recognised by its outermost values', () => {
  it.each<readonly [kind: string | undefined, what: string, der: Bytes]>([
    ['certificate', 'a certificate', certificate()],
    ['certificate', 'a certificate of version 1', certificate({ version: null, extensions: null })],
    [
      'certificate_request',
      'a request',
      seq(seq(int(0), name('x'), spkiP256(), implicit(0, [])), ECDSA_SHA256, bits(bytes())),
    ],
    [
      'certificate_request',
      'a request without a name',
      seq(seq(int(0), seq(), spkiP256()), ECDSA_SHA256, bits(bytes())),
    ],
    ['pkcs7', 'SignedData', seq(oid('1.2.840.113549.1.7.2'), explicit(0, seq()))],
    ['pkcs12', 'a PFX', seq(int(3), seq(oid('1.2.840.113549.1.7.1')))],
    ['private_key', 'PKCS #8', seq(int(0), seq(oid('1.2.840.10045.2.1')), octets(bytes()))],
    ['private_key', 'a key of SEC 1', seq(int(1), octets(bytes()))],
    ['ocsp_response', 'an OCSP response', seq(tlv(0x0a, [0]), explicit(0, seq()))],
    ['crl', 'a CRL', CRL],
    ['crl', 'a CRL of version 1', CRL_V1],
    [undefined, 'another ContentInfo', seq(oid('1.2.3'), nul())],
    [undefined, 'a SEQUENCE of text', seq(octets(bytes()))],
    [undefined, 'nothing', bytes()],
    [undefined, 'an empty SEQUENCE', seq()],
    [undefined, 'text', tlv(0x0c, [0x61])],
  ])('%s: %s', (kind, _what, der) => expect(kindOfDer(der)).toBe(kind))

  it('never throws, with any octet changed', () => {
    const der = certificate()
    let told = 0
    for (let at = 0; at < der.length; at += 1) {
      for (const octet of [0x00, 0x02, 0x30, 0x80, 0x84, 0xff]) {
        const changed = der.slice()
        changed[at] = octet
        if (kindOfDer(changed) !== undefined) told += 1
      }
    }
    expect(told).toBeGreaterThan(der.length)
  })
})
