import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import {
  authorityKeyIdentifier,
  basicConstraints,
  name,
  subjectKeyIdentifier,
} from '../../../src/testing/extensions.ts'
import { bundlePlaces } from '../../../src/x509/certificate/bundle-order.ts'
import { readCertificate } from '../../../src/x509/index.ts'
import { type CertificateParts, certificate } from '../../support/pki.ts'

/** A CA by name; `by` is its issuer, the keys are key identifiers. */
function ca(subject: string, by = subject, key?: string, byKey?: string, parts: CertificateParts = {}) {
  const extensions = [
    basicConstraints(true),
    ...(key === undefined ? [] : [subjectKeyIdentifier(fromHex(key))]),
    ...(byKey === undefined ? [] : [authorityKeyIdentifier(fromHex(byKey))]),
  ]
  const read = readCertificate(certificate({ subject: name(subject), issuer: name(by), extensions, ...parts }))
  if (!read.ok) throw new Error(read.error.reason)
  return read.value
}

/** The issuer of each, by index; `self` where it is self-signed. */
const placesOf = (...bundle: readonly ReturnType<typeof ca>[]) =>
  bundlePlaces(bundle).map(({ selfSigned, issuer }) => (selfSigned ? 'self' : issuer))

describe('the issuer of a certificate in its bundle', () => {
  it.each<[string, readonly ReturnType<typeof ca>[], readonly unknown[]]>([
    ['in order', [ca('C', 'B'), ca('B', 'A'), ca('A')], [1, 2, 'self']],
    ['in reverse', [ca('A'), ca('B', 'A'), ca('C', 'B')], ['self', 0, 1]],
    ['without the root', [ca('C', 'B'), ca('B', 'A')], [1, undefined]],
    ['names are compared as RFC 5280 7.1 has it', [ca('B', 'a  ROOT'), ca('A Root')], [1, 'self']],
    ['two roots', [ca('A'), ca('B')], ['self', 'self']],
    [
      'the key identifier decides between two of a name',
      [ca('B', 'A', '0b', '02'), ca('A', 'A', '01'), ca('A', 'A', '02')],
      [2, 'self', 'self'],
    ],
    ['one with another key identifier is none', [ca('B', 'A', '0b', '02'), ca('A', 'A', '01')], [undefined, 'self']],
    ['without key identifiers, the next one', [ca('A'), ca('B', 'A'), ca('A', 'A', '01')], ['self', 2, 'self']],
    ['a new key under the old one', [ca('A', 'A', '02', '01'), ca('A', 'A', '01', '01')], [1, 'self']],
    ['each certifies the other', [ca('A', 'B'), ca('B', 'A')], [1, 0]],
    ['alone', [ca('A', 'B')], [undefined]],
  ])('%s', (_, bundle, expected) => {
    expect(placesOf(...bundle)).toEqual(expected)
  })
})
