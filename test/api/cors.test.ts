import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { handleRequest } from '../../src/api/router.ts'
import { ROUTES } from '../../src/api/routes.ts'
import type { LogEntry } from '../../src/core/log.ts'
import { countingDatabase } from '../support/counting-db.ts'
import { type CrlTenant, crlTenantInUse } from '../support/crl.ts'
import { NOW } from '../support/pki.ts'
import { ROUTE_REQUESTS } from '../support/route-requests.ts'

/** Browsers: CORS_ORIGINS says which origins' pages may call the API. */

const APP = 'https://app.example.com'
const TWO = `${APP}, http://localhost:5173`
const REQUEST_HEADERS = 'Authorization, Content-Type, If-Match, If-None-Match, X-Auth-Email, X-Auth-Key, x-d1-bookmark'
const ANSWERED = 'ETag, Allow, retry-after, x-should-retry, x-d1-bookmark, x-request-id, cf-ray'

let tenant: CrlTenant
beforeAll(async () => {
  tenant = await crlTenantInUse()
})

interface Options {
  readonly setting?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly log?: LogEntry[]
}

/** An answer: its status, its headers about origins, and the calls to the database. */
async function ask(path: string, { setting, method = 'GET', headers = {}, log = [] }: Options) {
  const { db, calls } = countingDatabase(env.DB)
  const response = await handleRequest(
    new Request(`https://api.example${path}`, { method, headers }),
    { ...env, DB: db, ...(setting === undefined ? {} : { CORS_ORIGINS: setting }) },
    { now: NOW, clock: () => NOW, clockMs: () => 0, newId: () => 'id', log: (entry) => log.push(entry) },
  )
  const cors = [...response.headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary')
  return { status: response.status, cors: Object.fromEntries(cors), calls, text: await response.text() }
}

const preflightOf = (method: string, origin = APP, headers = 'authorization,content-type') => ({
  method: 'OPTIONS',
  headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': headers },
})

const READABLE = {
  vary: 'Origin',
  'access-control-allow-origin': APP,
  'access-control-expose-headers': ANSWERED,
}

describe('without the setting', () => {
  it.each([undefined, '', ' '])(
    'no answer has a header about origins, and a preflight is no route: %j',
    async (setting) => {
      const given = setting === undefined ? {} : { setting }
      const { authorization, accountPath } = tenant
      const origin = { origin: APP }
      expect(await ask(accountPath, { ...given, headers: { ...origin, authorization } })).toMatchObject({
        status: 200,
        cors: {},
      })
      expect(await ask(accountPath, { ...given, ...preflightOf('GET') })).toMatchObject({ status: 400, cors: {} })
      const authenticated = { method: 'OPTIONS', headers: { ...preflightOf('GET').headers, authorization } }
      expect(await ask(accountPath, { ...given, ...authenticated })).toMatchObject({ status: 405, cors: {} })
    },
  )
})

describe('a preflight', () => {
  it.each(ROUTE_REQUESTS)('of $method: $summary, in $scope, needs no credential and no database', async (route) => {
    const { path } = await route.request(tenant)
    const { status, cors, calls, text } = await ask(path, { setting: TWO, ...preflightOf(route.method) })
    expect([status, text, calls]).toEqual([204, '', []])
    const methods = cors['access-control-allow-methods'] ?? ''
    expect(methods.split(', ')).toContain(route.method)
    const others = ROUTES.filter(({ path: other, namespace }) => other === route.path && namespace === route.namespace)
    expect(methods).toBe(others.map(({ method }) => method).join(', '))
    expect(cors).toEqual({
      ...READABLE,
      'access-control-allow-methods': methods,
      'access-control-allow-headers': REQUEST_HEADERS,
      'access-control-max-age': '600',
    })
  })

  it.each(['/edge/v1/health', '/openapi.json', '/docs/errors', '/docs/api', '/llms.txt'])('of %s', async (path) => {
    const { status, cors } = await ask(path, { setting: APP, ...preflightOf('GET') })
    expect([status, cors['access-control-allow-methods']]).toEqual([204, 'GET'])
  })

  it('of a path that there is not, or from another origin, is what it is without the setting', async () => {
    for (const [path, origin] of [
      ['/client/v4/nothing', APP],
      [tenant.accountPath, 'https://other.example'],
      [tenant.accountPath, 'null'],
      [tenant.accountPath, `${APP}.other.example`],
      [tenant.accountPath, APP.toUpperCase()],
    ] as const) {
      const { status, cors } = await ask(path, { setting: TWO, ...preflightOf('GET', origin) })
      expect([origin, status]).toEqual([origin, 400])
      expect(cors).toEqual(origin === APP ? READABLE : { vary: 'Origin' })
    }
    const plain = { method: 'OPTIONS', headers: { origin: APP } }
    expect(await ask(tenant.accountPath, { setting: APP, ...plain })).toMatchObject({ status: 400, cors: READABLE })
  })

  it('allows what the official SDK sends in a browser, and nothing else that is asked for', async () => {
    const asked = 'authorization, X-Stainless-Lang,x-stainless-retry-count , user-agent,x-anything, x-stainless-"'
    const { cors } = await ask(tenant.accountPath, { setting: APP, ...preflightOf('GET', APP, asked) })
    expect(cors['access-control-allow-headers']).toBe(
      `${REQUEST_HEADERS}, x-stainless-lang, x-stainless-retry-count, user-agent`,
    )
  })

  it('is in the log', async () => {
    const log: LogEntry[] = []
    await ask(tenant.accountPath, { setting: APP, log, ...preflightOf('POST') })
    expect(log).toMatchObject([{ event: 'request', operation: 'OPTIONS preflight', status: 204, d1_calls: 0 }])
  })
})

describe('an answer to a page of an allowed origin', () => {
  it.each<[string, number, () => readonly [string, Readonly<Record<string, string>>]]>([
    ['a success', 200, () => [tenant.accountPath, { authorization: tenant.authorization }]],
    ['what is not modified', 304, () => [tenant.record, { authorization: tenant.authorization, 'if-none-match': '*' }]],
    ['a refusal', 401, () => [tenant.accountPath, { authorization: 'Bearer unknown' }]],
    ['no credentials', 400, () => [tenant.accountPath, {}]],
    ['no route', 400, () => ['/', { authorization: tenant.authorization }]],
    ['a malformed id', 404, () => ['/zones/x', { authorization: tenant.authorization }]],
    ['a public page', 200, () => ['/openapi.json', {}]],
  ])('%s can be read', async (_, status, request) => {
    const [path, headers] = request()
    const answer = await ask(path, { setting: TWO, headers: { ...headers, origin: APP } })
    expect([answer.status, answer.cors]).toEqual([status, READABLE])
    const stranger = await ask(path, { setting: TWO, headers: { ...headers, origin: 'https://other.example' } })
    expect([stranger.status, stranger.cors]).toEqual([status, { vary: 'Origin' }])
    const noBrowser = await ask(path, { setting: TWO, headers })
    expect([noBrowser.status, noBrowser.cors]).toEqual([status, { vary: 'Origin' }])
  })

  it('can be read by every page with *', async () => {
    const headers = { origin: 'https://anyone.example', authorization: tenant.authorization }
    const { cors } = await ask(tenant.accountPath, { setting: '*', headers })
    expect(cors).toEqual({ ...READABLE, 'access-control-allow-origin': '*' })
    const { status } = await ask(tenant.accountPath, { setting: '*', ...preflightOf('GET', 'null') })
    expect(status).toBe(204)
  })
})

describe('a malformed setting', () => {
  it.each([
    'app.example.com',
    `${APP}/`,
    `${APP}/path`,
    `${APP}:443`,
    'https://App.example.com',
    'https://*.example.com',
    `${APP},*`,
    `${APP},`,
    `${APP} http://localhost:5173`,
    'null',
    'file://x',
    'https://a@app.example.com',
  ])('%j is a 500, and the log names it', async (setting) => {
    const log: LogEntry[] = []
    const headers = { origin: APP, authorization: tenant.authorization }
    expect(await ask(tenant.accountPath, { setting, log, headers })).toMatchObject({ status: 500, cors: {} })
    expect(log).toMatchObject([
      {
        event: 'internal_error',
        cause: expect.stringContaining('CORS_ORIGINS must be origins such as https://app.example.com'),
      },
    ])
  })
})
