import { encodePem } from '../../src/x509/index.ts'
import type { ApiRequest } from './api.ts'
import { type Json, mutatedJson } from './json-edits.ts'
import { p256 } from './keys.ts'
import { newRoot } from './make.ts'
import type { Random } from './random.ts'
import { ACCOUNT, base64Of, CA_PEM, CLIENT_PEM, crlOf, DOMAIN, firstId, OTHER_ACCOUNT, TOKENS, ZONE } from './scene.ts'
import { mutatedText } from './text-edits.ts'

/** A request that is sound: one to each operation. */
export interface SoundRequest {
  readonly method: string
  readonly path: string
  /** A JSON body. */
  readonly body?: Json
}

/** What makers of requests put into bodies. */
export interface Material {
  /** Any certificate. */
  readonly certificate: (random: Random) => Uint8Array
}

const HOSTNAMES = [`a.${DOMAIN}`, `b.${DOMAIN}`, DOMAIN, `B.${DOMAIN}`, 'a.other.example', `münchen.${DOMAIN}`] as const

/** Text pieces that bodies' readers look for. */
export const BODY_TOKENS = [
  ...HOSTNAMES,
  '-----BEGIN PRIVATE KEY-----',
  '*.',
  '2026-01-01T00:00:00Z',
  '\u0000',
  '\ud800',
  ':',
] as const

type Maker = (random: Random, material: Material) => SoundRequest

const scopeOf = (random: Random) =>
  random.oneIn(12) ? `accounts/${OTHER_ACCOUNT}` : random.oneIn(3) ? `zones/${ZONE}` : `accounts/${ACCOUNT}`
const idOf = (random: Random) => (random.oneIn(8) ? '00000000-0000-4000-8000-999999999999' : firstId())
const family = (random: Random) => `${random.pick(['/client/v4', ''])}/${scopeOf(random)}/access/certificates`
const record = (random: Random) => `/edge/v1/accounts/${ACCOUNT}/certificates/${idOf(random)}`
const page = (random: Random) =>
  random.oneIn(3) ? `?page=${random.below(3)}&per_page=${random.pick([0, 1, 50, 1_001])}` : ''

/** A query of the list of zones. */
function lookUpOf(random: Random): string {
  const operator = random.pick(['', 'contains:', 'not_equal:', 'starts_with_case_sensitive:', 'x:'])
  return [
    `name=${operator}${encodeURIComponent(random.pick(HOSTNAMES))}`,
    ...(random.oneIn(2) ? [`account.id=${random.pick([ACCOUNT, OTHER_ACCOUNT])}`] : []),
    ...(random.oneIn(2) ? [`account.name=${operator}${random.pick(['a', '%25', '%00'])}`] : []),
    random.pick(['match=any', 'status=pending', 'order=account.name', 'direction=desc', 'type=partial', 'page=2']),
  ].join('&')
}

function pemOf(random: Random, { certificate }: Material): string {
  const fresh = newRoot(random, `Root ${random.below(4)}`, p256(`root ${random.below(4)}`)).der
  return random.pick([
    () => encodePem(fresh),
    () => encodePem(fresh),
    () => encodePem(certificate(random)),
    () => CA_PEM,
  ])()
}

const withBody: readonly Maker[] = [
  (random, material) => ({
    method: 'POST',
    path: family(random),
    body: { name: 'Fuzz', certificate: pemOf(random, material), associated_hostnames: [random.pick(HOSTNAMES)] },
  }),
  (random) => ({
    method: 'PUT',
    path: `${family(random)}/${idOf(random)}`,
    body: {
      name: 'Changed',
      associated_hostnames: random.oneIn(3) ? [] : [random.pick(HOSTNAMES), random.pick(HOSTNAMES)],
    },
  }),
  (random) => ({
    method: 'PUT',
    path: `${family(random)}/settings`,
    body: {
      settings: [
        { hostname: random.pick(HOSTNAMES), china_network: false, client_certificate_forwarding: random.oneIn(2) },
      ],
    },
  }),
  (random, { certificate }) => ({
    method: 'POST',
    path: `/edge/v1/${scopeOf(random)}/verify`,
    body: {
      hostname: random.pick(HOSTNAMES),
      certificate: random.oneIn(2) ? CLIENT_PEM : encodePem(certificate(random)),
      chain: random.oneIn(2) ? CA_PEM : '',
      at: '2026-06-01T00:00:00Z',
      trace: random.oneIn(2),
    },
  }),
  (random) => ({
    method: 'PUT',
    path: `/edge/v1/${scopeOf(random)}/hostnames/${encodeURIComponent(random.pick(HOSTNAMES))}`,
    body: { mode: random.pick(['required', 'report', 'open']), until: random.pick(['2026-06-03T00:00:00Z', null]) },
  }),
  (random) => ({
    method: 'PUT',
    path: `${record(random)}/crl`,
    body: { crl: encodePem(crlOf(random), 'X509 CRL'), ca: CA_PEM },
  }),
  (random) => ({
    method: 'PUT',
    path: `${record(random)}/revocation`,
    body: { stale_policy: random.pick(['soft', 'hard']), uncovered: random.pick(['allow', 'refuse']) },
  }),
]

const withoutBody: readonly Maker[] = [
  (random) => ({ method: 'GET', path: `${family(random)}${page(random)}` }),
  (random) => ({ method: 'GET', path: `${family(random)}/${idOf(random)}` }),
  (random) => ({ method: 'DELETE', path: `${family(random)}/${idOf(random)}` }),
  (random) => ({ method: 'GET', path: `${family(random)}/settings${page(random)}` }),
  (random) => ({
    method: 'GET',
    path: random.pick(['/client/v4/user/tokens/verify', `/client/v4/accounts/${ACCOUNT}/tokens/verify`]),
  }),
  (random) => ({
    method: 'GET',
    path: random.pick([`/${scopeOf(random)}`, `/accounts${page(random)}`, '/user', `/zones?${lookUpOf(random)}`]),
  }),
  (random) => ({ method: 'GET', path: `/edge/v1/${scopeOf(random)}/quotas` }),
  (random) => ({ method: 'GET', path: `/edge/v1/${scopeOf(random)}/hostnames${page(random)}` }),
  (random) => ({
    method: 'GET',
    path: `/edge/v1/${scopeOf(random)}/hostnames/${encodeURIComponent(random.pick(HOSTNAMES))}`,
  }),
  (random) => ({ method: random.pick(['GET', 'DELETE']), path: `${record(random)}/crl` }),
  (random) => ({ method: 'GET', path: `${record(random)}/revocation` }),
  (random) => ({ method: 'GET', path: `${record(random)}/blocked_serials${page(random)}` }),
  (random) => ({
    method: random.pick(['PUT', 'DELETE']),
    path: `${record(random)}/blocked_serials/${random.pick(['0a', '0A:FF', 'dec:12', '-1'])}`,
  }),
  (random) => ({ method: 'GET', path: random.pick(['/openapi.json', '/docs/errors', '/']) }),
]

/** A sound request that has a JSON body. */
export function soundBody(random: Random, material: Material): SoundRequest & { readonly body: Json } {
  const { body = {}, ...sound } = random.pick(withBody)(random, material)
  return { ...sound, body }
}

/** A sound request to any operation. */
export function soundRequest(random: Random, material: Material): SoundRequest {
  return random.pick(random.oneIn(2) ? withBody : withoutBody)(random, material)
}

/** A body with a value of another shape in it, or as text that is JSON no more. */
export function bodyText(body: Json, random: Random): string {
  if (random.oneIn(6)) return JSON.stringify(body)
  const changed = JSON.stringify(mutatedJson(body, random, BODY_TOKENS))
  return random.oneIn(6)
    ? mutatedText(changed, random, ['{', '}', '[', '"', ',', ':', '\\u0000', '\\ud800', '1e999', 'NaN', '//'])
    : changed
}

const JSON_TYPE = ['content-type', 'application/json'] as const

/** The request as it goes over the wire, by a token that may write unless `token` says otherwise. */
export function onWire(
  { method, path }: SoundRequest,
  text: string | undefined,
  token: string = TOKENS.writer,
): ApiRequest {
  const headers = [['authorization', `Bearer ${token}`] as const, ...(text === undefined ? [] : [JSON_TYPE])]
  return { method, path, headers, body: text === undefined ? undefined : base64Of(text) }
}
