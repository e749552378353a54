import { describe, expect, it } from 'vitest'
import { type Bytes, bytes, explicit, implicit, int, oid, seq, set, tlv, utf8 } from '../../../../src/testing/der.ts'
import {
  directory,
  email,
  extension,
  ip,
  nameConstraints,
  nameOf,
  otherName,
  registeredId,
  type Subtrees,
  subjectAltName,
  uri,
} from '../../../../src/testing/extensions.ts'
import { ca, issue, issueLeaf, refusal } from '../../../support/x509/chain.ts'
import { dns } from '../../../support/x509/constraints.ts'

const O = '2.5.4.10'
const CN = '2.5.4.3'
const EMAIL = '1.2.840.113549.1.9.1'
const V4_ALL = ip(0, 0, 0, 0, 0, 0, 0, 0)
const V4_NET = ip(192, 0, 2, 0, 255, 255, 255, 0)
const V6_ONE = ip(...Array(15).fill(0), 1)

type Row = readonly [rule: string, subtrees: Subtrees, names: readonly Bytes[], shown: string, subject?: Bytes]

/** Rows as objects, since vitest's types do not accept tuples with an optional end. */
const rows = (list: readonly Row[]) =>
  list.map(([rule, subtrees, names, shown, subject]) => ({ rule, subtrees, names, shown, subject }))

const p = (...permitted: readonly Bytes[]): Subtrees => ({ permitted })
const x = (...excluded: readonly Bytes[]): Subtrees => ({ excluded })

const latin1 = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0))

/** Refuses a leaf with these names below an anchor with these constraints. */
async function refused(subtrees: Subtrees, names: readonly Bytes[], subject?: Bytes) {
  const root = await issue({ cn: 'Root', extensions: ca(nameConstraints(subtrees)) })
  const extensions = names.length > 0 ? [subjectAltName(names)] : null
  const leaf = await issueLeaf(root, { ...(subject && { subject }), extensions })
  return refusal({ leaf, anchors: [root] })
}

describe('a name is not permitted', () => {
  it.each(
    rows([
      ['dNSName: elsewhere', p(dns('example.com')), [dns('example.org')], 'DNS:example.org'],
      ['dNSName: a suffix that is no parent', p(dns('example.com')), [dns('badexample.com')], 'DNS:badexample.com'],
      ['dNSName: the parent', p(dns('a.example.com')), [dns('example.com')], 'DNS:example.com'],
      ['dNSName: leading dot, the domain itself', p(dns('.example.com')), [dns('example.com')], 'DNS:example.com'],
      ['dNSName: a wildcard above', p(dns('a.example.com')), [dns('*.example.com')], 'DNS:*.example.com'],
      ['dNSName: one bad among good ones', p(dns('a.com')), [dns('a.com'), dns('b.com')], 'DNS:b.com'],
      ['iPAddress: outside', p(V4_NET), [ip(192, 0, 3, 0)], 'IP:192.0.3.0'],
      ['iPAddress: IPv6 where only IPv4 is permitted', p(V4_ALL), [V6_ONE], 'IP:::1'],
      ['rfc822Name: a mailbox of a host below', p(email('a@a.test')), [email('a@b.a.test')], 'email:a@b.a.test'],
      ['rfc822Name: another mailbox', p(email('a@example.com')), [email('b@example.com')], 'email:b@example.com'],
      ['rfc822Name: case before the @', p(email('a@example.com')), [email('A@example.com')], 'email:A@example.com'],
      ['rfc822Name: another host', p(email('example.com')), [email('a@b.example.com')], 'email:a@b.example.com'],
      [
        'rfc822Name: an asterisk is not a wildcard',
        p(email('*@example.com')),
        [email('a@example.com')],
        'email:a@example.com',
      ],
      [
        'rfc822Name: an @ within quotes is not the one',
        p(email('example.com')),
        [email('"a@example.com"@evil.test')],
        'email:"a@example.com"@evil.test',
      ],
      ['rfc822Name: the domain itself', p(email('.example.com')), [email('a@example.com')], 'email:a@example.com'],
      [
        'rfc822Name: emailAddress in the subject, beside a subjectAltName',
        p(email('example.com')),
        [email('a@example.com')],
        'email:a@example.org',
        nameOf([EMAIL, 'a@example.org']),
      ],
      ['URI: another host', p(uri('example.com')), [uri('https://a.example.com/')], 'URI:https://a.example.com/'],
      [
        'URI: the host after userinfo',
        p(uri('example.com')),
        [uri('https://example.com@evil.test/')],
        'URI:https://example.com@evil.test/',
      ],
      ['URI: the domain itself', p(uri('.example.com')), [uri('https://example.com/')], 'URI:https://example.com/'],
      [
        'directoryName: another organization',
        p(directory(nameOf([O, 'Org']))),
        [],
        'DirName:O=Other',
        nameOf([O, 'Other']),
      ],
      [
        'directoryName: the subject, though the subjectAltName is permitted',
        p(directory(nameOf([CN, 'foo']))),
        [directory(nameOf([CN, 'foo']))],
        'DirName:CN=not-foo',
        nameOf([CN, 'not-foo']),
      ],
      [
        'directoryName: the subjectAltName, though the subject is permitted',
        p(directory(nameOf([CN, 'foo']))),
        [directory(nameOf([CN, 'not-foo']))],
        'DirName:CN=not-foo',
        nameOf([CN, 'foo']),
      ],
      [
        'directoryName: an RDN with one attribute less',
        p(directory(seq(set(seq(oid(O), utf8('Org')), seq(oid(CN), utf8('c')))))),
        [],
        'DirName:O=Org',
        nameOf([O, 'Org']),
      ],
      [
        'directoryName: RDNs not at the start',
        p(directory(nameOf([O, 'Org']))),
        [],
        'DirName:CN=c, O=Org',
        nameOf([CN, 'c'], [O, 'Org']),
      ],
      [
        'directoryName: only in part',
        p(directory(nameOf([O, 'Org'], [CN, 'c']))),
        [],
        'DirName:O=Org',
        nameOf([O, 'Org']),
      ],
      [
        'directoryName: an RDN with one attribute more',
        p(directory(nameOf([O, 'Org']))),
        [],
        'DirName:O=Org+CN=c',
        seq(set(seq(oid(O), utf8('Org')), seq(oid(CN), utf8('c')))),
      ],
    ]),
  )('$rule', async ({ subtrees, names, shown, subject }) => {
    const found = await refused(subtrees, names, subject)
    expect(found.fault).toMatchObject({ reason: 'name_not_permitted', name: shown, by: 'CN=Root', permittedCount: 1 })
    expect(found).toMatchObject({ openssl: 'permitted subtree violation', certificate: { role: 'leaf' } })
  })
})

describe('a name is excluded', () => {
  it.each(
    rows([
      ['dNSName: the very name', x(dns('example.com')), [dns('EXAMPLE.com')], 'DNS:EXAMPLE.com'],
      ['dNSName: below it', x(dns('example.com')), [dns('a.example.com')], 'DNS:a.example.com'],
      ['dNSName: an A-label', x(dns('xn--nxasmq6b.test')), [dns('XN--NXASMQ6B.test')], 'DNS:XN--NXASMQ6B.test'],
      ['dNSName: below a top-level domain', x(dns('test')), [dns('*.test')], 'DNS:*.test'],
      ['dNSName: all of them', x(dns('')), [dns('example.com')], 'DNS:example.com'],
      ['dNSName: a wildcard that includes it', x(dns('bar.example.com')), [dns('*.example.com')], 'DNS:*.example.com'],
      ['dNSName: a wildcard below it', x(dns('example.com')), [dns('*.a.example.com')], 'DNS:*.a.example.com'],
      ['dNSName: a wildcard, leading dot', x(dns('.example.com')), [dns('*.example.com')], 'DNS:*.example.com'],
      ['iPAddress', x(V4_NET), [ip(192, 0, 2, 255)], 'IP:192.0.2.255'],
      ['rfc822Name: quoted', x(email('a@example.com')), [email('"\\a"@example.com')], 'email:"\\a"@example.com'],
      ['rfc822Name: all of them', x(email('')), [email('a@b')], 'email:a@b'],
      ['URI', x(uri('example.com')), [uri('https://example.com:1')], 'URI:https://example.com:1'],
      [
        'directoryName, in another string type',
        x(directory(nameOf([O, 'Evil']))),
        [],
        'DirName:O=EVIL',
        seq(set(seq(oid(O), tlv(0x14, [0x45, 0x56, 0x49, 0x4c])))),
      ],
      [
        'directoryName: a NUL in it',
        x(directory(nameOf([O, 'Evil']))),
        [],
        'DirName:O=E\\00vil',
        nameOf([O, 'E\u0000vil']),
      ],
      [
        'directoryName: the attribute twice',
        x(directory(nameOf([O, 'Evil']))),
        [],
        'DirName:O=Evil+O=EVIL',
        seq(set(seq(oid(O), utf8('Evil')), seq(oid(O), utf8('EVIL')))),
      ],
      ['directoryName: every name', x(directory(seq())), [], 'DirName:CN=client'],
      ['permitted as well', { permitted: [dns('a.com')], excluded: [dns('a.com')] }, [dns('a.com')], 'DNS:a.com'],
    ]),
  )('$rule', async ({ subtrees, names, shown, subject }) => {
    const found = await refused(subtrees, names, subject)
    expect(found.fault).toMatchObject({ reason: 'name_excluded', name: shown, by: 'CN=Root' })
    expect(found).toMatchObject({ openssl: 'excluded subtree violation', certificate: { role: 'leaf' } })
  })
})

describe('a name cannot be compared with a constraint on its form', () => {
  it.each(
    rows([
      ['an address as dNSName, below dNSName', x(dns('example.com')), [dns('192.0.2.1')], 'DNS:192.0.2.1'],
      ['an address as dNSName, below iPAddress', p(V4_NET), [dns('192.0.2.1')], 'DNS:192.0.2.1'],
      ['an address as dNSName, beside a good one', x(V4_NET), [ip(192, 0, 3, 1), dns('192.0.2.1')], 'DNS:192.0.2.1'],
      ['an address as dNSName with a final dot', p(V4_NET), [dns('192.0.2.1.')], 'DNS:192.0.2.1.'],
      ['an address as dNSName after a blank', p(V4_NET), [dns(' 192.0.2.1')], 'DNS: 192.0.2.1'],
      ['a dNSName of no characters', p(dns('example.com')), [dns('')], 'DNS:'],
      ['a dNSName of no characters, where one is excluded', x(dns('example.com')), [dns('')], 'DNS:'],
      ['a dNSName with a blank', p(dns('example.com')), [dns('a b.example.com')], 'DNS:a b.example.com'],
      ['a dNSName with a final dot', x(dns('example.com')), [dns('example.com.')], 'DNS:example.com.'],
      ['a dNSName that is a URL', p(dns('example.com')), [dns('https://example.com')], 'DNS:https://example.com'],
      ['a dNSName beyond ASCII', x(dns('test')), [implicit(2, latin1('é.test'))], 'DNS:\\e9.test'],
      [
        'a dNSName beside a good one, long: shown in part',
        p(dns('example.com')),
        [dns('example.com'), dns('x'.repeat(1_000))],
        `DNS:${'x'.repeat(252)}…`,
      ],
      ['an iPAddress that is text', x(V4_NET), [implicit(7, latin1('10.0.0.7'))], 'IP:#31302e302e302e37'],
      ['an iPAddress of no bytes', p(V4_ALL), [ip()], 'IP:#'],
      [
        'a subject with an empty RDN before what is excluded',
        x(directory(nameOf([O, 'Evil']))),
        [],
        'DirName:O=Evil',
        seq(set(), set(seq(oid(O), utf8('Evil')))),
      ],
      [
        'a subject with an empty RDN after what is permitted',
        p(directory(nameOf([O, 'Org']))),
        [],
        'DirName:O=Org',
        seq(set(seq(oid(O), utf8('Org'))), set()),
      ],
      [
        'a directoryName that is not a Name',
        x(directory(nameOf([O, 'Evil']))),
        [explicit(4, set())],
        'DirName:(malformed)',
      ],
      ['rfc822Name beyond ASCII', p(email('')), [implicit(1, latin1('j\xfcrgen@a.test'))], 'email:j\\fcrgen@a.test'],
      ['rfc822Name beyond ASCII, quoted', p(email('')), [implicit(1, latin1('"\xfc"@a.test'))], 'email:"\\fc"@a.test'],
      ['URI beyond ASCII', p(uri('a.test')), [implicit(6, latin1('x://a.test/\xe4'))], 'URI:x://a.test/\\e4'],
      ['two @', p(email('example.com')), [email('a@b@example.com')], 'email:a@b@example.com'],
      ['an rfc822Name that is an address', p(email('')), [email('192.0.2.1')], 'email:192.0.2.1'],
      ['no @', x(email('example.org')), [email('example.com')], 'email:example.com'],
      ['no local part', p(email('')), [email('@example.com')], 'email:@example.com'],
      ['a local part with two dots', p(email('')), [email('a..b@example.com')], 'email:a..b@example.com'],
      ['a host that is an address', p(email('')), [email('a@[192.0.2.1]')], 'email:a@[192.0.2.1]'],
      ['emailAddress that is not text', p(email('')), [], 'email:', seq(set(seq(oid(EMAIL), int(1))))],
      ['a source route', p(email('example.com')), [email('@b.test:a@example.com')], 'email:@b.test:a@example.com'],
      ['angle brackets', p(email('example.com')), [email('<a@example.com>')], 'email:<a@example.com>'],
      ['a comment', p(email('example.com')), [email('a(b)@example.com')], 'email:a(b)@example.com'],
      ['a host with a final dot', p(email('example.com')), [email('a@example.com.')], 'email:a@example.com.'],
      [
        'a host with a NUL',
        p(email('example.com')),
        [email('a@example.com\u0000.evil.test')],
        'email:a@example.com\u0000.evil.test',
      ],
      ['URI whose port is no number', p(uri('example.com')), [uri('x://example.com:y/')], 'URI:x://example.com:y/'],
      ['URI with two ports', p(uri('example.com')), [uri('x://example.com:1:2/')], 'URI:x://example.com:1:2/'],
      ['URI without a scheme', p(uri('example.com')), [uri('//example.com/')], 'URI://example.com/'],
      ['URI with one slash', p(uri('example.com')), [uri('https:/example.com')], 'URI:https:/example.com'],
      ['URI after a space', p(uri('example.com')), [uri(' https://example.com')], 'URI: https://example.com'],
      ['URI with a tab', p(uri('example.com')), [uri('https://exam\tple.com')], 'URI:https://exam\tple.com'],
      [
        'URI with a NUL',
        p(uri('example.com')),
        [uri('https://example.com\u0000.evil.test')],
        'URI:https://example.com\u0000.evil.test',
      ],
      ['URI whose host is a number', x(uri('example.com')), [uri('https://3221225985/')], 'URI:https://3221225985/'],
      ['URI whose host ends in hexadecimal', x(uri('example.com')), [uri('https://192.0x2/')], 'URI:https://192.0x2/'],
      ['URI without authority', p(uri('example.com')), [uri('urn:example.com')], 'URI:urn:example.com'],
      ['URI whose host is IPv4', x(uri('example.com')), [uri('https://192.0.2.1/')], 'URI:https://192.0.2.1/'],
      ['URI whose host is IPv6', x(uri('example.com')), [uri('https://[::1]/')], 'URI:https://[::1]/'],
      ['URI with two @', p(uri('example.com')), [uri('https://a@b@example.com/')], 'URI:https://a@b@example.com/'],
      [
        'URI with a backslash',
        p(uri('example.com')),
        [uri('https://evil.test\\@example.com/')],
        'URI:https://evil.test\\@example.com/',
      ],
      ['URI with an empty host', p(uri('')), [uri('https:///x')], 'URI:https:///x'],
      ['URI with an encoded host', p(uri('')), [uri('https://ex%61mple.com/')], 'URI:https://ex%61mple.com/'],
      ['URI with a final dot', x(uri('example.com')), [uri('https://example.com./')], 'URI:https://example.com./'],
    ]),
  )('malformed: $rule', async ({ subtrees, names, shown, subject }) => {
    const found = await refused(subtrees, names, subject)
    expect(found.fault).toEqual({ reason: 'name_unreadable', name: shown, by: 'CN=Root' })
    expect(found.openssl).toBe('unsupported or invalid name syntax')
  })

  it.each([
    ['no DER', bytes([0xff]), 'has tag 0xff where 0x30 belongs'],
    ['a name of no known form', seq(dns('a.test'), implicit(9, [1])), 'has a GeneralName of no known form'],
    ['more names than are read', seq(...Array.from({ length: 2_000 }, () => dns(''))), 'more than 2000 ASN.1 values'],
  ])('a subjectAltName that cannot be read may hold names of any form: %s', async (_rule, value, problem) => {
    const root = await issue({ cn: 'Root', extensions: ca(nameConstraints(x(uri('example.com')))) })
    const leaf = await issueLeaf(root, { extensions: [extension('2.5.29.17', value)] })
    expect((await refusal({ leaf, anchors: [root] })).fault).toEqual({
      reason: 'name_unreadable',
      name: `subjectAltName (${problem})`,
      by: 'CN=Root',
    })
  })

  it.each<readonly [form: string, subtrees: Subtrees, names: readonly Bytes[]]>([
    ['otherName', p(otherName('1.2.3')), [otherName('1.2.3')]],
    ['otherName', x(otherName('1.2.3')), [otherName('1.2.4')]],
    ['registeredID', x(registeredId('1.2.3')), [registeredId('1.2.3')]],
    ['otherName', p(email('example.com')), [otherName('1.3.6.1.5.5.7.8.9')]],
    ['otherName', x(otherName('1.3.6.1.5.5.7.8.9')), [otherName('1.3.6.1.5.5.7.8.9')]],
    ['otherName', p(email('example.com')), [explicit(0)]],
    ['otherName', x(otherName('1.2.3')), [explicit(0)]],
    ['registeredID', x(registeredId('1.2.3')), [implicit(8, [])]],
  ])('unsupported: %s', async (form, subtrees, names) => {
    const found = await refused(subtrees, names)
    expect(found.fault).toMatchObject({ reason: 'name_form_unsupported', form })
    expect(found.openssl).toBe('unsupported name constraint type')
  })
})

describe('a refusal shows', () => {
  it('an excluded subtree of addresses with its prefix', async () => {
    expect((await refused(x(V4_NET), [ip(192, 0, 2, 1)])).fault).toMatchObject({ subtree: 'IP:192.0.2.0/24' })
  })

  it.each([
    ['otherName:1.2.3', otherName('1.2.3')],
    ['otherName:(malformed)', explicit(0)],
  ])('%s', async (shown, name) => {
    expect((await refused(p(otherName('1.2.4')), [name])).fault).toMatchObject({ name: shown })
  })

  it('a registeredID', async () => {
    const { fault } = await refused(p(registeredId('1.2.4')), [registeredId('1.2.3')])
    expect(fault).toMatchObject({ name: 'registeredID:1.2.3' })
  })
})

describe('a constraint is malformed', () => {
  it.each<readonly [rule: string, base: Bytes, shown: string]>([
    ['dNSName with a wildcard', dns('*.example.com'), 'DNS:*.example.com'],
    ['rfc822Name with two @', email('a@b@example.com'), 'email:a@b@example.com'],
    ['rfc822Name that is not a host', email('exa mple.com'), 'email:exa mple.com'],
    ['URI that is a URI', uri('https://example.com'), 'URI:https://example.com'],
    ['URI that is an address', uri('192.0.2.1'), 'URI:192.0.2.1'],
  ])('%s', async (_rule, base, shown) => {
    for (const subtrees of [p(base), x(base)]) {
      const found = await refused(subtrees, [dns('unrelated.test')])
      expect(found.fault).toEqual({ reason: 'name_constraint_malformed', subtree: shown })
      expect(found).toMatchObject({
        openssl: 'unsupported or invalid name constraint syntax',
        certificate: { role: 'anchor' },
      })
    }
  })
})

describe('a name constraint applies to', () => {
  const only = ca(nameConstraints(p(dns('example.com'))))
  const elsewhere = subjectAltName([dns('elsewhere.test')])

  it('an intermediate', async () => {
    const root = await issue({ cn: 'Root', extensions: only })
    const middle = await issue({ cn: 'CA', by: root, extensions: ca(elsewhere) })
    expect(await refusal({ leaf: await issueLeaf(middle), chain: [middle], anchors: [root] })).toMatchObject({
      code: 'name_not_permitted',
      certificate: { role: 'intermediate', subject: 'CN=CA' },
    })
  })

  it('a self-issued leaf', async () => {
    const root = await issue({ cn: 'Root', extensions: only })
    const middle = await issue({ cn: 'CA', by: root })
    const leaf = await issueLeaf(middle, { cn: 'CA', extensions: [elsewhere] })
    expect(await refusal({ leaf, chain: [middle], anchors: [root] })).toMatchObject({
      code: 'name_not_permitted',
      certificate: { role: 'leaf' },
    })
  })

  it('certificates below several CAs: permitted sets intersect', async () => {
    const root = await issue({ cn: 'Root', extensions: only })
    const middle = await issue({ cn: 'CA', by: root, extensions: ca(nameConstraints(p(dns('elsewhere.test')))) })
    const leaf = await issueLeaf(middle, { extensions: [elsewhere] })
    expect(await refusal({ leaf, chain: [middle], anchors: [root] })).toMatchObject({
      fault: { reason: 'name_not_permitted', by: 'CN=Root' },
    })
  })
})

it('lists the first eight of many permitted subtrees', async () => {
  const many = Array.from({ length: 9 }, (_, i) => dns(`n${i}.test`))
  const { fault, message } = await refused(p(...many), [dns('example.com')])
  expect(fault).toMatchObject({ permittedCount: 9, permitted: Array.from({ length: 8 }, (_, i) => `DNS:n${i}.test`) })
  expect(message).toMatch(/DNS:n7\.test and 1 more\.$/)
})
