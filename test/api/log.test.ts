import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { handleRequest } from '../../src/api/router.ts'
import { ROUTES } from '../../src/api/routes.ts'
import type { LogEntry } from '../../src/core/log.ts'
import worker from '../../src/index.ts'
import { nameOf } from '../../src/web/operation.ts'
import { type CallOptions, call, post } from '../support/api.ts'
import { NOW } from '../support/pki.ts'
import { certificatesOf, freshId, freshTenant, freshToken, soundBody } from '../support/requests.ts'
import { account } from '../support/tenants.ts'

/** The log of the API: one line for each request, when it is answered. */

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const ABSENT = {
  operation: undefined,
  scope: undefined,
  certificate_id: undefined,
  credential_id: undefined,
  code: undefined,
  address: undefined,
  cause: undefined,
}

let tenant: Awaited<ReturnType<typeof freshTenant>>
let credentialId: string
beforeAll(async () => {
  tenant = await freshTenant()
  credentialId = tenant.authorization.slice(-32)
})

/** The lines of one request. */
async function linesOf(path: string, options: CallOptions = {}): Promise<readonly LogEntry[]> {
  const log: LogEntry[] = []
  const { headers } = await call(path, { ...options, log })
  expect(headers.get('x-request-id')).toBe(log[0]?.['request_id'])
  return log
}

const sent = (method: string, body: unknown, authorization = tenant.authorization): CallOptions => ({
  method,
  headers: { authorization, 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

describe('a line', () => {
  it('of a success has who did what, and what it took', async () => {
    let ms = NOW * 1_000
    const clock = () => {
      ms += 7
      return ms / 1_000
    }
    const [line, ...more] = await linesOf(tenant.accountPath, {
      ...sent('POST', soundBody()),
      clock,
      address: '192.0.2.7',
    })
    expect(more).toEqual([])
    expect(line).toEqual({
      ...ABSENT,
      level: 'info',
      event: 'request',
      request_id: expect.stringMatching(UUID),
      method: 'POST',
      operation: 'POST access/certificates',
      scope: `accounts/${tenant.accountId}`,
      credential_id: credentialId,
      status: 201,
      d1_calls: 1,
      duration_ms: 7,
      address: '192.0.2.7',
    })
  })

  it('of a record has its id', async () => {
    const { body } = await post(tenant.zonePath, tenant.authorization, soundBody())
    const id = String(body.result?.['id'])
    expect(await linesOf(`${tenant.zonePath}/${id}?q=1`, sent('PUT', { name: 'x' }))).toMatchObject([
      { operation: 'PUT access/certificates/{certificate_id}', scope: `zones/${tenant.zoneId}`, certificate_id: id },
    ])
  })

  it.each<[string, () => Promise<readonly LogEntry[]>, object]>([
    ['without credentials', () => linesOf(tenant.accountPath), { status: 400, code: 9106, d1_calls: 0 }],
    ['without a route', () => linesOf('/x', sent('POST', null)), { status: 400, code: 7000, d1_calls: 0 }],
    [
      'with a malformed id',
      () => linesOf(certificatesOf('accounts', 'x'), sent('POST', {})),
      { status: 404, code: 7003, scope: undefined },
    ],
    ['with another method', () => linesOf(tenant.accountPath, sent('PATCH', {})), { status: 405, code: 10405 }],
    [
      'with an unknown token',
      () => linesOf(tenant.accountPath, sent('POST', {}, 'Bearer unknown')),
      { status: 401, code: 10000, credential_id: undefined, operation: 'POST access/certificates', d1_calls: 1 },
    ],
    [
      'with a disabled token',
      async () => linesOf(tenant.accountPath, sent('POST', soundBody(), await disabledToken())),
      { status: 401, code: 10000, credential_id: expect.stringMatching(/^f/), d1_calls: 1 },
    ],
    [
      'to another tenant',
      async () => linesOf((await freshTenant()).accountPath, sent('POST', soundBody())),
      { status: 403, code: 10000, credential_id: expect.stringMatching(/^f/) },
    ],
    [
      'with a wrong field',
      () => linesOf(tenant.accountPath, sent('POST', soundBody({ name: '' }))),
      { status: 400, code: 12130, d1_calls: 1 },
    ],
    [
      'to look a zone up',
      () => linesOf(`/zones/${tenant.zoneId}`, { headers: { authorization: tenant.authorization } }),
      { status: 200, operation: 'GET zones/{id}', scope: expect.stringMatching(/^zones\//), d1_calls: 1 },
    ],
    [
      'to verify a token',
      () => linesOf('/user/tokens/verify', { headers: { authorization: tenant.authorization } }),
      { status: 200, operation: 'GET user/tokens/verify', credential_id: expect.stringMatching(/^f/), d1_calls: 1 },
    ],
  ])('of a request %s', async (_, lines, expected) => {
    const log = await lines()
    expect(log).toHaveLength(1)
    expect(log[0]).toMatchObject({ level: 'info', event: 'request', ...expected })
  })

  it.each(['/openapi.json', '/docs/errors', '/docs/api', '/llms.txt'])('of the page %s', async (page) => {
    const log: LogEntry[] = []
    const ambient = {
      now: NOW,
      clock: () => NOW,
      clockMs: () => 0,
      newId: () => 'id',
      log: (entry: LogEntry) => log.push(entry),
    }
    await handleRequest(new Request(`https://api.example${page}`), env, ambient)
    expect(log).toMatchObject([{ request_id: 'id', operation: `GET ${page.slice(1)}`, status: 200, d1_calls: 0 }])
  })
})

async function disabledToken(): Promise<string> {
  const id = freshId()
  const token = await freshToken([account(tenant.accountId)], { id })
  await env.DB.prepare("UPDATE credentials SET status = 'disabled' WHERE id = ?1").bind(id).run()
  return token
}

it('names every operation differently, and none by an id or a pattern', () => {
  const names = ROUTES.map(nameOf)
  expect(new Set(names).size).toBe(names.length)
  for (const name of names)
    expect(name).toMatch(/^(?:GET|POST|PUT|DELETE) [a-z_]+(?:\.ics)?(?:\/(?:[a-z_]+|\{[a-z_]+\}))*$/)
})

describe('the request id', () => {
  it.each([
    ['230b030023ae2822', '230b030023ae2822'],
    ['230b030023ae2822-SJC', '230b030023ae2822-SJC'],
    ['', UUID],
    ['x'.repeat(5_000), UUID],
    ['230b030023ae2822","level":"error', UUID],
  ])('with cf-ray %s', async (ray, expected) => {
    const { headers } = await call(tenant.accountPath, { headers: { 'cf-ray': ray } })
    expect(headers.get('x-request-id')).toMatch(expected)
  })
})

describe('LOG', () => {
  it('errors: only answers from 500 are logged', async () => {
    const options = { ...sent('POST', soundBody()), env: { ...env, LOG: 'errors' } }
    const log: LogEntry[] = []
    for (const path of [tenant.accountPath, '/x']) await call(path, { ...options, log })
    expect(log).toEqual([])
    await call(tenant.accountPath, { ...options, env: { LOG: 'errors' }, log })
    expect(log).toMatchObject([{ event: 'internal_error', status: 500 }])
  })

  it('anything else: an internal error that the log explains', async () => {
    const log = await linesOf(tenant.accountPath, { ...sent('POST', soundBody()), env: { ...env, LOG: 'some' } })
    expect(log).toMatchObject([{ status: 500, cause: expect.stringContaining('LOG must be all or errors') }])
  })
})

describe('no line has', () => {
  const CANARY = 'canary-7f3a9'
  const canaries: readonly [string, string, CallOptions][] = [
    ['a token', '/x', { headers: { authorization: `Bearer ${CANARY}` } }],
    ['a malformed credential', '/x', { headers: { authorization: CANARY } }],
    ['a key', '/x', { headers: { 'x-auth-email': `${CANARY}@x.example`, 'x-auth-key': CANARY } }],
    ['a path', `/${CANARY}`, {}],
    ['an id', `/accounts/${CANARY}/access/certificates/${CANARY}`, {}],
    ['a query', `/accounts/?${CANARY}=${CANARY}`, {}],
    ['a header', '/x', { headers: { 'user-agent': CANARY, 'cf-ray': CANARY, 'x-request-id': CANARY } }],
  ]

  it.each(canaries)('%s', async (_, path, options) => {
    for (const environment of [env, {}]) {
      const headers = { authorization: tenant.authorization, ...options.headers }
      const lines = await linesOf(path, { ...options, headers, env: environment })
      expect(JSON.stringify(lines)).not.toContain(CANARY)
    }
  })

  it('anything of a body, of a token or of its hash, whatever the answer', async () => {
    const token = `fresh-${CANARY}`
    const bodies: readonly unknown[] = [
      soundBody({ name: CANARY, [CANARY]: CANARY }),
      soundBody({ certificate: `-----BEGIN CERTIFICATE-----\n${CANARY}\n-----END CERTIFICATE-----` }),
      soundBody({ associated_hostnames: [`${CANARY}.example`] }),
      CANARY,
    ]
    const log: LogEntry[] = []
    for (const body of bodies) {
      for (const authorization of [tenant.authorization, `Bearer ${token}`]) {
        for (const environment of [env, {}]) {
          await call(tenant.accountPath, { ...sent('POST', body, authorization), env: environment, log })
        }
      }
    }
    expect(log).toHaveLength(16)
    const text = JSON.stringify(log)
    const hash = await env.DB.prepare('SELECT secret_sha256 AS hash FROM credentials WHERE id = ?1')
      .bind(credentialId)
      .first<string>('hash')
    for (const kept of [CANARY, 'BEGIN CERTIFICATE', tenant.authorization.slice(7), String(hash)]) {
      expect(text).not.toContain(kept)
    }
  })
})

it('the Worker writes each line as one line of JSON, the time first', async () => {
  const written: string[] = []
  const spies = (['log', 'error'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((text: string) => written.push(`${level} ${text}`)),
  )
  const request = () => new Request(`https://api.example${tenant.accountPath}`) as Parameters<typeof worker.fetch>[0]
  await worker.fetch(request(), env, createExecutionContext())
  await worker.fetch(request(), {} as typeof env, createExecutionContext())
  for (const spy of spies) spy.mockRestore()
  expect(written).toEqual([
    expect.stringMatching(/^log \{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"info","event":"request",/),
    expect.stringMatching(/^error \{"time":"[^"]+","level":"error","event":"internal_error",.*binding DB is missing/),
  ])
  for (const line of written) {
    expect(line).not.toContain('\n')
    expect(JSON.parse(line.slice(line.indexOf('{')))).toMatchObject({ method: 'GET', d1_calls: 0 })
  }
})
