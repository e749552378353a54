import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { ascii, type Bytes, bytes, implicit, nul, oid, seq } from '../../../src/testing/der.ts'
import { extension } from '../../../src/testing/extensions.ts'
import { EXTENSION } from '../../../src/x509/asn1/oids.ts'
import {
  authorityKeyIdentifier,
  certificatePolicies,
  subjectAltName,
  subjectKeyIdentifier,
} from '../../../src/x509/certificate/informing-extensions.ts'
import { certificate } from '../../support/pki.ts'
import { sound } from '../../support/reading.ts'
import { GOOD } from '../../support/x509/good-extensions.ts'

const having = (name: keyof typeof EXTENSION, value: Bytes) =>
  sound(certificate({ extensions: [extension('1.2.3', nul()), extension(EXTENSION[name], value)] }))
const none = sound(certificate({ extensions: null }))
const dns = (text: string) => implicit(2, ascii(text))

describe('an extension is read when it is asked for', () => {
  it('subjectAltName', () => {
    expect(subjectAltName(having('subjectAltName', seq(dns('a.example'), dns(''))))).toEqual({
      ok: true,
      value: [
        { form: 'dNSName', value: 'a.example' },
        { form: 'dNSName', value: '' },
      ],
    })
  })

  it('subjectAltName, empty', () => {
    expect(subjectAltName(having('subjectAltName', seq()))).toEqual({ ok: true, value: [] })
  })

  it('certificatePolicies', () => {
    const read = certificatePolicies(having('certificatePolicies', seq(seq(oid('1.2.3')), seq(oid('1.2.4')))))
    expect(read).toEqual({ ok: true, value: new Set(['1.2.3', '1.2.4']) })
  })

  it('the key identifiers', () => {
    expect(authorityKeyIdentifier(having('authorityKeyIdentifier', GOOD.authorityKeyIdentifier))).toBe('0a0b')
    expect(subjectKeyIdentifier(having('subjectKeyIdentifier', GOOD.subjectKeyIdentifier))).toBe('0102')
  })

  it('once: the second result is the first one', () => {
    const given = having('subjectAltName', seq(dns('a.example')))
    expect(subjectAltName(given)).toBe(subjectAltName(given))
  })

  it('separately for each certificate', () => {
    const [a, b] = ['a', 'b'].map((name) => having('subjectAltName', seq(dns(name))))
    expect([a, b].map((one) => one && subjectAltName(one))).toMatchObject([
      { value: [{ value: 'a' }] },
      { value: [{ value: 'b' }] },
    ])
  })
})

describe('absent extensions are undefined', () => {
  it.each([
    ['subjectAltName', subjectAltName],
    ['certificatePolicies', certificatePolicies],
    ['authorityKeyIdentifier', authorityKeyIdentifier],
    ['subjectKeyIdentifier', subjectKeyIdentifier],
  ])('%s', (_name, ask) => expect(ask(none)).toBeUndefined())
})

describe('a malformed extension is a fault, but the certificate can be read', () => {
  const MISSING = 'is missing'
  const TRAILING = 'has bytes after its last field'
  const BER = 'an indefinite length is BER, not DER'
  it.each([
    ['empty', bytes(), MISSING],
    ['BER', fromHex('30800000'), BER],
    ['more after it', bytes(GOOD.subjectAltName, [0]), TRAILING],
    ['more names than are read', seq(...Array.from({ length: 2_000 }, () => dns(''))), 'more than 2000 ASN.1 values'],
  ])('subjectAltName: %s', (_rule, value, problem) => {
    const error = { field: 'subjectAltName', problem }
    expect(subjectAltName(having('subjectAltName', value))).toEqual({ ok: false, error })
  })

  it.each([
    ['empty', seq(), 'is empty'],
    ['a policy twice', seq(seq(oid('1.2.3')), seq(oid('1.2.3'))), 'has policy 1.2.3 twice'],
    ['more after it', bytes(GOOD.certificatePolicies, [0]), TRAILING],
  ])('certificatePolicies: %s', (_rule, value, problem) => {
    const error = { field: 'certificatePolicies', problem }
    expect(certificatePolicies(having('certificatePolicies', value))).toEqual({ ok: false, error })
  })

  it.each([
    ['empty', bytes()],
    ['another type', nul()],
    ['more after it', bytes(GOOD.authorityKeyIdentifier, [0])],
  ])('a malformed key identifier is undefined: %s', (_rule, value) => {
    expect(authorityKeyIdentifier(having('authorityKeyIdentifier', value))).toBeUndefined()
    expect(subjectKeyIdentifier(having('subjectKeyIdentifier', value))).toBeUndefined()
  })
})
