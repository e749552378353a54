import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { ascii, type Bytes, bits, bytes, explicit, implicit, int, seq } from '../../../src/testing/der.ts'
import { extension } from '../../../src/testing/extensions.ts'
import { DerReader } from '../../../src/x509/asn1/der.ts'
import { EXTENSION } from '../../../src/x509/asn1/oids.ts'
import { type Extensions, extensionName, readExtensions } from '../../../src/x509/certificate/extensions.ts'
import { DECIDING, GOOD } from '../../support/x509/good-extensions.ts'

const read = (...members: readonly Bytes[]): Extensions => readExtensions(DerReader.over(explicit(3, seq(...members))))
const dns = implicit(2, ascii('a.example'))

describe('an extension is read unchanged', () => {
  const value = seq(int(1))
  it.each([
    ['not marked: not critical', extension('1.2.3.4', value), false],
    ['marked TRUE: critical', extension('1.2.3.4', value, true), true],
    ['FALSE written out is tolerated: not DER, but in use', extension('1.2.3.4', value, false), false],
  ])('%s', (_rule, der, critical) => {
    expect(read(der).list).toEqual([{ oid: '1.2.3.4', critical, value }])
  })

  it.each([
    ['no DER at all', fromHex('ff')],
    ['empty', fromHex('')],
    ['BER', fromHex('30800000')],
  ])('the value of an unknown one is not decoded: %s', (_rule, octetsInside) => {
    expect(read(extension('1.2.3.4', octetsInside)).list[0]?.value).toEqual(octetsInside)
  })

  it('several, in order', () => {
    const both = read(extension('1.2.3.5', value), extension(EXTENSION.keyUsage, bits(Uint8Array.of(4), 2)))
    expect(both.list.map(({ oid }) => oid)).toEqual(['1.2.3.5', '2.5.29.15'])
  })

  it('absent extensions are undefined', () => {
    expect(read(extension('1.2.3.4', value)).values).toEqual({})
  })
})

describe('each extension of RFC 5280 4.2 is known and read', () => {
  const names = Object.keys(EXTENSION) as (keyof typeof EXTENSION)[]

  it.each(names)('%s', (name) => {
    expect(extensionName(EXTENSION[name])?.toLowerCase()).toBe(name.toLowerCase())
    expect(read(extension(EXTENSION[name], GOOD[name])).list).toHaveLength(1)
  })

  it.each(names)('%s may be critical: another check decides whether it is processed', (name) => {
    expect(read(extension(EXTENSION[name], GOOD[name], true)).list[0]?.critical).toBe(true)
  })

  it('all of them in one certificate', () => {
    const all = read(...names.map((name) => extension(EXTENSION[name], GOOD[name])))
    expect(all.values).toMatchObject({
      keyUsage: new Set(['keyCertSign', 'cRLSign']),
      basicConstraints: { cA: true, pathLen: 3 },
      extKeyUsage: ['1.3.6.1.5.5.7.3.2'],
      nameConstraints: { permitted: [{ form: 'dNSName', value: 'a.example' }], excluded: [] },
    })
  })

  it.each([
    ['empty', bytes()],
    ['no DER', fromHex('ff')],
    ['BER', fromHex('30800000')],
    ['another type', int(1)],
    ['more after it', bytes(seq(dns), [0])],
  ])('the value of one that decides nothing is not decoded: %s', (_rule, value) => {
    for (const name of names.filter((candidate) => !DECIDING.has(candidate))) {
      const { list, values } = read(extension(EXTENSION[name], value))
      expect({ list, values }, name).toEqual({ list: [{ oid: EXTENSION[name], critical: false, value }], values: {} })
    }
  })

  it('any other is unknown', () => expect(extensionName('2.5.29.16')).toBeUndefined())
})
