import { toBase64, toHex } from '../../src/core/bytes.ts'
import { rfc3339 } from '../../src/core/rfc3339.ts'
import { type Bytes, time } from '../../src/testing/der.ts'
import { basicConstraints, keyUsage, name } from '../../src/testing/extensions.ts'
import { type CertificateParts, certificate, NOW, pem, unremarkable } from '../support/pki.ts'
import { addAccount, addCredential, addZone } from '../support/tenants.ts'
import type { RootFacts, World, WorldAccount, WorldCredential, WorldZone, Worth } from './model.ts'
import { disable } from './real.ts'

const id = (start: string): string => start.padEnd(32, '0')

/** alpha: two nested zones and one that is off. bravo: a small quota, and a leased zone in alpha's domain. */
export const ALPHA: WorldAccount = { id: id('aa'), quota: 50, enabled: true }
export const BRAVO: WorldAccount = { id: id('bb'), quota: 3, enabled: true }
const CLOSED: WorldAccount = { id: id('cc'), quota: 50, enabled: false }
const UNENTITLED: WorldAccount = { id: id('dd'), quota: 0, enabled: true }

const zone = (start: string, { id: account }: WorldAccount, domain: string, enabled = true): WorldZone => ({
  id: id(start),
  account,
  domain,
  enabled,
})
export const OUTER = zone('a1', ALPHA, 'alpha.example')
export const INNER = zone('a2', ALPHA, 'shop.alpha.example')
const SHUT = zone('a3', ALPHA, 'shut.alpha.example', false)
export const BRAVOS = zone('b1', BRAVO, 'bravo.example')
export const LEASED = zone('b2', BRAVO, 'leased.alpha.example')
const CLOSEDS = zone('c1', CLOSED, 'closed.example')

const EMAIL = 'ops@alpha.example'

const token = (
  secret: string,
  grants: WorldCredential['grants'],
  more: Partial<WorldCredential> = {},
): WorldCredential => ({
  id: id(`e${secret.length}${secret.charCodeAt(0).toString(16)}`),
  email: undefined,
  secret,
  active: true,
  notBefore: null,
  expiresOn: null,
  grants,
  ...more,
})

/** Times so near to NOW that a step of the clock reaches both sides of each bound. */
export const EXPIRY = NOW + 3600
export const BEGINNING = NOW + 60

export const TOKENS = {
  alphaWrite: token('alpha-writes', { [ALPHA.id]: 'write' }),
  alphaRead: token('alpha-read', { [ALPHA.id]: 'read' }),
  bravoWrite: token('bravo-w', { [BRAVO.id]: 'write' }),
  outerWrite: token('outer-writes', { [OUTER.id]: 'write', [INNER.id]: 'read' }),
  both: token('both-w', { [ALPHA.id]: 'read', [INNER.id]: 'write', [BRAVO.id]: 'write' }),
  rest: token('rest', { [CLOSED.id]: 'write', [UNENTITLED.id]: 'write', [SHUT.id]: 'read' }),
  expiring: token('expires', { [ALPHA.id]: 'write' }, { expiresOn: EXPIRY }),
  future: token('future', { [ALPHA.id]: 'write' }, { notBefore: BEGINNING }),
  disabled: token('disabled', { [ALPHA.id]: 'write' }, { active: false }),
  key: token('0123456789abcdef0123456789abcdef01234567', { [ALPHA.id]: 'write' }, { email: EMAIL }),
} as const

export const ACCOUNTS = [ALPHA, BRAVO, CLOSED, UNENTITLED]
export const ZONES = [OUTER, INNER, SHUT, BRAVOS, LEASED, CLOSEDS]
const CREDENTIALS: readonly WorldCredential[] = Object.values(TOKENS)

export const PRIVATE_KEY = '-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n'

/** Hostnames with the form in which they are compared. */
const GOOD_NAMES = {
  'alpha.example': 'alpha.example',
  'ALPHA.Example': 'alpha.example',
  'a.alpha.example': 'a.alpha.example',
  'A.Alpha.example': 'a.alpha.example',
  'xshop.alpha.example': 'xshop.alpha.example',
  'bücher.alpha.example': 'xn--bcher-kva.alpha.example',
  'xn--bcher-kva.alpha.example': 'xn--bcher-kva.alpha.example',
  'shop.alpha.example': 'shop.alpha.example',
  'till.SHOP.alpha.example': 'till.shop.alpha.example',
  'till.shop.alpha.example': 'till.shop.alpha.example',
  'x.shut.alpha.example': 'x.shut.alpha.example',
  'bravo.example': 'bravo.example',
  'www.bravo.example': 'www.bravo.example',
  'x.leased.alpha.example': 'x.leased.alpha.example',
  'nobody.example': 'nobody.example',
  'notalpha.example': 'notalpha.example',
}

const BAD_NAMES = {
  '': 'must be a hostname, not an empty string',
  '*.alpha.example': 'must be a hostname without a wildcard: name each host',
  'https://alpha.example': 'must be a hostname without a scheme such as https://',
  'alpha.example/x': 'must be a hostname without a path, query, fragment or user',
  'alpha.example:443': 'must be a hostname without a port',
  '192.0.2.1': 'must be a hostname, not an IP address',
  localhost: 'must be a fully qualified domain name of at least two labels',
  'alpha.example.': 'must be a hostname without a dot at its end',
}

/** A path with the credentials that are used there. */
export interface Place {
  readonly kind: string
  readonly id: string
  readonly headers: Readonly<Record<string, string>>
  /** Hostnames that belong there; in bodies they are `@0` and so on. */
  readonly names: readonly string[]
}

/** Names for generated bodies: those that belong to a place, and any. */
export const NAMES = {
  alpha: Object.keys(GOOD_NAMES).slice(0, 11),
  outer: Object.keys(GOOD_NAMES).slice(0, 7),
  inner: Object.keys(GOOD_NAMES).slice(7, 10),
  bravo: ['bravo.example', 'www.bravo.example', 'x.leased.alpha.example'],
  other: [...Object.keys(GOOD_NAMES), ...Object.keys(BAD_NAMES)],
}

const BAD_PEMS: readonly (readonly [text: string, fault: string])[] = [
  ['', 'must be a certificate in PEM, not an empty string'],
  ['x', 'has no -----BEGIN CERTIFICATE----- line: it must be in PEM (openssl x509 -inform DER turns DER into PEM)'],
  [
    pem(certificate({ subject: name('Leaf'), extensions: [basicConstraints(false), keyUsage(0x80, 7)] })),
    'is not a CA certificate: Basic Constraints has CA:FALSE; CA:TRUE is required',
  ],
]

interface Root extends RootFacts {
  readonly der: Bytes
}

async function root(cn: string, from: number, to: number, more: CertificateParts = {}): Promise<Root> {
  const dates = { notBefore: time(rfc3339(from)), notAfter: time(rfc3339(to)) }
  const der = certificate(unremarkable({ subject: name(cn), ...dates, ...more }))
  const digest = new Uint8Array(await crypto.subtle.digest('MD5', der))
  const md5 = toHex(digest).toUpperCase()
  return { der, md5, selfSigned: more.issuer === undefined, notBefore: from, notAfter: to }
}

const YEAR = 365 * 86_400

/** Eight different contents, each in several spellings. */
async function certificates(): Promise<readonly (readonly [texts: readonly string[], means: readonly RootFacts[]])[]> {
  const sound = await Promise.all(['One', 'Two', 'Three', 'Four'].map((cn) => root(cn, NOW - YEAR, NOW + YEAR)))
  const expiring = await root('Expiring', NOW - YEAR, NOW + 3600)
  const early = await root('Early', NOW + 60, NOW + YEAR)
  const [one, two] = sound
  if (one === undefined || two === undefined) throw new Error('four roots were made')
  const issuing = await root('Issuing', NOW - YEAR, NOW + 3599, { issuer: name('One') })
  const chains = [
    [issuing, one],
    [two, expiring],
  ]
  return [...sound.map((one) => [one]), [expiring], [early], ...chains].map((chain) => {
    const text = chain.map(({ der }) => pem(der)).join('')
    const wrapped = chain.map(({ der }) => `-----BEGIN CERTIFICATE-----\n${toBase64(der)}\n-----END CERTIFICATE-----`)
    const texts = [
      text,
      text.replaceAll('\n', '\\n'),
      text.replaceAll('\n', '\r\n'),
      `\n  ${text.replaceAll('\n', '\n  ')}\n`,
      `subject=some text\n${wrapped.join('\nand more\n')}`,
    ]
    return [texts, chain] as const
  })
}

/** PEM texts for generated bodies: each content in its spellings, and the faulty ones. */
export interface Pems {
  readonly good: readonly (readonly string[])[]
  readonly bad: readonly string[]
}

export async function makeWorld(): Promise<{ readonly world: World; readonly pems: Pems }> {
  const good = await certificates()
  const world: World = {
    accounts: ACCOUNTS,
    zones: ZONES,
    credentials: CREDENTIALS,
    pems: new Map<string, Worth<readonly RootFacts[]>>([
      ...good.flatMap(([texts, means]) => texts.map((text) => [text, { means }] as const)),
      ...BAD_PEMS.map(([text, fault]) => [text, { fault }] as const),
    ]),
    hostnames: new Map<string, Worth<string>>([
      ...Object.entries(GOOD_NAMES).map(([text, means]) => [text, { means }] as const),
      ...Object.entries(BAD_NAMES).map(([text, fault]) => [text, { fault }] as const),
    ]),
  }
  return { world, pems: { good: good.map(([texts]) => texts), bad: BAD_PEMS.map(([text]) => text) } }
}

/** Writes the world into the real database. */
export async function provision({ accounts, zones, credentials }: World): Promise<void> {
  for (const { id, quota, enabled } of accounts) await addAccount({ id, certificateQuota: quota, enabled })
  for (const { id, account, domain, enabled } of zones) await addZone(account, domain, { id, enabled })
  for (const { secret, grants, email, active, ...more } of credentials) {
    const list = Object.entries(grants).map(([scope, permission]) => {
      const kind = zones.some(({ id }) => id === scope) ? ('zones' as const) : ('accounts' as const)
      return { scope: { kind, id: scope }, permission }
    })
    await addCredential(secret, list, { ...more, email: email ?? null, kind: email === undefined ? 'token' : 'key' })
    if (!active) await disable(more.id)
  }
}
