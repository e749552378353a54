import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import gateway from '../../src/gateway.ts'
import { awayDatabase } from '../support/away-db.ts'
import { putCrl } from '../support/crl.ts'
import { client, origin, setUp, T, tlsClientAuth } from '../support/protected.ts'
import { issue } from '../support/x509/chain.ts'
import { issueCrl } from '../support/x509/make-crl.ts'

/** The log of the gateway: a line for each refusal, and for each client that is let in anew (docs/operate.md, Fields). */

const RAY = '230b030023ae2822'
const CANARY = 'canary-7f3a9'
const SECRETS = {
  'cf-ray': RAY,
  'cf-connecting-ip': '192.0.2.7',
  authorization: `Bearer ${CANARY}`,
  cookie: CANARY,
  'user-agent': CANARY,
}

type Protected = Awaited<ReturnType<typeof setUp>>

describe('the line of', () => {
  let tenant: Protected
  beforeAll(async () => {
    tenant = await setUp('gateway-log.example')
  })
  const url = (path = `/path/to?q=${CANARY}#x`) => `https://${tenant.hostname}${path}`

  it('a refused client says who, where and why, and its answer has the same request id', async () => {
    const auth = tlsClientAuth(await client(await issue({ cn: 'stranger' })))
    const answer = await tenant.send({ auth, headers: SECRETS, url: url(), method: 'POST', body: CANARY })
    expect([answer.status, answer.headers.get('x-request-id')]).toEqual([403, RAY])
    const line = tenant.log.at(-1)
    expect(line).toMatchObject({
      level: 'info',
      event: 'client_refused',
      request_id: RAY,
      method: 'POST',
      hostname: tenant.hostname,
      request_path: '/path/to',
      address: '192.0.2.7',
      reference: answer.headers.get('access-mtls-reference'),
      subject: 'CN=client',
      status: 403,
      code: 'no_issuer',
      d1_calls: 1,
      duration_ms: 0,
    })
    expect(JSON.stringify(tenant.log)).not.toContain(CANARY)
  })

  it('a client without a certificate, or with an unreadable one, has no subject', async () => {
    for (const auth of [tlsClientAuth(), tlsClientAuth(undefined, [], { certPresented: '1', certRFC9440: ':MAA=:' })]) {
      await tenant.send({ auth })
      expect(tenant.log.at(-1)).toMatchObject({ event: 'client_refused', subject: undefined })
    }
  })

  it('a client has its own name for the request only where Cloudflare gave one', async () => {
    const answer = await tenant.send({ headers: { 'cf-ray': 'x', 'x-request-id': CANARY } })
    expect(answer.headers.get('x-request-id')).toMatch(/^reference-\d+$/)
    expect(tenant.log.at(-1)).toMatchObject({ request_id: answer.headers.get('x-request-id') })
  })

  it('texts of a client are cut', async () => {
    const auth = tlsClientAuth(await client(await issue({ cn: 'stranger' }), { cn: 's'.repeat(3_000) }))
    await tenant.send({ auth, url: url(`/${'p'.repeat(3_000)}`) })
    const { subject, request_path } = tenant.log.at(-1) ?? {}
    expect([String(subject).length, String(request_path).length]).toEqual([1_024, 1_024])
  })

  it('a client that is let in says whether revocation was covered', async () => {
    const other = await setUp('gateway-log-crl.example')
    const auth = tlsClientAuth(await client(other.root))
    await other.send({ auth })
    expect(other.log.at(-1)).toMatchObject({
      event: 'client_accepted',
      subject: 'CN=client',
      revocation_covered: false,
    })
    const crlPath = `/edge/v1/accounts/${other.tenant.accountId}/certificates/${other.id}/crl`
    await putCrl({ crlPath, authorization: other.tenant.authorization }, await issueCrl(other.root, {}))
    await other.send({ auth, at: T + 10_000 })
    expect(other.log.at(-1)).toMatchObject({ event: 'client_accepted', revocation_covered: true, d1_calls: 2 })
  })

  it('a client that is remembered costs no line and no call of the database', async () => {
    const auth = tlsClientAuth(await client(tenant.root))
    await tenant.send({ auth })
    const { length } = tenant.log
    for (let i = 0; i < 3; i += 1) expect((await tenant.send({ auth })).status).toBe(200)
    expect(tenant.log).toHaveLength(length)
    await tenant.send({ auth: tlsClientAuth() })
    expect(tenant.log.at(-1)).toMatchObject({ d1_calls: 0 })
  })

  it('a request that is served by older trust is one line of level error, with the cause', async () => {
    const other = await setUp('gateway-log-stale.example')
    const { db, away } = awayDatabase(env.DB)
    away.now = false
    const settings = { DB: db, TRUST_STALE_IF_ERROR_SECONDS: '60' }
    const auth = tlsClientAuth(await client(other.root))
    expect((await other.send({ auth, env: settings })).status).toBe(200)
    away.now = true
    const { length } = other.log
    expect((await other.send({ auth, env: settings, at: T + 20_000 })).status).toBe(200)
    expect((await other.send({ auth, env: settings, at: T + 20_500 })).status).toBe(200)
    expect(other.log.slice(length)).toMatchObject([
      { level: 'error', event: 'trust_stale', cause: expect.stringContaining('D1_ERROR: network'), d1_calls: 1 },
    ])
    expect((await other.send({ auth, env: settings, at: T + 70_000 })).status).toBe(503)
  })

  it.each([
    ['replica', ['first-unconstrained']],
    ['primary', []],
    [undefined, []],
  ])('with TRUST_READS=%s, loads go to sessions %j', async (reads, sessions) => {
    const other = await setUp(`gateway-reads-${reads}.example`)
    const asked: unknown[] = []
    const db = new Proxy(env.DB, {
      get: (d1, property) => {
        const value: unknown = Reflect.get(d1, property)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          if (property === 'withSession') asked.push(...given)
          return Reflect.apply(value, d1, given)
        }
      },
    })
    const auth = tlsClientAuth(await client(other.root))
    for (const at of [T, T + 20_000]) {
      const answer = await other.send({ auth, at, env: { DB: db, ...(reads !== undefined && { TRUST_READS: reads }) } })
      expect(answer.status).toBe(200)
    }
    expect(asked).toEqual(sessions)
  })

  it('a request while the database is away is one line of level error, with its cause', async () => {
    const other = await setUp('gateway-log-away.example')
    const { db } = awayDatabase(env.DB)
    const answer = await other.send({ env: { DB: db }, headers: SECRETS })
    expect([answer.status, answer.headers.get('x-request-id')]).toEqual([503, RAY])
    expect(other.log).toHaveLength(1)
    expect(other.log[0]).toMatchObject({
      level: 'error',
      event: 'client_refused',
      status: 503,
      code: 'trust_unavailable',
      cause: expect.stringContaining('D1_ERROR: network'),
      d1_calls: 3,
    })
  })

  it.each([
    [
      'an origin that is away',
      502,
      'origin_unreachable',
      { ORIGIN: origin(() => Promise.reject(new Error('x'))).binding },
    ],
    ['a wrong setting', 500, 'internal_error', { EXPLAIN: 'yes' }],
  ])('%s', async (_, status, event, more) => {
    const auth = tlsClientAuth(await client(tenant.root))
    const answer = await tenant.send({ auth, env: more, headers: SECRETS })
    expect([answer.status, answer.headers.get('x-request-id')]).toEqual([status, RAY])
    expect(tenant.log.find((line) => line['event'] === event)).toMatchObject({
      level: 'error',
      event,
      request_id: RAY,
      status,
      reference: answer.headers.get('access-mtls-reference'),
      cause: expect.any(String),
    })
  })
})

it('the answer of an origin is passed on as it is', async () => {
  const { root, send } = await setUp('gateway-log-origin.example')
  const behind = origin(() => new Response('x', { headers: { 'x-request-id': 'of the origin' } }))
  const auth = tlsClientAuth(await client(root))
  const answer = await send({ auth, env: { ORIGIN: behind.binding }, headers: SECRETS })
  expect(answer.headers.get('x-request-id')).toBe('of the origin')
})

it('the Worker writes lines of JSON, the time first', async () => {
  const spy = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  const request = new Request('https://nobody.example/') as Request<unknown, IncomingRequestCfProperties>
  const context = { waitUntil: () => undefined } as unknown as Parameters<typeof gateway.fetch>[2]
  const answer = await gateway.fetch(request, { DB: env.DB } as never, context)
  const [line] = spy.mock.calls.map(([text]) => String(text))
  spy.mockRestore()
  expect(answer.status).toBe(403)
  expect(line).toMatch(
    /^\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"info","event":"client_refused","request_id":"/,
  )
})
