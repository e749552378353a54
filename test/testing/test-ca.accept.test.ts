import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../src/core/bytes.ts'
import { nul } from '../../src/testing/der.ts'
import { type TestCa, type TestCertificate, testCa } from '../../src/testing/index.ts'
import { certificatesOf } from '../../src/testing/read-pem.ts'
import { subjectAltName } from '../../src/x509/certificate/informing-extensions.ts'
import { displayName } from '../../src/x509/certificate/name.ts'
import { checkCrl } from '../../src/x509/crl/check-crl.ts'
import { decodeCrls } from '../../src/x509/crl/decode-crl.ts'
import { crlEntries } from '../../src/x509/crl/entries.ts'
import { readCrl } from '../../src/x509/crl/read-crl.ts'
import { NOW } from '../support/pki.ts'
import { sound } from '../support/reading.ts'
import { pathOf, refusal } from '../support/x509/chain.ts'

const AT_NOW = new Date(NOW * 1_000)
const DAY = 86_400

const derOf = (pem: string) => certificatesOf('test', pem).map(({ der }) => ({ der }))
const read = ({ certificate }: TestCertificate) => sound(derOf(certificate)[0]?.der ?? new Uint8Array())
const chosen = (root: TestCa, client: TestCertificate) => {
  const [leaf = { der: new Uint8Array() }] = derOf(client.certificate)
  return { leaf, chain: client.chain === '' ? [] : derOf(client.chain), anchors: derOf(root.certificate) }
}

describe('testCa', () => {
  it('is a root that issues what the path search accepts', async () => {
    const root = await testCa({ now: AT_NOW })
    expect(root.chain).toBe('')
    expect(await pathOf(chosen(root, await root.issue()))).toEqual(['client', 'Test CA'])
  })

  it.each(['P-256', 'P-384', 'P-521', 'RSA-2048', 'Ed25519'] as const)('has keys of type %s', async (keyType) => {
    const root = await testCa({ now: AT_NOW, keyType })
    expect(await pathOf(chosen(root, await root.issue({ keyType })))).toEqual(['client', 'Test CA'])
    const again = await testCa({ now: AT_NOW, certificate: root.certificate, key: root.key })
    expect(await pathOf(chosen(root, await again.issue()))).toEqual(['client', 'Test CA'])
  })

  it('issues intermediates, whose chain leads up to the root but does not contain it', async () => {
    const root = await testCa({ now: AT_NOW, subject: 'Root' })
    const upper = await root.issue({ ca: true, subject: 'Upper' })
    const lower = await upper.issue({ ca: true, subject: 'Lower', pathLength: 0 })
    const client = await lower.issue()
    expect([root, upper, lower, client].map(({ chain }) => chain)).toEqual([
      '',
      '',
      upper.certificate,
      lower.certificate + upper.certificate,
    ])
    expect(await pathOf(chosen(root, client))).toEqual(['client', 'Lower', 'Upper', 'Root'])
    const below = await lower.issue({ ca: true })
    expect(await refusal(chosen(root, await below.issue()))).toMatchObject({ code: 'path_len_exceeded' })
  })

  it('uses an existing CA, with its chain and its key identifier', async () => {
    const root = await testCa({ now: AT_NOW })
    const value = fromHex('0401aa')
    const ca = await root.issue({ ca: true, subject: 'Intermediate', extensions: [{ oid: '2.5.29.14', value }] })
    const top = await ca.issue({ ca: true, subject: 'Lowest' })
    const same = await testCa({ now: AT_NOW, certificate: top.certificate + top.chain, key: top.key })
    expect({ ...same, issue: null, crl: null }).toEqual({ ...top, issue: null, crl: null })
    expect(await pathOf(chosen(root, await same.issue()))).toEqual(['client', 'Lowest', 'Intermediate', 'Test CA'])
    const again = await testCa({ now: AT_NOW, certificate: ca.certificate, key: ca.key })
    expect(read(await again.issue()).extensions.list.map(({ value }) => toHex(value))).toContain('3003' + '8001aa')
  })

  it('makes the same octets from the same key, time and serial numbers, if the signature is deterministic', async () => {
    const { key } = await testCa({ keyType: 'Ed25519' })
    const given = { key, now: AT_NOW, randomOctets: (count: number) => new Uint8Array(count).fill(0xff) }
    const [one, two] = [await testCa(given), await testCa(given)]
    expect(one.certificate).toBe(two.certificate)
    expect(one.serialNumber).toBe(`7f${'ff'.repeat(15)}`)
    expect((await one.issue({ key })).certificate).toBe((await two.issue({ key })).certificate)
    expect(await one.crl()).toBe(await two.crl())
  })

  it('uses the clock, and a different key and serial number each time, without options', async () => {
    const before = Math.floor(Date.now() / 1_000)
    const [one, two] = [await testCa(), await testCa()]
    expect(one.serialNumber).not.toBe(two.serialNumber)
    expect(one.key).not.toBe(two.key)
    const { notBefore, notAfter } = read(one)
    expect(notBefore).toBeGreaterThanOrEqual(before - DAY)
    expect(notBefore).toBeLessThanOrEqual(Date.now() / 1_000 - DAY)
    expect(notAfter - notBefore).toBe(3_651 * DAY)
  })
})

describe('what is issued', async () => {
  const root = await testCa({ now: AT_NOW })

  it.each([
    ['robot', 'CN=robot'],
    [{ C: 'DE', O: 'Widgets, Inc.', OU: 'Robots', CN: 'r2' }, 'C=DE, O=Widgets\\, Inc., OU=Robots, CN=r2'],
    [{ DC: 'example', emailAddress: 'a@b.example', '2.5.4.3': 'é' }, 'DC=example, emailAddress=a@b.example, CN=é'],
    [{}, ''],
  ])('has subject %j', async (subject, text) => {
    expect(displayName(read(await root.issue({ subject, subjectAltName: ['DNS:a.example'] })).subject)).toBe(text)
  })

  it('has alternative names of each form', async () => {
    const names = ['DNS:a.example', 'URI:spiffe://a/b', 'email:a@b.example', 'IP:192.0.2.1', 'IP:2001:db8::1', 'IP:::']
    const found = subjectAltName(read(await root.issue({ subjectAltName: names })))
    expect(found).toMatchObject({
      value: [
        { form: 'dNSName', value: 'a.example' },
        { form: 'uniformResourceIdentifier', value: 'spiffe://a/b' },
        { form: 'rfc822Name', value: 'a@b.example' },
        { form: 'iPAddress', octets: Uint8Array.of(192, 0, 2, 1) },
        { form: 'iPAddress', octets: fromHex('20010db8000000000000000000000001') },
        { form: 'iPAddress', octets: new Uint8Array(16) },
      ],
    })
  })

  it.each([
    ['a month ago, for a day', { notBefore: -30, notAfter: -29 }, { notBefore: -30, notAfter: -29 }],
    ['until a month ago', { notAfter: -30 }, { notBefore: -31, notAfter: -30 }],
    ['from in a month on', { notBefore: 30 }, { notBefore: 30, notAfter: 90 }],
    ['from in a year on', { notBefore: 365 }, { notBefore: 365, notAfter: 366 }],
    ['as usual', {}, { notBefore: -1, notAfter: 90 }],
  ])('is valid %s', async (_, given, expected) => {
    const dates = Object.entries(given).map(([field, days]) => [field, new Date((NOW + days * DAY) * 1_000 + 999)])
    const { notBefore, notAfter } = read(await root.issue(Object.fromEntries(dates)))
    expect({ notBefore: (notBefore - NOW) / DAY, notAfter: (notAfter - NOW) / DAY }).toEqual(expected)
  })

  it('has purposes by name or OID, or no such extension', async () => {
    const purposes = async (...extendedKeyUsage: readonly string[]) =>
      read(await root.issue({ extendedKeyUsage })).extensions.values.extKeyUsage
    expect(await purposes('serverAuth', 'clientAuth')).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
    expect(await purposes('1.2.3')).toEqual(['1.2.3'])
    expect(await purposes()).toBeUndefined()
    const server = await root.issue({ extendedKeyUsage: ['serverAuth'] })
    expect(await refusal(chosen(root, server))).toMatchObject({ code: 'leaf_ext_key_usage' })
  })

  it('has the given extensions and the given serial number', async () => {
    const extensions = [
      { oid: '2.5.29.15', value: fromHex('03020780'), critical: false },
      { oid: '1.2.3', value: nul(), critical: true },
    ]
    const client = await root.issue({ extensions, serialNumber: '0080AB' })
    expect(client.serialNumber).toBe('0080ab')
    expect(toHex(read(client).serialNumber)).toBe('0080ab')
    const { list } = read(client).extensions
    expect(list.map(({ oid, critical }) => `${oid} ${critical}`)).toEqual([
      '2.5.29.37 false',
      '2.5.29.14 false',
      '2.5.29.35 false',
      '2.5.29.15 false',
      '1.2.3 true',
    ])
    expect(await refusal(chosen(root, client))).toMatchObject({ code: 'unknown_critical_extension' })
  })

  it('has a wrong signature if requested', async () => {
    expect(await refusal(chosen(root, await root.issue({ breakSignature: true })))).toMatchObject({
      code: 'signature_invalid',
    })
  })
})

describe('crl', async () => {
  const root = await testCa({ now: AT_NOW })
  const client = await root.issue()

  async function signed(options: Parameters<TestCa['crl']>[0], by = root) {
    const decoded = decodeCrls(new TextEncoder().encode(await by.crl(options)))
    if (!decoded.ok) throw new Error(JSON.stringify(decoded.error))
    const crl = readCrl(decoded.value.crls[0] ?? new Uint8Array())
    if (!crl.ok) throw new Error(JSON.stringify(crl.error))
    const { thisUpdate, nextUpdate, number, oddities } = crl.value
    expect(await checkCrl(crl.value, [read(by)], thisUpdate)).toMatchObject({ ok: true })
    expect(oddities).toEqual([])
    const dates = { thisUpdate: (thisUpdate - NOW) / DAY, nextUpdate: (nextUpdate - NOW) / DAY }
    return { ...dates, number, entries: [...crlEntries(crl.value)] }
  }

  it('lists nothing, or what is revoked', async () => {
    const ca = await testCa({ now: AT_NOW })
    expect(await signed({}, ca)).toEqual({ thisUpdate: 0, nextUpdate: 30, number: '1', entries: [] })
    const other = { serialNumber: '0A', revokedAt: new Date(0), reason: 1 }
    expect((await signed({ revoked: [client, other] }, ca)).entries).toEqual([
      { serial: client.serialNumber, revokedAt: NOW - DAY, reason: 0 },
      { serial: '0a', revokedAt: 0, reason: 1 },
    ])
  })

  it('lists more certificates than a call has arguments', async () => {
    const revoked = Array.from({ length: 150_000 }, (_, n) => ({ serialNumber: (0x100000 + n).toString(16) }))
    const { entries } = await signed({ revoked }, await testCa({ now: AT_NOW }))
    expect([entries.length, entries[0]?.serial, entries.at(-1)?.serial]).toEqual([150_000, '100000', '1249ef'])
  })

  it('has a number that is one more each time, or the given one', async () => {
    const ca = await testCa({ now: AT_NOW })
    const numbers = []
    for (const number of [undefined, undefined, 15, undefined, 2n ** 64n]) {
      numbers.push((await signed(number === undefined ? {} : { number }, ca)).number)
    }
    expect(numbers).toEqual(['1', '2', 'f', '10', '10000000000000000'])
  })

  it.each([
    [{ nextUpdate: -10 }, { thisUpdate: -11, nextUpdate: -10 }],
    [{ thisUpdate: -60 }, { thisUpdate: -60, nextUpdate: -30 }],
    [{ nextUpdate: 1 }, { thisUpdate: 0, nextUpdate: 1 }],
  ])('with dates %j', async (given, expected) => {
    const dates = Object.entries(given).map(([field, days]) => [field, new Date((NOW + days * DAY) * 1_000)])
    expect(await signed(Object.fromEntries(dates))).toMatchObject(expected)
  })
})
