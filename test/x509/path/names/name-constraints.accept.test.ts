import { describe, expect, it } from 'vitest'
import { type Bytes, explicit, implicit, oid, printable, seq, set, utf8 } from '../../../../src/testing/der.ts'
import {
  directory,
  email,
  ip,
  nameConstraints,
  nameOf,
  otherName,
  registeredId,
  type Subtrees,
  subjectAltName,
  uri,
} from '../../../../src/testing/extensions.ts'
import { Budget } from '../../../../src/x509/budget.ts'
import { ca, issue, issueLeaf, pathOf } from '../../../support/x509/chain.ts'
import { dns } from '../../../support/x509/constraints.ts'

const O = '2.5.4.10'
const CN = '2.5.4.3'
const EMAIL = '1.2.840.113549.1.9.1'
const V6 = Array.from({ length: 16 }, (_, i) => (i === 15 ? 1 : 0))

type Row = readonly [rule: string, subtrees: Subtrees, names: readonly Bytes[], subject?: Bytes]

/** Rows as objects, since vitest's types do not accept tuples with an optional end. */
const rows = (list: readonly Row[]) =>
  list.map(([rule, subtrees, names, subject]) => ({ rule, subtrees, names, subject }))

const p = (...permitted: readonly Bytes[]): Subtrees => ({ permitted })
const x = (...excluded: readonly Bytes[]): Subtrees => ({ excluded })

describe.each(['anchor', 'intermediate'])('names within the constraints of an %s', (place) => {
  it.each(
    rows([
      ['dNSName: the very name', p(dns('example.com')), [dns('example.com')]],
      ['dNSName: below it', p(dns('example.com')), [dns('a.b.example.com')]],
      ['dNSName: without regard to case', p(dns('Example.COM')), [dns('WWW.exaMPle.com')]],
      ['dNSName: leading dot, below it', p(dns('.example.com')), [dns('a.example.com')]],
      ['dNSName: empty permits all', p(dns('')), [dns('example.com')]],
      ['dNSName: a wildcard whose names all lie within', p(dns('example.com')), [dns('*.example.com')]],
      ['dNSName: a wildcard under a leading dot', p(dns('.example.com')), [dns('*.example.com')]],
      ['dNSName: one of several', p(dns('example.org'), dns('example.com')), [dns('example.com')]],
      ['dNSName: not excluded by a suffix that is no parent', x(dns('ample.com')), [dns('example.com')]],
      ['dNSName: the domain itself is not below a leading dot', x(dns('.example.com')), [dns('example.com')]],
      [
        'dNSName: a wildcard beside an excluded name two labels down',
        x(dns('a.b.example.com')),
        [dns('*.example.com')],
      ],
      ['dNSName: a wildcard beside what is excluded below it', x(dns('.b.example.com')), [dns('*.example.com')]],
      ['iPAddress: within an IPv4 prefix', p(ip(192, 0, 2, 0, 255, 255, 255, 0)), [ip(192, 0, 2, 7)]],
      [
        'iPAddress: bits of the base beyond the mask do not count',
        p(ip(192, 0, 2, 9, 255, 255, 255, 0)),
        [ip(192, 0, 2, 7)],
      ],
      ['iPAddress: 0.0.0.0/0', p(ip(0, 0, 0, 0, 0, 0, 0, 0)), [ip(1, 2, 3, 4)]],
      ['iPAddress: within an IPv6 prefix', p(ip(...V6, ...Array(16).fill(255))), [ip(...V6)]],
      ['iPAddress: beside an excluded prefix', x(ip(192, 0, 2, 0, 255, 255, 255, 0)), [ip(192, 0, 3, 0)]],
      ['iPAddress: IPv6 beside all of IPv4 excluded', x(ip(0, 0, 0, 0, 0, 0, 0, 0)), [ip(...Array(16).fill(0))]],
      [
        'iPAddress: IPv4 within IPv6 is IPv6',
        x(ip(192, 0, 2, 0, 255, 255, 255, 0)),
        [ip(...Array(10).fill(0), 255, 255, 192, 0, 2, 1)],
      ],
      ['rfc822Name: an @ within quotes', p(email('example.com')), [email('"a@evil.test"@example.com')]],
      ['rfc822Name: the very mailbox', p(email('foo@example.com')), [email('foo@EXAMPLE.com')]],
      ['rfc822Name: any mailbox of a host', p(email('example.com')), [email('foo@example.com')]],
      ['rfc822Name: any mailbox below a domain', p(email('.example.com')), [email('foo@a.b.example.com')]],
      ['rfc822Name: empty permits all', p(email('')), [email('foo@example.com')]],
      ['rfc822Name: quotes mean nothing', p(email('"foo"@example.com')), [email('foo@example.com')]],
      ['rfc822Name: an asterisk is itself', p(email('*@example.com')), [email('*@example.com')]],
      ['rfc822Name: case matters before the @', x(email('Foo@example.com')), [email('foo@example.com')]],
      ['rfc822Name: the host itself is not below a leading dot', x(email('.example.com')), [email('a@example.com')]],
      ['rfc822Name: subdomains are not the host', x(email('example.com')), [email('a@b.example.com')]],
      ['rfc822Name: emailAddress in the subject', p(email('example.com')), [], nameOf([EMAIL, 'foo@example.com'])],
      ['URI: the host', p(uri('example.com')), [uri('https://user@EXAMPLE.com:8443/path?x=https://evil')]],
      ['URI: below a domain', p(uri('.example.com')), [uri('spiffe://a.b.example.com/x')]],
      ['URI: nothing after the host', p(uri('example.com')), [uri('https://example.com')]],
      ['URI: userinfo with a password', p(uri('example.com')), [uri('https://u:p@example.com:443/')]],
      ['URI: an empty port', p(uri('example.com')), [uri('https://example.com:/')]],
      ['URI: subdomains are not the host', x(uri('example.com')), [uri('https://a.example.com/')]],
      ['URI: empty permits all', p(uri('')), [uri('https://example.com')]],
      ['directoryName: the subject', p(directory(nameOf([O, 'Org']))), [], nameOf([O, 'Org'], [CN, 'client'])],
      ['directoryName: the very name', p(directory(nameOf([O, 'Org'], [CN, 'c']))), [], nameOf([O, 'Org'], [CN, 'c'])],
      [
        'directoryName: by RFC 5280 7.1',
        p(directory(nameOf([O, 'My  org']))),
        [],
        seq(set(seq(oid(O), printable(' MY ORG ')))),
      ],
      [
        'directoryName: an RDN of two, in another order',
        p(directory(seq(set(seq(oid(O), utf8('Org')), seq(oid(CN), utf8('c')))))),
        [],
        seq(set(seq(oid(CN), utf8('C')), seq(oid(O), utf8('ORG')))),
      ],
      [
        'directoryName: not excluded by an RDN with one attribute less',
        x(directory(nameOf([O, 'Org']))),
        [],
        seq(set(seq(oid(O), utf8('Org')), seq(oid(CN), utf8('c')))),
      ],
      ['directoryName: empty permits all', p(directory(seq())), []],
      [
        'directoryName: in subjectAltName',
        p(directory(nameOf([O, 'Org']))),
        [directory(nameOf([O, 'Org']))],
        nameOf([O, 'Org']),
      ],
      [
        'directoryName: not excluded by RDNs further down',
        x(directory(nameOf([CN, 'c']))),
        [],
        nameOf([O, 'Org'], [CN, 'c']),
      ],
      [
        'directoryName: not excluded by a longer name',
        x(directory(nameOf([O, 'Org'], [CN, 'c']))),
        [],
        nameOf([O, 'Org']),
      ],
      [
        'another form is not constrained',
        p(ip(192, 0, 2, 0, 255, 255, 255, 0)),
        [dns('example.com'), email('a@b'), uri('x:y')],
      ],
      [
        'an unsupported form, when there is no such name',
        x(otherName('1.2.3'), registeredId('1.2.3')),
        [dns('example.com')],
      ],
      ['an otherName of another type than a mailbox', p(email('a.test')), [otherName('1.2.3')]],
      ['an address as dNSName, where neither form is constrained', p(email('a.test')), [dns('192.0.2.1')]],
      ['a dNSName whose last label is a number', x(dns('example.com')), [dns('node.7'), dns('12345')]],
      ['a malformed name of a form that is not constrained', p(dns('example.com')), [email('a@b@c'), uri('nonsense')]],
      [
        'a malformed dNSName, if only addresses are constrained',
        p(ip(192, 0, 2, 0, 255, 255, 255, 0)),
        [dns(''), dns('a b'), dns('a.test.')],
      ],
      [
        'a malformed iPAddress, directoryName, otherName and names beyond ASCII, if only dNSName is constrained',
        p(dns('example.com')),
        [ip(1, 2), explicit(4, set()), explicit(0), ...[1, 6].map((form) => implicit(form, [0xfc])), implicit(8, [])],
      ],
      ['a common name is no dNSName', x(dns('example.com')), [], nameOf([CN, 'example.com'])],
    ]),
  )('$rule', async ({ subtrees, names, subject }) => {
    const root = await issue({ cn: 'Root', extensions: place === 'anchor' ? ca(nameConstraints(subtrees)) : ca() })
    const chain =
      place === 'anchor' ? [] : [await issue({ cn: 'CA', by: root, extensions: ca(nameConstraints(subtrees)) })]
    const leaf = await issueLeaf(chain[0] ?? root, {
      ...(subject && { subject }),
      extensions: names.length > 0 ? [subjectAltName(names)] : null,
    })
    expect(await pathOf({ leaf, chain, anchors: [root] })).toHaveLength(2 + chain.length)
  })
})

describe('a name constraint does not apply', () => {
  const only = ca(nameConstraints(p(dns('example.com'))))
  const elsewhere = subjectAltName([dns('elsewhere.test')])

  it('to an empty subject', async () => {
    const root = await issue({ cn: 'Root', extensions: ca(nameConstraints(p(directory(nameOf([O, 'Org']))))) })
    const leaf = await issueLeaf(root, { subject: seq(), extensions: [subjectAltName([dns('a.test')], true)] })
    expect(await pathOf({ leaf, anchors: [root] })).toHaveLength(2)
  })

  it('to the CA itself', async () => {
    const root = await issue({ cn: 'Root', extensions: [...only, elsewhere] })
    expect(await pathOf({ leaf: await issueLeaf(root), anchors: [root] })).toHaveLength(2)
  })

  it('to a self-issued intermediate (RFC 5280 6.1.3 (b))', async () => {
    const root = await issue({ cn: 'Root', extensions: only })
    const rolled = await issue({ cn: 'Root', by: root, extensions: ca(elsewhere) })
    expect(await pathOf({ leaf: await issueLeaf(rolled), chain: [rolled], anchors: [root] })).toHaveLength(3)
  })

  it('below another anchor under the constrained one', async () => {
    const root = await issue({ cn: 'Root', extensions: only })
    const middle = await issue({ cn: 'CA', by: root })
    const leaf = await issueLeaf(middle, { extensions: [elsewhere] })
    expect(await pathOf({ leaf, chain: [middle], anchors: [root, middle] })).toEqual(['client', 'CA'])
  })

  it('on another path: the search goes on', async () => {
    const bound = await issue({ cn: 'Bound', extensions: only })
    const free = await issue({ cn: 'Free' })
    const first = await issue({ cn: 'CA', by: bound })
    const second = await issue({ cn: 'CA', by: free, keys: first.keys })
    const leaf = await issueLeaf(first, { extensions: [elsewhere] })
    expect(await pathOf({ leaf, chain: [first, second], anchors: [bound, free] })).toEqual(['client', 'CA', 'Free'])
  })
})

it('a subject beyond ASCII matches a constraint in another normal form', async () => {
  const root = await issue({ cn: 'Root', extensions: ca(nameConstraints(p(directory(nameOf([O, 'Kö\u00adln']))))) })
  const subject = seq(set(seq(oid(O), utf8('KO\u0308LN'))))
  expect(await pathOf({ leaf: await issueLeaf(root, { subject }), anchors: [root] })).toHaveLength(2)
})

it('a subjectAltName without names has no constrained name', async () => {
  const root = await issue({ cn: 'Root', extensions: ca(nameConstraints(p(dns('example.com')))) })
  const leaf = await issueLeaf(root, { extensions: [subjectAltName([])] })
  expect(await pathOf({ leaf, anchors: [root] })).toHaveLength(2)
})

it('the same name below the same CA is compared once, on however many paths', async () => {
  const root = await issue({ cn: 'Root', extensions: ca(nameConstraints(p(dns('a.test')))) })
  const first = await issue({ cn: 'CA', by: root })
  const second = await issue({ cn: 'CA', by: root, keys: first.keys })
  const leaf = await issueLeaf(first, { extensions: [subjectAltName([dns('b.a.test')])] })
  const upper = await issue({ cn: 'Upper' })
  const given = { leaf, chain: [first, second, root], anchors: [upper] }
  const budget = new Budget()
  expect(await pathOf({ ...given, budget })).toBe('self_signed')
  expect(budget.spent).toMatchObject({ signatureChecks: 3, nameComparisons: 1 })
})
