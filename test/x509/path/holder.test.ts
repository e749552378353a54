import { describe, expect, it } from 'vitest'
import { ascii, type Bytes, implicit, int, oid, printable, seq, set, tlv, utf8 } from '../../../src/testing/der.ts'
import {
  basicConstraints,
  dns,
  email,
  extension,
  extKeyUsage,
  keyUsage,
  nameOf,
  otherName,
  subjectAltName,
  uri,
} from '../../../src/testing/extensions.ts'
import { sha256 } from '../../../src/x509/certificate/fingerprint.ts'
import { type Holder, holderOf } from '../../../src/x509/path/holder.ts'
import { TrustSet } from '../../../src/x509/path/trust-set.ts'
import { verifyPath } from '../../../src/x509/path/verify.ts'
import { NOW } from '../../support/pki.ts'
import {
  type Case,
  CLIENT_AUTH_OID,
  ca,
  DIGITAL_SIGNATURE,
  type IssueParts,
  issue,
  issueLeaf,
} from '../../support/x509/chain.ts'
import { ANY, anchored, inhibitAny, malformedPolicies, mappings, policies } from '../../support/x509/policies.ts'

const CN = '2.5.4.3'
const O = '2.5.4.10'
const OU = '2.5.4.11'

async function holderIn({ leaf, chain = [], anchors }: Case): Promise<Holder> {
  const trust = new TrustSet(anchors.map(({ der }, i) => ({ id: `anchor ${i}`, certificate: der })))
  const outcome = await verifyPath({ leaf: leaf.der, intermediates: chain.map(({ der }) => der), trust, at: NOW })
  if (!outcome.accepted) throw new Error(outcome.fault.reason)
  return await holderOf(outcome.path)
}

async function holderWith(parts: IssueParts): Promise<Holder> {
  const root = await issue({ cn: 'Root' })
  return await holderIn({ leaf: await issueLeaf(root, parts), anchors: [root] })
}

const withNames = (...names: readonly Bytes[]) =>
  holderWith({ extensions: [DIGITAL_SIGNATURE, extKeyUsage(CLIENT_AUTH_OID), subjectAltName(names)] })

const bmp = (text: string) =>
  tlv(
    0x1e,
    [...text].flatMap((c) => [c.charCodeAt(0) >> 8, c.charCodeAt(0) & 0xff]),
  )
const teletex = (text: string) => tlv(0x14, ascii(text))
const ia5 = (text: string) => tlv(0x16, ascii(text))
const visible = (text: string) => tlv(0x1a, ascii(text))
const universal = (text: string) =>
  tlv(
    0x1c,
    [...text].flatMap((c) => [0, 0, 0, c.charCodeAt(0)]),
  )

describe('a common name', () => {
  it.each<[string, Bytes, readonly string[]]>([
    ['counts as UTF8String', nameOf([CN, utf8('admin')]), ['admin']],
    ['counts as PrintableString', nameOf([CN, printable('admin')]), ['admin']],
    ['counts as it is written', nameOf([CN, utf8(' Ad  min ')]), [' Ad  min ']],
    [
      'counts among other attributes of its RDN',
      seq(set(seq(oid(CN), utf8('admin')), seq(oid(OU), utf8('a')))),
      ['admin'],
    ],
    ['does not count as BMPString', nameOf([CN, bmp('admin')]), []],
    ['does not count as TeletexString', nameOf([CN, teletex('admin')]), []],
    ['does not count as UniversalString', nameOf([CN, universal('admin')]), []],
    ['does not count as IA5String', nameOf([CN, ia5('admin')]), []],
    ['does not count as VisibleString', nameOf([CN, visible('admin')]), []],
    ['does not count as a number', nameOf([CN, int(7)]), []],
    ['does not count with a NUL', nameOf([CN, utf8('admin\0.evil')]), []],
    ['does not count with a line feed', nameOf([CN, utf8('admin\n')]), []],
    ['does not count with a zero-width space', nameOf([CN, utf8('ad\u200bmin')]), []],
    ['does not count with text turned around', nameOf([CN, utf8('\u202enimda')]), []],
    ['does not count if it is empty', nameOf([CN, utf8('')], [O, utf8('a')]), []],
    ['does not count if there are two', nameOf([CN, utf8('admin')], [CN, utf8('guest')]), []],
    ['does not count if it is there twice', nameOf([CN, utf8('admin')], [CN, utf8('admin')]), []],
    ['does not count beside one of an odd type', nameOf([CN, utf8('admin')], [CN, bmp('guest')]), []],
    ['does not count if two are in one RDN', seq(set(seq(oid(CN), utf8('a')), seq(oid(CN), utf8('b')))), []],
  ])('%s', async (_, subject, expected) => {
    expect((await holderWith({ subject })).commonName).toEqual(expected)
  })
})

it('each organization and unit counts, without those in doubt', async () => {
  const subject = nameOf([O, utf8('a')], [O, printable('b')], [O, bmp('c')], [OU, utf8('d\0')], [OU, utf8('e')])
  expect(await holderWith({ subject })).toMatchObject({ organization: ['a', 'b'], organizationalUnit: ['e'] })
})

it('what stands in another attribute or extension is no DNS name, mailbox or URI', async () => {
  const subject = nameOf([CN, utf8('a.example')], ['1.2.840.113549.1.9.1', ia5('a@example.com')])
  const holder = await holderWith({ subject })
  expect([holder.dns, holder.email, holder.uri]).toEqual([[], [], []])
})

describe('a DNS name', () => {
  it.each<[string, Bytes, readonly string[]]>([
    ['counts in lower case', dns('A.Example'), ['a.example']],
    ['counts with one label', dns('host'), ['host']],
    ['counts with an underscore', dns('a_b.example'), ['a_b.example']],
    ['counts as A-label', dns('XN--BCHER-KVA.example'), ['xn--bcher-kva.example']],
    ['does not count with a wildcard', dns('*.example'), []],
    ['does not count with a wildcard in a label', dns('a*.example'), []],
    ['does not count with a final dot', dns('a.example.'), []],
    ['does not count with a leading dot', dns('.example'), []],
    ['does not count with an empty label', dns('a..example'), []],
    ['does not count with a NUL', dns('a.example\0.evil.example'), []],
    ['does not count with a blank', dns('a.example '), []],
    ['does not count beyond ASCII', implicit(2, [0x62, 0xfc, 0x2e, 0x61]), []],
    ['does not count in UTF-8', dns('bücher.example'), []],
    ['does not count if it is an address', dns('192.0.2.1'), []],
    ['does not count if it is empty', dns(''), []],
    ['does not count in another form', uri('a.example'), []],
  ])('%s', async (_, altName, expected) => {
    expect((await withNames(altName)).dns).toEqual(expected)
  })
})

describe('a mailbox', () => {
  it.each<[string, Bytes, readonly string[]]>([
    ['counts with its domain in lower case', email('Ada@Example.COM'), ['Ada@example.com']],
    ['counts with a dot and a plus', email('ada.l+x@example.com'), ['ada.l+x@example.com']],
    ['does not count if it is quoted', email('"ada"@example.com'), []],
    ['does not count with an @ in quotes', email('"ada@example.com"@evil.example'), []],
    ['does not count with two @', email('ada@example.com@evil.example'), []],
    ['does not count with a route', email('@a.example:ada@example.com'), []],
    ['does not count with a name before it', email('Ada <ada@example.com>'), []],
    ['does not count with a NUL', email('ada@example.com\0'), []],
    ['does not count beyond ASCII', email('adá@example.com'), []],
    ['does not count without a local part', email('@example.com'), []],
    ['does not count with a final dot', email('ada@example.com.'), []],
    ['does not count with an address', email('ada@192.0.2.1'), []],
    ['does not count as otherName', otherName('1.3.6.1.5.5.7.8.9'), []],
  ])('%s', async (_, altName, expected) => {
    expect((await withNames(altName)).email).toEqual(expected)
  })
})

describe('a URI', () => {
  it.each<[string, Bytes, readonly string[]]>([
    ['counts with its scheme and host in lower case', uri('SPIFFE://Example.ORG/Ns/a'), ['spiffe://example.org/Ns/a']],
    ['counts with a port', uri('https://a.example:8443/b'), ['https://a.example:8443/b']],
    ['counts without an authority', uri('URN:uuid:A'), ['urn:uuid:A']],
    ['counts as it is written', uri('https://a.example/a/../b%2Fc?d#e'), ['https://a.example/a/../b%2Fc?d#e']],
    ['does not count with a user', uri('spiffe://example.org@evil.example/a'), []],
    ['does not count with an empty host', uri('spiffe:///a'), []],
    ['does not count with an address', uri('https://192.0.2.1/a'), []],
    ['does not count with an IPv6 address', uri('https://[2001:db8::1]/a'), []],
    ['does not count with a final dot of the host', uri('https://a.example./a'), []],
    ['does not count with a percent-encoded host', uri('https://a%2eexample/a'), []],
    ['does not count with a broken percent', uri('https://a.example/%2'), []],
    ['does not count with a blank', uri('https://a.example/ a'), []],
    ['does not count with a backslash', uri('https://a.example\\@evil.example/'), []],
    ['does not count with a NUL', uri('https://a.example/\0'), []],
    ['does not count beyond ASCII', uri('https://a.example/é'), []],
    ['does not count without a scheme', uri('//a.example/a'), []],
    ['does not count if it is empty', uri(''), []],
  ])('%s', async (_, altName, expected) => {
    expect((await withNames(altName)).uri).toEqual(expected)
  })
})

it('no name counts of a subjectAltName that cannot be read to its end', async () => {
  const broken = extension('2.5.29.17', seq(dns('a.example'), tlv(0x8b, [1])))
  const holder = await holderWith({ extensions: [DIGITAL_SIGNATURE, extKeyUsage(CLIENT_AUTH_OID), broken] })
  expect(holder.dns).toEqual([])
})

it('the certificate, its key, its serial number and the key of its issuer count', async () => {
  const root = await issue({ cn: 'Root' })
  const ca1 = await issue({ cn: 'CA', by: root })
  const leaf = await issueLeaf(ca1, { serial: int(Uint8Array.of(0x00, 0xee)) })
  expect(await holderIn({ leaf, chain: [ca1], anchors: [root] })).toMatchObject({
    serialNumber: ['00ee'],
    certificateSha256: [await sha256(leaf.der)],
    keySha256: [await sha256(leaf.keys.spki)],
    issuerKeySha256: [await sha256(ca1.keys.spki)],
  })
})

it('the issuer key is the same whichever certificate of the issuer the path goes by', async () => {
  const [old, next] = [await issue({ cn: 'Old' }), await issue({ cn: 'New' })]
  const own = await issue({ cn: 'CA', by: old })
  const crossed = await issue({ cn: 'CA', by: next, keys: own.keys })
  const leaf = await issueLeaf(own)
  const [a, b] = [
    await holderIn({ leaf, chain: [own], anchors: [old] }),
    await holderIn({ leaf, chain: [crossed], anchors: [next] }),
  ]
  expect(a.issuerKeySha256).toEqual(b.issuerKeySha256)
})

it('a leaf that is an anchor has no issuer', async () => {
  const both = [basicConstraints(true), keyUsage(0x84, 2)]
  const root = await issueLeaf(await issue({ cn: 'Issuer' }), { extensions: both })
  const holder = await holderIn({ leaf: root, anchors: [root] })
  expect([holder.issuerKeySha256, holder.policy]).toEqual([[], []])
})

const SMART_CARD = '1.3.6.1.4.1.311.20.2.2'

it.each<[string, readonly Bytes[], readonly string[]]>([
  ['that the leaf has counts', [], [CLIENT_AUTH_OID, SMART_CARD]],
  ['counts if its CA has it too', [extKeyUsage(CLIENT_AUTH_OID, SMART_CARD)], [CLIENT_AUTH_OID, SMART_CARD]],
  ['counts if its CA has any', [extKeyUsage(CLIENT_AUTH_OID, '2.5.29.37.0')], [CLIENT_AUTH_OID, SMART_CARD]],
  ['does not count if its CA has others only', [extKeyUsage(CLIENT_AUTH_OID)], [CLIENT_AUTH_OID]],
])('a purpose %s', async (_, extensions, expected) => {
  const root = await issue({ cn: 'Root' })
  const by = await issue({ cn: 'CA', by: root, extensions: ca(...extensions) })
  const leaf = await issueLeaf(by, { extensions: [DIGITAL_SIGNATURE, extKeyUsage(CLIENT_AUTH_OID, SMART_CARD)] })
  expect((await holderIn({ leaf, chain: [by], anchors: [root] })).extKeyUsage).toEqual(expected)
})

const P1 = '1.2.3.1'
const P2 = '1.2.3.2'

/** From the anchor down: the extensions of each CA, then of the leaf. */
it.each<[string, readonly (readonly Bytes[])[], readonly string[]]>([
  ['of the leaf counts below the anchor', [[], [policies(P1)]], [P1]],
  ['counts that each certificate has', [[], [policies(P1, P2)], [policies(P1)]], [P1]],
  ['counts below anyPolicy', [[], [policies(ANY)], [policies(P1)]], [P1]],
  ['counts that is mapped to', [[], [policies(P1), mappings([P1, P2])], [policies(P2)]], [P2]],
  ['does not count that is mapped away', [[], [policies(P1), mappings([P1, P2])], [policies(P1)]], []],
  ['does not count that its CA does not have', [[], [policies(P2)], [policies(P1)]], []],
  ['does not count below a CA without policies', [[], [], [policies(P1)]], []],
  ['does not count below an inhibited anyPolicy', [[inhibitAny(0)], [policies(ANY)], [policies(P1)]], []],
  ['is not named by anyPolicy', [[], [policies(P1)], [policies(ANY)]], []],
  ['is not named by anyPolicy below anyPolicy', [[], [policies(ANY)], [policies(ANY)]], []],
  ['does not count that is there twice', [[], [malformedPolicies(P1)]], []],
])('a policy %s', async (_, levels, expected) => {
  expect((await holderIn(await anchored(levels))).policy).toEqual(expected)
})
