import { describe, expect, it } from 'vitest'
import { overlapsOf } from '../../../src/registry/hostname-state/overlaps.ts'
import type { PlacedCertificate } from '../../../src/registry/hostname-state/rules.ts'
import { overlapText } from '../../../src/registry/hostname-state/text.ts'

/** Which certificates of a hostname overlap, by what is stored of them. */

/** A certificate `sha256` of the CA `subject` with the key `key`. */
function certificate(
  sha256: string,
  subject: string,
  key: string,
  parts: Partial<PlacedCertificate> = {},
): PlacedCertificate {
  return {
    certificateId: `record of ${sha256}`,
    name: '',
    index: 0,
    subject: `CN=${subject}`,
    issuer: `CN=${subject}`,
    serialNumber: '01',
    sha256,
    md5: '',
    keySha256: key,
    publicKey: '',
    signatureAlgorithm: '',
    notBefore: 0,
    notAfter: 0,
    nameKey: subject,
    caKey: `${subject} ${key}`,
    role: 'anchor',
    coverage: undefined,
    traffic: undefined,
    ...parts,
  }
}

const below = (issuer: string): Partial<PlacedCertificate> => ({ role: 'intermediate', issuer: `CN=${issuer}` })

const found = (...certificates: readonly PlacedCertificate[]) =>
  overlapsOf(certificates).map((overlap) => [
    overlap.code,
    overlap.certificates.map(({ sha256 }) => sha256).join(),
    overlapText(overlap),
  ])

const a1 = certificate('a1', 'A', '1')
const b2 = certificate('b2', 'B', '2')

describe('overlaps are', () => {
  it.each<[string, readonly PlacedCertificate[], readonly (readonly string[])[]]>([
    [
      'the same anchor in two records',
      [a1, { ...a1, certificateId: 'another' }],
      [
        [
          'same_certificate',
          'a1,a1',
          'CN=A is in 2 records: it is trusted until the hostname is removed from all of them',
        ],
      ],
    ],
    [
      'an anchor that is an intermediate of another record, and an intermediate of two records: nothing',
      [
        a1,
        { ...a1, role: 'intermediate' },
        certificate('x', 'X', '9', below('A')),
        certificate('x', 'X', '9', below('A')),
      ],
      [],
    ],
    [
      'anchors with one key, of one name or of two',
      [a1, certificate('a1 again', 'A', '1'), b2, certificate('c2', 'C', '2')],
      [
        [
          'same_key',
          'a1,a1 again',
          'CN=A has 2 certificates with one key: its clients come in by any of them that is valid',
        ],
        ['same_key', 'b2,c2', 'CN=B has 2 certificates with one key: its clients come in by any of them that is valid'],
      ],
    ],
    [
      'an intermediate that its CA issued again',
      [a1, certificate('i', 'I', '3', below('A')), certificate('i again', 'I', '3', below('A'))],
      [
        [
          'same_key',
          'i,i again',
          'CN=I has 2 certificates with one key: its clients come in by any of them that is valid',
        ],
      ],
    ],
    [
      'anchors of one name with two keys',
      [a1, certificate('a2', 'A', '2')],
      [
        [
          'same_name',
          'a1,a2',
          'CN=A has 2 keys: clients of each come in by the certificate with that key, and by no other',
        ],
      ],
    ],
    [
      'an anchor that another CA certified, too',
      [a1, b2, certificate('b2 by A', 'B', '2', below('A'))],
      [
        [
          'cross_signed',
          'b2,b2 by A',
          'CN=B is an anchor, and also certified by CN=A: its clients come in either way, and still do after one of them is removed',
        ],
      ],
    ],
    [
      'a root with a new key, which the old key certified',
      [a1, certificate('a2', 'A', '2'), certificate('a2 by a1', 'A', '2', below('A'))],
      [
        ['same_name', 'a1,a2', expect.any(String)],
        ['cross_signed', 'a2,a2 by a1', expect.stringContaining('CN=A is an anchor, and also certified by CN=A: ')],
      ],
    ],
    [
      'an intermediate that two CAs certified, one of them twice',
      [
        a1,
        b2,
        ...['i', 'j'].map((sha256) => certificate(sha256, 'I', '3', below('A'))),
        certificate('k', 'I', '3', below('B')),
      ],
      [
        ['same_key', 'i,j', expect.any(String)],
        ['cross_signed', 'i,j,k', expect.stringContaining('CN=I is certified by CN=A and CN=B: its clients')],
      ],
    ],
    ['nothing among different CAs', [a1, b2, certificate('i', 'I', '3', below('A'))], []],
    [
      'nothing among certificates that cannot be read any more',
      ['x', 'y'].map((sha256) => certificate(sha256, '', '', { ...below(''), nameKey: '', caKey: '' })),
      [],
    ],
  ])('%s', (_, certificates, expected) => {
    expect(found(...certificates)).toEqual(expected)
  })

  it('one for any number of certificates, with names that are cut', () => {
    const long = 'x'.repeat(1_000)
    const many = Array.from({ length: 5 }, (_, i) => certificate(`i${i}`, long, '3', below(`${i}`)))
    const [[code, , text] = [], ...others] = found(...many)
    expect([code, others]).toEqual(['cross_signed', []])
    expect(text).toBe(
      `CN=${'x'.repeat(197)} is certified by CN=0 and CN=1 and CN=2 and 2 more: its clients come in either way, and still do after one of them is removed`,
    )
  })
})
