import { env } from 'cloudflare:workers'
import { afterAll, expect, it, vi } from 'vitest'
import { handleRequest } from '../../src/api/router.ts'
import { toHex } from '../../src/core/bytes.ts'
import { awayDatabase } from '../support/away-db.ts'
import { Canaries, eachRow, keyOf } from '../support/canaries.ts'
import { type CrlTenant, crlTenantInUse } from '../support/crl.ts'
import { NOW, root } from '../support/pki.ts'
import { soundBody } from '../support/requests.ts'
import { ROUTE_REQUESTS, type RouteOfScope } from '../support/route-requests.ts'
import { account, addCredential } from '../support/tenants.ts'
import { issueCrlPem } from '../support/x509/make-crl.ts'

/** Secrets that a client sends where it should not: none is in an answer, in a log or in the database afterwards. */

interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: BodyInit | undefined
}

/** A door: a sound request, changed so that it carries a secret. */
type Door = (sent: Sent, canary: string) => Sent

const header =
  (name: string, value: (canary: string) => string = (canary) => keyOf(canary).replaceAll('\n', ' ')): Door =>
  (sent, canary) => ({
    ...sent,
    headers: { ...sent.headers, [name]: value(canary) },
  })
const query =
  (name: string): Door =>
  (sent, canary) => ({
    ...sent,
    path: `${sent.path}?${name.replace('*', canary)}=${encodeURIComponent(keyOf(canary))}`,
  })
const body =
  (type: string, text: (canary: string, sent: Sent) => BodyInit): Door =>
  (sent, canary) => ({
    ...sent,
    headers: { ...sent.headers, 'content-type': type },
    body: sent.method === 'GET' ? undefined : text(canary, sent),
  })

const hexOf = (text: string) => toHex(new TextEncoder().encode(text))
const json = 'application/json'

/** Doors of every route. */
const DOORS: Readonly<Record<string, Door>> = {
  'an unknown token': header('authorization', (canary) => `Bearer ${canary}`),
  'a token with a space': header('authorization', (canary) => `Bearer ${canary} ${canary}`),
  'another scheme': header('authorization', (canary) => `Basic ${canary}`),
  'an unknown key': (sent, canary) => ({
    ...sent,
    headers: { 'x-auth-email': 'ops@key.example', 'x-auth-key': hexOf(canary).padEnd(40, '0') },
  }),
  'a key of another form': (sent, canary) => ({
    ...sent,
    headers: { 'x-auth-email': 'ops@key.example', 'x-auth-key': canary },
  }),
  'a key beside a token': header('x-auth-key', (canary) => canary),
  'a header': header('x-anything'),
  "a header's name": (sent, canary) => ({ ...sent, headers: { ...sent.headers, [canary]: canary } }),
  'If-Match': header('if-match'),
  'If-None-Match': header('if-none-match'),
  'x-d1-bookmark': header('x-d1-bookmark'),
  'a content type': header('content-type', (canary) => `application/${canary}`),
  'a query parameter': query('anything'),
  "a query parameter's name": query('*'),
  ...Object.fromEntries(
    [
      'page',
      'per_page',
      'name',
      'account.id',
      'ca_fingerprint_sha256',
      'certificate_id',
      'hostname',
      'credential_id',
      'since',
    ].map((name) => [`?${name}`, query(name)]),
  ),
  'a body of PEM': body(json, keyOf),
  'broken JSON': body(json, (canary) => `{"name": "${canary}`),
  'a JSON text': body(json, (canary) => JSON.stringify(keyOf(canary))),
  'an unknown field': body(json, (canary) => JSON.stringify({ unknown: [{ key: keyOf(canary) }] })),
  "a field's name": body(json, (canary) => JSON.stringify({ [keyOf(canary)]: 1 })),
  'a JWK': body(json, (canary) => JSON.stringify({ name: { kty: 'EC', d: canary } })),
  'a form': (sent, canary) => ({
    ...sent,
    headers: without(sent.headers),
    body: sent.method === 'GET' ? undefined : formOf(canary),
  }),
  'a body of octets': body('application/pkix-crl', (canary) => new TextEncoder().encode(keyOf(canary))),
}

const without = ({ authorization = '' }: Sent['headers']) => ({ authorization })

function formOf(canary: string): FormData {
  const form = new FormData()
  form.set('name', keyOf(canary))
  form.set(canary, 'x')
  form.set('certificate', new Blob([keyOf(canary)]), `${canary}.pem`)
  return form
}

/** Doors that only some routes have: each field of the body, each parameter of the path. */
function doorsOf({ body: schema, path, scoped }: RouteOfScope): Readonly<Record<string, Door>> {
  const fields = Object.keys(schema !== undefined && 'entries' in schema ? Object(schema.entries) : {})
  const field = (name: string, value: (canary: string) => unknown): Door =>
    body(json, (canary, sent) => JSON.stringify({ ...soundJson(sent), [name]: value(canary) }))
  const params = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
  return {
    ...Object.fromEntries(
      fields.flatMap((name) => [
        [`the field ${name}`, field(name, keyOf)],
        [`a list in ${name}`, field(name, (canary) => [keyOf(canary), { hostname: keyOf(canary) }])],
      ]),
    ),
    ...(scoped && { ':scope_id': inScope }),
    ...Object.fromEntries(params.map((name) => [`:${name}`, inPath(path, name)])),
  }
}

const inScope: Door = (sent, canary) => ({
  ...sent,
  path: sent.path.replace(/accounts\/[0-9a-f]{32}/, `accounts/${encodeURIComponent(keyOf(canary))}`),
})

const soundJson = ({ body: text }: Sent): object => (typeof text === 'string' ? JSON.parse(text) : {})

/** Replaces a parameter of a path: its place from the end is the same in the route's pattern. */
function inPath(pattern: string, name: string): Door {
  return (sent, canary) => {
    const fromEnd = pattern.split('/').reverse().indexOf(`:${name}`)
    const parts = sent.path.split('/')
    parts[parts.length - 1 - fromEnd] = encodeURIComponent(keyOf(canary))
    return { ...sent, path: parts.join('/') }
  }
}

const canaries = new Canaries()
const consoles = (['log', 'error', 'warn', 'info', 'debug'] as const).map((name) =>
  vi.spyOn(console, name).mockImplementation(() => undefined),
)
afterAll(() => vi.restoreAllMocks())

async function send({ method, path, headers, body: content }: Sent, door: string, DB: D1Database): Promise<number> {
  const request = new Request(`https://api.example${path}`, {
    method,
    headers,
    ...(content === undefined ? {} : { body: content }),
  })
  const log = (entry: object) => canaries.search(`the log, ${door}`, JSON.stringify(entry))
  const ambient = {
    now: NOW,
    clock: () => NOW,
    clockMs: () => NOW * 1_000,
    newId: () => crypto.randomUUID(),
    log,
    address: '192.0.2.1',
  }
  const answer = await handleRequest(request, { DB }, ambient)
  canaries.search('the answer', `${JSON.stringify([...answer.headers])} ${await answer.text()}`)
  return answer.status
}

const everyDoor = ROUTE_REQUESTS.filter(({ scope }) => scope === 'accounts').flatMap((route) =>
  Object.entries({ ...DOORS, ...doorsOf(route) }).map(([name, door]) => ({ route, name, door })),
)

async function soundRequest(route: RouteOfScope, tenant: CrlTenant): Promise<Sent> {
  const { type, body: content, ...rest } = await route.request(tenant)
  return { ...rest, headers: { authorization: tenant.authorization, 'content-type': type }, body: content }
}

it('a secret that came in by any door of any route is nowhere afterwards', { timeout: 600_000 }, async () => {
  const tenant = await crlTenantInUse()
  const { db: away } = awayDatabase(env.DB)
  for (const { route, name, door } of everyDoor) {
    const sound = await soundRequest(route, tenant)
    const what = `${route.method} ${route.path.replace(/\/\(.*?\)\?/, '')}, ${name}`
    await send(door(sound, canaries.plant(what)), name, env.DB)
    await send(door(sound, canaries.plant(`${what}, D1 away`)), name, away)
  }
  for (const spied of consoles) canaries.search('the console', JSON.stringify(spied.mock.calls))
  const searched = await eachRow((table, row) => canaries.search(`table ${table}`, row))
  vi.restoreAllMocks()
  console.log(`canaries: ${everyDoor.length} doors, ${canaries.planted} canaries, ${JSON.stringify(searched)}`)
  expect(canaries.found).toEqual([])
})

it('the text around certificates and CRLs is not stored, logged or answered', async () => {
  const tenant = await crlTenantInUse()
  const { accountPath, authorization, crlPath } = tenant
  const headers = { authorization, 'content-type': 'application/json' }
  const around = (pem: string, door: string) =>
    `key: ${canaries.plant(`before ${door}`)}\n${pem}key: ${canaries.plant(`after ${door}`)}\n`
  const crl = await issueCrlPem(tenant.ca)
  const uploads: readonly (readonly [number, Sent])[] = [
    [
      201,
      {
        method: 'POST',
        path: accountPath,
        headers,
        body: JSON.stringify({ name: 'a', certificate: around(root(), 'a certificate') }),
      },
    ],
    [200, { method: 'PUT', path: crlPath, headers, body: JSON.stringify({ crl: around(crl, 'a CRL') }) }],
    [
      200,
      {
        method: 'PUT',
        path: crlPath,
        headers: { authorization },
        body: new TextEncoder().encode(around(crl, 'a CRL as octets')),
      },
    ],
  ]
  for (const [status, sent] of uploads) expect(await send(sent, 'an upload', env.DB)).toBe(status)
  await eachRow((table, row) => canaries.search(`table ${table}`, row))
  expect(canaries.found).toEqual([])
})

it('a token and a key that are valid are not stored, logged or answered', async () => {
  const { accountId, accountPath } = await crlTenantInUse()
  const [token, key] = [canaries.plant('a valid token'), hexOf(canaries.plant('a valid key')).padEnd(40, '0')]
  await addCredential(token, [account(accountId)], {})
  await addCredential(key, [account(accountId)], { kind: 'key', email: 'ops@key.example' })
  const pair = { 'x-auth-email': 'ops@key.example', 'x-auth-key': key }
  for (const headers of [{ authorization: `Bearer ${token}` }, pair]) {
    const json = { ...headers, 'content-type': 'application/json' }
    const add = { method: 'POST', path: accountPath, headers: json, body: JSON.stringify(soundBody()) }
    expect(await send(add, 'a write', env.DB)).toBe(201)
    expect(
      await send({ ...add, path: '/client/v4/user/tokens/verify', method: 'GET', body: undefined }, 'verify', env.DB),
    ).toBe(headers === pair ? 401 : 200)
  }
  await eachRow((table, row) => canaries.search(`table ${table}`, row))
  expect(canaries.found).toEqual([])
})

it('a canary in the database is found in any form', async () => {
  const planted = new Canaries()
  const canary = planted.plant('a test')
  const forms = [
    canary,
    canary.toLowerCase(),
    hexOf(canary),
    btoa(`a${canary}`),
    btoa(canary),
    toHex(Uint8Array.fromBase64(canary)),
  ]
  for (const form of forms) {
    const sought = new Canaries()
    sought.plant('a test')
    sought.search('here', `... ${form}!`)
    expect([form, sought.found.length]).toEqual([form, 1])
  }
  const tenant = await crlTenantInUse()
  await env.DB.prepare('UPDATE certificate_chain SET der = ?1 WHERE certificate_id = ?2')
    .bind(new TextEncoder().encode(canary), tenant.id)
    .run()
  await eachRow((table, row) => planted.search(table, row))
  expect(planted.found).toEqual(['a test: certificate_chain'])
})
