import fc from 'fast-check'
import type { Talk } from './conversation.ts'
import type { Json } from './model.ts'
import {
  ACCOUNTS,
  ALPHA,
  BRAVO,
  BRAVOS,
  INNER,
  NAMES,
  OUTER,
  type Pems,
  type Place,
  PRIVATE_KEY,
  TOKENS,
  ZONES,
} from './world.ts'

/** A certificate that was made before (`ago` 0 is the last), requested where it was made or in the place of the draft. */
interface Made {
  readonly ago: number
  readonly where: 'there' | 'here'
}

/** A request without what only the conversation knows: the time, and the certificates that were made. */
interface Draft {
  /** A number is the index of a place of the sequence. */
  readonly place: Place | number
  readonly base: string
  readonly method: string
  /** After `/access/certificates`. */
  readonly rest: string | Made
  readonly query: string
  readonly type: string | undefined
  readonly body: string | undefined
  readonly throttled: boolean
}

const NEVER_MADE = '11111111-1111-4111-8111-111111111111'

class Call implements fc.AsyncCommand<object, Talk> {
  readonly draft: Draft
  constructor(draft: Draft) {
    this.draft = draft
  }

  check(): boolean {
    return true
  }

  async run(_: object, conversation: Talk): Promise<void> {
    const { base, rest, query, type, body, method, throttled } = this.draft
    const made = typeof rest === 'string' ? undefined : conversation.made(rest.ago)
    const here = typeof this.draft.place === 'number' ? conversation.place(this.draft.place) : this.draft.place
    const place = typeof rest !== 'string' && rest.where === 'there' && made ? made.place : here
    const path = typeof rest === 'string' ? rest : `/${made?.id ?? NEVER_MADE}`
    const { kind, id, headers } = place
    const within = kind === 'user' || path.startsWith('/tokens') ? path : `/access/certificates${path}`
    const answer = await conversation.exchange({
      method,
      throttled,
      target: `${base}/${kind}${id === '' ? '' : `/${id}`}${within}${query}`,
      headers: { ...headers, ...(type === undefined ? {} : { 'content-type': type }) },
      // A GET with a body cannot be made.
      ...(body === undefined || method === 'GET' ? {} : { body: fillIn(body, place.names) }),
    })
    if (answer.status === 201) conversation.remember(place)
  }

  toString(): string {
    const { method, place, rest, query, body, throttled } = this.draft
    const path = typeof rest === 'string' ? rest : `/(made ${rest.ago} ago, asked ${rest.where})`
    const where =
      typeof place === 'number'
        ? `place ${place}`
        : `${place.kind}/${place.id} as ${Object.values(place.headers).join()}`
    return `${method} ${where} ${path}${query} ${body ?? ''}${throttled ? ' throttled' : ''}`
  }
}

/** Replaces `@0` and so on in a body by hostnames that belong to the place of the request. */
function fillIn(body: string, names: readonly string[]): string {
  return body.replace(/"@(\d+)"/g, (_, index) => JSON.stringify(names[Number(index) % names.length] ?? ''))
}

class ClockStep implements fc.AsyncCommand<object, Talk> {
  readonly seconds: number
  constructor(seconds: number) {
    this.seconds = seconds
  }

  check(): boolean {
    return true
  }

  async run(_: object, conversation: Talk): Promise<void> {
    conversation.now += this.seconds
  }

  toString(): string {
    return `clock ${this.seconds}`
  }
}

// --- access and place ----------------------------------------------------------------------------------------------

export const bearer = ({ secret }: { readonly secret: string }) => ({ authorization: `Bearer ${secret}` })
export const KEY_PAIR = { 'x-auth-email': 'Ops@Alpha.example', 'x-auth-key': TOKENS.key.secret }

export const alphas = { kind: 'accounts', id: ALPHA.id, headers: bearer(TOKENS.alphaWrite), names: NAMES.alpha }
export const outers = { kind: 'zones', id: OUTER.id, headers: bearer(TOKENS.outerWrite), names: NAMES.outer }
export const inners = { kind: 'zones', id: INNER.id, headers: bearer(TOKENS.both), names: NAMES.inner }
export const bravos = { kind: 'accounts', id: BRAVO.id, headers: bearer(TOKENS.bravoWrite), names: NAMES.bravo }
export const bravosZone = { kind: 'zones', id: BRAVOS.id, headers: bearer(TOKENS.both), names: NAMES.bravo.slice(0, 2) }

/** The places of a sequence's requests: few of them, so that the requests affect each other. */
export const places: fc.Arbitrary<readonly Place[]> = fc.constantFrom(
  [bravos],
  [bravos, bravosZone],
  [alphas],
  [outers, alphas],
  [inners, outers],
  [{ ...alphas, headers: KEY_PAIR }, inners, { ...outers, headers: bearer(TOKENS.alphaWrite) }, bravos],
)

const usual = fc.nat({ max: 11 })

const anyone = fc.constantFrom<Place['headers']>(
  ...Object.values(TOKENS)
    .filter(({ email }) => email === undefined)
    .map(bearer),
  bearer(TOKENS.expiring),
  bearer(TOKENS.future),
  KEY_PAIR,
  { ...KEY_PAIR, ...bearer(TOKENS.bravoWrite) },
  { ...KEY_PAIR, 'x-auth-key': 'f'.repeat(40) },
  { 'x-auth-email': 'ops', 'x-auth-key': 'short' },
  { 'x-auth-email': 'ops@alpha.example' },
  { authorization: 'Bearer nobody' },
  { authorization: `bearer ${TOKENS.alphaRead.secret}` },
  { authorization: `Token ${TOKENS.alphaRead.secret}` },
  { authorization: 'Bearer a b', ...KEY_PAIR },
  {},
)

const anywhere = fc.constantFrom<Pick<Place, 'kind' | 'id'>>(
  ...ACCOUNTS.map(({ id }) => ({ kind: 'accounts', id })),
  ...ZONES.map(({ id }) => ({ kind: 'zones', id })),
  { kind: 'zones', id: ALPHA.id },
  { kind: 'accounts', id: '9'.repeat(32) },
  { kind: 'accounts', id: 'A'.repeat(32) },
  { kind: 'zones', id: '123' },
  { kind: 'accounts', id: '' },
  { kind: 'zones', id: '/' },
  { kind: 'users', id: ALPHA.id },
)

const place: fc.Arbitrary<Place | number> = fc.oneof(
  { weight: 18, arbitrary: usual },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(alphas, inners, bravos), anyone)
      .map(([where, headers]) => ({ ...where, headers })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(anywhere, anyone).map(([where, headers]) => ({ ...where, headers, names: NAMES.other })),
  },
)

// --- bodies --------------------------------------------------------------------------------------------------------

const often = <T>(weight: number, value: fc.Arbitrary<T>, otherwise: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: value }, { weight: 1, arbitrary: otherwise })

/** Wrong for almost all of texts, lists and flags. */
const wrongType = fc.constantFrom<Json>(null, 1, true, {})

/** Any name, and values that are not names. */
const hostname: fc.Arbitrary<Json> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<Json>(...NAMES.other) },
  { weight: 1, arbitrary: fc.constantFrom<Json>(null, 7, PRIVATE_KEY) },
)

const nameOfPlace = fc.nat({ max: 10 }).map((index) => `@${index}`)

/** Mostly names that belong to the place, so that most lists are accepted. */
const hostnames: fc.Arbitrary<Json> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Json>([]) },
  { weight: 10, arbitrary: fc.array(nameOfPlace, { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.array(fc.oneof(nameOfPlace, hostname), { maxLength: 4 }) },
  { weight: 1, arbitrary: often(3, fc.constant<Json>(null), wrongType) },
)

const goodName: fc.Arbitrary<Json> = fc.constantFrom('Allow devs', 'n', '多'.repeat(350), '🔐'.repeat(350))
const badName: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>('', 'n'.repeat(351), '🔐'.repeat(351), PRIVATE_KEY),
  wrongType,
)
const name = often(14, goodName, badName)

const unread = fc.constantFrom<Readonly<Record<string, Json>>>(
  ...Array<Readonly<Record<string, Json>>>(12).fill({}),
  { expires_on: '0001-01-01T00:00:00Z', id: 'x' },
  { extra: { nested: [null, 1] } },
  { extra: { nested: [PRIVATE_KEY] } },
)

const requiredKeys = <const K extends string>(keys: readonly K[]): { requiredKeys: K[] } => ({
  requiredKeys: [...keys],
})

function certificateBody({ good, bad }: Pems): fc.Arbitrary<string> {
  const pem: fc.Arbitrary<Json> = fc.oneof(
    { weight: 24, arbitrary: fc.constantFrom(...good).chain((texts) => fc.constantFrom(...texts)) },
    { weight: 1, arbitrary: fc.oneof(fc.constantFrom<Json>(...bad, PRIVATE_KEY), wrongType) },
  )
  const model = { name, certificate: pem, associated_hostnames: hostnames }
  const sound = fc.record(model, requiredKeys(['name', 'certificate']))
  return jsonBody(often(20, sound, fc.record(model, requiredKeys([]))))
}

const ignored = often(12, fc.constantFrom<Json>('anything', 1, null), fc.constant<Json>(PRIVATE_KEY))

const changeBody = jsonBody(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    {
      weight: 4,
      arbitrary: fc.record({ name, certificate: ignored, associated_hostnames: hostnames }, requiredKeys([])),
    },
    { weight: 3, arbitrary: fc.record({ associated_hostnames: hostnames }) },
  ),
)

const flag = often(20, fc.constantFrom<Json>(true, false), fc.constantFrom<Json>(null, 'yes', 1))
const off = often(20, fc.constantFrom<Json>(false, null), fc.constantFrom<Json>(true, 'yes', []))
const setting = (names: fc.Arbitrary<Json>): fc.Arbitrary<Readonly<Record<string, Json>>> =>
  fc.record({ hostname: names, china_network: off, client_certificate_forwarding: flag }, requiredKeys(['hostname']))

/** A value that is not a setting, or a setting with faults in several members. */
const oddSetting = fc.oneof(
  setting(hostname),
  wrongType,
  fc.constantFrom<Json>([], { china_network: true }, { hostname: PRIVATE_KEY, china_network: true }),
)

const sound = setting(nameOfPlace)

const settings: fc.Arbitrary<Json> = fc.oneof(
  { weight: 10, arbitrary: fc.uniqueArray(sound, { maxLength: 3, selector: ({ hostname }) => hostname }) },
  { weight: 2, arbitrary: fc.array(sound, { maxLength: 3 }) },
  { weight: 3, arbitrary: fc.array(fc.oneof(sound, oddSetting), { maxLength: 4 }) },
  { weight: 1, arbitrary: wrongType },
)

const settingsBody = jsonBody(fc.record({ settings }, requiredKeys([])))

/** An object as JSON with fields that are not read, or sometimes something else. */
function jsonBody(fields: fc.Arbitrary<Readonly<Record<string, Json>>>): fc.Arbitrary<string> {
  const object = fc.tuple(fields, unread).map(([sound, more]) => JSON.stringify({ ...more, ...sound }))
  const other = fc.constantFrom('', '{', 'null', '[]', '"x"', '7', `{"x":"${'x'.repeat(262_144)}"}`)
  return often(25, object, other)
}

// --- requests ------------------------------------------------------------------------------------------------------

const JSON_TYPES = ['application/json', 'application/json; charset=utf-8', undefined]
const types = often(
  40,
  fc.constantFrom(...JSON_TYPES),
  fc.constantFrom<string | undefined>('text/plain', 'multipart/form-data'),
)

/** Mostly a certificate that was made, where it was made. */
const certificateId: fc.Arbitrary<Draft['rest']> = fc.oneof(
  { weight: 14, arbitrary: fc.nat({ max: 2 }).map((ago): Made => ({ ago, where: 'there' })) },
  { weight: 2, arbitrary: fc.nat({ max: 5 }).map((ago): Made => ({ ago, where: 'here' })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<string>(
      '/00000000-0000-4000-8000-000000000000',
      '/00000000-0000-1000-8000-000000000000',
      '/00000000-0000-4000-8000-00000000000A',
      '/certificate',
    ),
  },
)

const pageNumber = fc.constantFrom(
  '1',
  '1',
  '2',
  '2',
  '3',
  '4',
  '50',
  '1000',
  '1001',
  '999999999999999',
  '0',
  '-1',
  '1.5',
  'x',
  '',
)
const query = fc.oneof(
  fc.constant(''),
  fc.tuple(pageNumber, pageNumber).map(([page, perPage]) => `?page=${page}&per_page=${perPage}`),
  pageNumber.map((page) => `?direction=asc&page=${page}&per_page=1`),
  pageNumber.map((perPage) => `?per_page=${perPage}`),
  fc.constantFrom('?page=1&page=2', '?page=0&page=0'),
)

function call(part: {
  readonly method: fc.Arbitrary<string>
  readonly rest: fc.Arbitrary<Draft['rest']>
  readonly query?: fc.Arbitrary<string>
  readonly body?: fc.Arbitrary<string | undefined>
  readonly place?: fc.Arbitrary<Place>
}): fc.Arbitrary<Call> {
  return fc
    .record({
      place,
      base: fc.constantFrom('/client/v4', '/client/v4', '', '/client/v4/', '//client//v4', '/'),
      query: fc.constant(''),
      type: types,
      body: fc.constant(undefined),
      throttled: often(60, fc.constant(false), fc.constant(true)),
      ...part,
    })
    .map((draft) => new Call(draft))
}

const verb = (method: string): fc.Arbitrary<string> =>
  often(50, fc.constant(method), fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE'))

export type Command = fc.AsyncCommand<object, Talk>

/** The commands of a sequence, each as often as its kind stands here. */
export function commandKinds(pems: Pems): fc.Arbitrary<Command>[] {
  const create = call({ method: verb('POST'), rest: fc.constant(''), body: certificateBody(pems) })
  const list = call({ method: verb('GET'), rest: fc.constant(''), query })
  const get = call({ method: verb('GET'), rest: certificateId })
  const update = call({ method: verb('PUT'), rest: certificateId, body: changeBody })
  const remove = call({ method: verb('DELETE'), rest: certificateId })
  const settingsPut = call({ method: verb('PUT'), rest: fc.constant('/settings'), body: settingsBody })
  const settingsGet = call({ method: verb('GET'), rest: fc.constant('/settings') })
  const verify = call({ method: verb('GET'), rest: fc.constant('/tokens/verify') })
  const verifyUser = call({
    method: verb('GET'),
    rest: fc.constant('/tokens/verify'),
    place: anyone.map((headers) => ({ kind: 'user', id: '', headers, names: [] })),
  })
  const clock = fc.constantFrom(1, 59, 60, 3539, 3600, 86_400, -30, -3600).map((seconds) => new ClockStep(seconds))
  return [
    ...Array<typeof create>(7).fill(create),
    ...Array<typeof list>(3).fill(list),
    get,
    ...Array<typeof update>(3).fill(update),
    ...Array<typeof remove>(3).fill(remove),
    ...Array<typeof settingsPut>(3).fill(settingsPut),
    ...Array<typeof settingsGet>(3).fill(settingsGet),
    fc.oneof(verify, verifyUser),
    clock,
    clock,
  ]
}
