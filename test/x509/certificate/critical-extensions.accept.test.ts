import { describe, expect, it } from 'vitest'
import { ascii, type Bytes, explicit, implicit, nul, oid, printable, seq, set, utf8 } from '../../../src/testing/der.ts'
import { extension, name } from '../../../src/testing/extensions.ts'
import { EXTENSION } from '../../../src/x509/asn1/oids.ts'
import { criticalExtensionFaults } from '../../../src/x509/certificate/extensions.ts'
import { certificate } from '../../support/pki.ts'
import { sound } from '../../support/reading.ts'
import { DECIDING, GOOD } from '../../support/x509/good-extensions.ts'

const faults = (id: string, value: Bytes, critical = true) =>
  criticalExtensionFaults(sound(certificate({ extensions: [extension(id, value, critical)] })).extensions)

const PROCESSED = [...DECIDING, 'certificatePolicies', 'subjectAltName', 'crlDistributionPoints'] as const

describe('a critical extension is processed', () => {
  it.each(PROCESSED)('%s', (name) => expect(faults(EXTENSION[name], GOOD[name])).toEqual([]))

  const dns = (text: string) => implicit(2, ascii(text))
  const upn = explicit(0, oid('1.3.6.1.4.1.311.20.2.3'), explicit(0, utf8('u@corp')))
  it.each([
    ['a name of another form beside one of ours', seq(upn, dns('a.example'))],
    [
      'each form of ours',
      seq(dns('a'), implicit(1, ascii('a@b')), implicit(6, ascii('x:y')), implicit(7, [10, 0, 0, 7])),
    ],
    ['a directoryName alone', seq(explicit(4, name('x')))],
    [
      'names that are malformed: a constraint on their form would ask',
      seq(dns(''), implicit(2, [0xfc]), implicit(7, [])),
    ],
    ['a malformed directoryName', seq(explicit(4, seq(set(seq(oid('2.5.4.3'), printable('a@b'))))))],
  ])('subjectAltName with %s', (_rule, value) => expect(faults(EXTENSION.subjectAltName, value)).toEqual([]))
})

describe('an extension that is not critical is never refused', () => {
  it.each(Object.keys(EXTENSION).filter((key) => !DECIDING.has(key as keyof typeof EXTENSION)))('%s', (key) => {
    expect(faults(EXTENSION[key as keyof typeof EXTENSION], nul(), false)).toEqual([])
  })

  it('an unknown one', () => expect(faults('1.2.3', nul(), false)).toEqual([]))
})
