import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IdentityRules } from '../../src/edge/identity-rules.ts'
import type { Holder } from '../../src/x509/index.ts'

const NOBODY: Holder = {
  commonName: [],
  organization: [],
  organizationalUnit: [],
  dns: [],
  email: [],
  uri: [],
  serialNumber: [],
  certificateSha256: [],
  keySha256: [],
  issuerKeySha256: [],
  extKeyUsage: [],
  policy: [],
}

const admits = (rules: readonly unknown[], holder: Partial<Holder>) =>
  new IdentityRules(JSON.stringify(rules)).admit({ ...NOBODY, ...holder })

describe('a rule matches', () => {
  it.each<[string, object, Partial<Holder>]>([
    ['a common name', { common_name: 'ada' }, { commonName: ['ada'] }],
    ['any of several units', { organizational_unit: 'b' }, { organizationalUnit: ['a', 'b'] }],
    ['all conditions', { organization: 'a', dns: 'b.example' }, { organization: ['a'], dns: ['b.example'] }],
    ['one label for *.', { dns: '*.example.com' }, { dns: ['a.example.com'] }],
    ['any label for *.', { dns: '*.com' }, { dns: ['example.com'] }],
    ['a mailbox', { email: 'ada@example.com' }, { email: ['ada@example.com'] }],
    ['all mailboxes of a domain', { email: '@example.com' }, { email: ['ada@example.com'] }],
    ['a URI', { uri: 'urn:a' }, { uri: ['urn:b', 'urn:a'] }],
    ['a URI below', { uri: 'spiffe://a.example/ns/*' }, { uri: ['spiffe://a.example/ns/prod/sa/api'] }],
    ['all of a trust domain', { uri: 'spiffe://a.example/*' }, { uri: ['spiffe://a.example/x'] }],
    [
      'a serial number and an issuer',
      { serial_number: '0a', issuer_key_sha256: 'b' },
      { serialNumber: ['0a'], issuerKeySha256: ['b'] },
    ],
    ['a certificate', { certificate_sha256: 'a' }, { certificateSha256: ['a'] }],
    ['a key', { key_sha256: 'a' }, { keySha256: ['a'] }],
    ['a purpose', { ext_key_usage: '1.2' }, { extKeyUsage: ['1.1', '1.2'] }],
    ['a policy', { policy: '1.2' }, { policy: ['1.2'] }],
  ])('%s', (_, rule, holder) => {
    expect(admits([{ common_name: 'another' }, rule], holder)).toBe(true)
  })
})

describe('a rule does not match', () => {
  it.each<[string, object, Partial<Holder>]>([
    ['another case of a name', { common_name: 'ada' }, { commonName: ['Ada'] }],
    ['a name with a blank more', { common_name: 'ada' }, { commonName: ['ada '] }],
    ['a compatible character', { common_name: 'K' }, { commonName: ['\u212a'] }],
    ['another composition', { common_name: '\u00e9' }, { commonName: ['e\u0301'] }],
    ['a part of a name', { organization: 'a' }, { organization: ['ab'] }],
    ['one of two conditions', { organization: 'a', dns: 'b.example' }, { organization: ['a'], dns: ['c.example'] }],
    ['a value of another kind', { common_name: 'a.example' }, { dns: ['a.example'] }],
    ['the domain itself for *.', { dns: '*.example.com' }, { dns: ['example.com'] }],
    ['two labels for *.', { dns: '*.example.com' }, { dns: ['a.b.example.com'] }],
    ['a longer label', { dns: '*.example.com' }, { dns: ['a.notexample.com'] }],
    ['a name that ends alike', { dns: 'example.com' }, { dns: ['a.example.com'] }],
    ['* as a name', { common_name: '*' }, { commonName: ['ada'] }],
    ['@ in a name', { common_name: '@example.com' }, { commonName: ['ada@example.com'] }],
    ['*. in a name', { common_name: '*.example.com' }, { commonName: ['a.example.com'] }],
    ['/* in a name', { common_name: 'https://a.example/*' }, { commonName: ['https://a.example/b'] }],
    ['another case of a local part', { email: 'ada@example.com' }, { email: ['Ada@example.com'] }],
    ['a domain below', { email: '@example.com' }, { email: ['ada@a.example.com'] }],
    ['a domain that ends alike', { email: '@example.com' }, { email: ['ada@notexample.com'] }],
    ['the URI itself for /*', { uri: 'spiffe://a.example/ns/*' }, { uri: ['spiffe://a.example/ns'] }],
    ['the URI itself with a slash', { uri: 'spiffe://a.example/ns/*' }, { uri: ['spiffe://a.example/ns/'] }],
    ['a segment that begins alike', { uri: 'spiffe://a.example/ns/*' }, { uri: ['spiffe://a.example/nsx/a'] }],
    ['a host that begins alike', { uri: 'spiffe://a.example/*' }, { uri: ['spiffe://a.example.evil/a'] }],
    ['a port', { uri: 'https://a.example/*' }, { uri: ['https://a.example:8443/a'] }],
    ['a dot segment', { uri: 'spiffe://a.example/ns/*' }, { uri: ['spiffe://a.example/ns/../admin'] }],
    ['a dot segment at the end', { uri: 'spiffe://a.example/ns/*' }, { uri: ['spiffe://a.example/ns/a/..'] }],
    ['a single dot', { uri: 'spiffe://a.example/ns/*' }, { uri: ['spiffe://a.example/ns/./a'] }],
    ['an encoded dot segment', { uri: 'spiffe://a.example/ns/*' }, { uri: ['spiffe://a.example/ns/%2e%2e/admin'] }],
    ['an encoded slash', { uri: 'spiffe://a.example/ns/*' }, { uri: ['spiffe://a.example/ns/a%2fb'] }],
    ['an empty segment', { uri: 'spiffe://a.example/ns/*' }, { uri: ['spiffe://a.example/ns//a'] }],
    ['a slash at the end', { uri: 'spiffe://a.example/ns/*' }, { uri: ['spiffe://a.example/ns/a/'] }],
    ['a query', { uri: 'spiffe://a.example/ns/*' }, { uri: ['spiffe://a.example/ns/a?b'] }],
    ['a fragment', { uri: 'spiffe://a.example/ns/*' }, { uri: ['spiffe://a.example/ns/a#b'] }],
    ['a URI with more', { uri: 'urn:a' }, { uri: ['urn:ab'] }],
    ['a serial number of another sign', { serial_number: '00ee' }, { serialNumber: ['ee'] }],
    ['a path that is refused without one', { policy: '1.2' }, { policy: [] }],
    ['anybody without conditions', {}, { commonName: ['ada'] }],
    ['by a condition of later code', { organization: 'a', shoe_size: '44' }, { organization: ['a'] }],
    ['by a condition that JavaScript has', { constructor: 'a' }, { commonName: ['a'] }],
    ['by an empty value', { common_name: '' }, { commonName: [''] }],
    ['by a number in place of a pattern', { dns: 7 }, { dns: ['7'] }],
    [
      'by a value that is no text',
      { common_name: null, organization: 'a' },
      { commonName: ['null'], organization: ['a'] },
    ],
  ])('%s', (_, rule, holder) => {
    expect(admits([{ common_name: 'another' }, rule], holder)).toBe(false)
  })
})

/** Label by label and segment by segment, with none of the matcher's code. */
function naive(rules: readonly Readonly<Record<string, string>>[], holder: Holder): boolean {
  const values: Readonly<Record<string, readonly string[]>> = {
    common_name: holder.commonName,
    dns: holder.dns,
    email: holder.email,
    uri: holder.uri,
  }
  const meets = (kind: string, wanted: string, value: string): boolean => {
    if (kind === 'dns') {
      const [asked, has] = [wanted.split('.'), value.split('.')]
      return asked.length === has.length && asked.every((label, i) => (label === '*' && i === 0) || label === has[i])
    }
    if (kind === 'email') {
      const [[local, domain], [own, at]] = [wanted.split('@'), value.split('@')]
      return domain === at && (local === '' || local === own)
    }
    if (kind === 'uri' && wanted.endsWith('/*')) {
      const [asked, has] = [wanted.split('/').slice(0, -1), value.split('/')]
      const rest = has.slice(asked.length)
      return asked.every((part, i) => part === has[i]) && rest.length > 0 && rest.every((part) => /^[a-z]+$/.test(part))
    }
    return wanted === value
  }
  return rules.some((rule) =>
    Object.entries(rule).every(([kind, wanted]) => (values[kind] ?? []).some((value) => meets(kind, wanted, value))),
  )
}

const SEED = 20_261_125
const word = fc.constantFrom('a', 'a', 'a', 'b', 'ab')
const odd = fc.constantFrom('a', 'a', 'a', 'a', 'b', 'ab', '', '..', '.', '%61', 'a?b')
const host = fc.array(word, { minLength: 1, maxLength: 2 }).map((labels) => labels.join('.'))
const path = fc.array(odd, { maxLength: 3 })
const values = {
  commonName: fc.array(word, { maxLength: 3 }),
  dns: fc.array(host, { maxLength: 3 }),
  email: fc.array(
    fc.tuple(word, host).map((parts) => parts.join('@')),
    { maxLength: 3 },
  ),
  uri: fc.array(
    fc.tuple(host, path).map(([name, segments]) => ['spiffe:/', name, ...segments].join('/')),
    { maxLength: 3 },
  ),
}
const conditions = {
  common_name: word,
  dns: fc.tuple(fc.constantFrom('', '*.'), host).map((parts) => parts.join('')),
  email: fc.tuple(fc.constantFrom('', 'a', 'ab'), host).map((parts) => parts.join('@')),
  uri: fc
    .tuple(host, fc.array(word, { maxLength: 2 }), fc.boolean())
    .map(([name, segments, below]) => ['spiffe:/', name, ...segments, ...(below ? ['*'] : [])].join('/')),
}
const kind = fc.constantFrom(...(Object.keys(conditions) as (keyof typeof conditions)[]))
const rule: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .tuple(fc.record(conditions), fc.uniqueArray(kind, { minLength: 1, maxLength: 2 }))
  .map(([all, kinds]) => Object.fromEntries(kinds.map((each) => [each, all[each]])))

it(`rules admit whom a naive reading of them admits (seed ${SEED})`, () => {
  const outcomes = { true: 0, false: 0 }
  fc.assert(
    fc.property(fc.array(rule, { minLength: 1, maxLength: 4 }), fc.record(values), (rules, some) => {
      const holder = { ...NOBODY, ...some }
      const expected = naive(rules, holder)
      outcomes[`${expected}`] += 1
      expect(admits(rules, holder)).toBe(expected)
    }),
    { numRuns: 20_000, seed: SEED },
  )
  expect(Math.min(outcomes.true, outcomes.false)).toBeGreaterThan(1_000)
})
