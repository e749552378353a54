import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { post } from '../support/api.ts'
import { client, origin, setUp, tlsClientAuth } from '../support/protected.ts'

describe('a request that is let in', () => {
  let gateway: Awaited<ReturnType<typeof setUp>>
  let auth: object
  beforeAll(async () => {
    gateway = await setUp('pass.example')
    auth = tlsClientAuth(await client(gateway.root))
  })

  it('keeps its method, address, headers and body', async () => {
    const { send, behind } = gateway
    const headers = { 'content-type': 'text/x', authorization: 'Bearer theirs', cookie: 'a=b' }
    await send({ auth, method: 'PATCH', headers, body: 'a body' })
    const arrived = behind.requests.at(-1)
    expect(arrived?.method).toBe('PATCH')
    expect(Object.fromEntries(arrived?.headers ?? [])).toEqual(headers)
    expect(await arrived?.text()).toBe('a body')
  })

  it('streams: the answer comes back while the body is still being sent', async () => {
    const { send } = gateway
    const echo = origin((request) => new Response(request.body))
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const writer = writable.getWriter()
    const answer = await send({ auth, method: 'POST', body: readable, env: { ORIGIN: echo.binding } })
    const reader = answer.body?.getReader()
    for (const part of ['one', 'two']) {
      const [, chunk] = await Promise.all([writer.write(new TextEncoder().encode(part)), reader?.read()])
      expect(new TextDecoder().decode(chunk?.value)).toBe(part)
    }
    await writer.close()
  })

  it('gets a redirect as the origin sent it', async () => {
    const { send } = gateway
    const moved = origin(() => new Response(null, { status: 302, headers: { location: 'https://elsewhere.example/' } }))
    const answer = await send({ auth, env: { ORIGIN: moved.binding } })
    expect([answer.status, answer.headers.get('location')]).toEqual([302, 'https://elsewhere.example/'])
    expect(moved.requests[0]?.redirect).toBe('manual')
  })

  it.each([false, true])('gets a WebSocket if it asked for one, forwarding %s', async (forwarding) => {
    const { root, send } = await setUp(`socket-${forwarding}.example`, forwarding)
    const auth = tlsClientAuth(await client(root))
    const upgrading = origin((request) => {
      if (request.headers.get('upgrade') !== 'websocket') return new Response(null, { status: 400 })
      const pair = new WebSocketPair()
      pair[1].accept()
      pair[1].addEventListener('message', ({ data }) => pair[1].send(`echo ${data}`))
      return new Response(null, { status: 101, webSocket: pair[0] })
    })
    const headers = { upgrade: 'websocket', connection: 'Upgrade' }
    const answer = await send({ auth, headers, env: { ORIGIN: upgrading.binding } })
    const socket = answer.webSocket
    expect(answer.status).toBe(101)
    const heard = new Promise((resolve) => socket?.addEventListener('message', ({ data }) => resolve(data)))
    socket?.accept()
    socket?.send('hello')
    expect(await heard).toBe('echo hello')
    socket?.close()
  })

  it('gets 502 with a reference if the origin cannot be reached; the log has the cause', async () => {
    const { send, log } = gateway
    const broken = origin(() => Promise.reject(new Error('connection refused by 10.0.0.1')))
    const answer = await send({ auth, env: { ORIGIN: broken.binding } })
    const reference = answer.headers.get('access-mtls-reference')
    expect(answer.status).toBe(502)
    expect(await answer.text()).not.toContain('10.0.0.1')
    expect(log.at(-1)).toMatchObject({
      event: 'origin_unreachable',
      reference,
      cause: expect.stringContaining('10.0.0.1'),
    })
  })
})

describe('a request that goes on to another address', () => {
  afterEach(() => vi.unstubAllGlobals())

  /** Sends a request with ORIGIN as a URL; returns what was fetched. */
  async function fetched(domain: string, path: string, headers: HeadersInit = {}) {
    const { root, send } = await setUp(domain)
    const requests: Request[] = []
    vi.stubGlobal('fetch', async (input: RequestInfo, init?: RequestInit) => {
      requests.push(new Request(input, init))
      return new Response('origin')
    })
    const auth = tlsClientAuth(await client(root))
    const url = `https://admin.${domain}${path}`
    const env = { ORIGIN: 'http://origin.example:8080', INSECURE_ORIGIN: 'allow' }
    expect((await send({ auth, headers, url, env })).status).toBe(200)
    return requests[0]
  }

  it.each([
    ['query', '/path?q=1', '/path?q=1'],
    ['slashes', '//elsewhere.example/', '//elsewhere.example/'],
    ['at', '/@elsewhere.example/', '/@elsewhere.example/'],
    ['port', ':8443/', '/'],
    ['dot', './path', '/path'],
  ])('keeps path and query of its own, and nothing else: %s', async (what, path, arrives) => {
    const request = await fetched(`${what}.elsewhere.example`, path)
    expect(request?.url).toBe(`http://origin.example:8080${arrives}`)
  })

  it('names the hostname of the decision, even if the client names another', async () => {
    const claims = {
      'X-Forwarded-Host': 'forged.example',
      x_forwarded_host: 'forged.example',
      Forwarded: 'host=forged.example',
      'x-forwarded-for': '192.0.2.1',
    }
    const request = await fetched('claims.example', './', claims)
    expect(Object.fromEntries(request?.headers ?? [])).toEqual({
      'x-forwarded-for': '192.0.2.1',
      'x-forwarded-host': 'admin.claims.example',
    })
  })

  it('is answered by the origin, not by a cache that another hostname shares', async () => {
    const request = await fetched('uncached.example', '/logo.png')
    expect([request?.cache, request?.cf]).toEqual(['no-store', {}])
  })
})

/** Cloudflare's cache finds an answer by its address, so it must not hold an answer that depends on the client. */
describe('Cloudflare’s cache', () => {
  afterEach(() => vi.unstubAllGlobals())

  /** Sends a request to the hostname's own origin, or to a binding; returns the cache mode. */
  async function asked(domain: string, forwarding: boolean, to: 'own origin' | 'binding', report = false) {
    const { root, send, behind, tenant, hostname } = await setUp(domain, forwarding)
    const requests: Request[] = []
    vi.stubGlobal('fetch', async (input: RequestInfo, init?: RequestInit) => {
      requests.push(new Request(input, init))
      return new Response('origin', { headers: { 'cache-control': 'public, max-age=60' } })
    })
    if (report) {
      const path = `/edge/v1/accounts/${tenant.accountId}/hostnames/${hostname}`
      expect((await post(path, tenant.authorization, { mode: 'report' }, { method: 'PUT' })).status).toBe(200)
    }
    const env = (to === 'binding' ? {} : { ORIGIN: undefined }) as object
    const auth = report ? tlsClientAuth() : tlsClientAuth(await client(root))
    for (const _ of ['decided', 'remembered']) {
      expect((await send({ auth, url: `https://${hostname}/report.pdf`, env })).status).toBe(200)
    }
    return [...requests, ...behind.requests].map(({ cache }) => cache ?? 'default')
  }

  it.each(['own origin', 'binding'] as const)(
    'is neither read nor filled if the %s is told of the client',
    async (to) => {
      expect(await asked(`told-${to.length}.example`, true, to)).toEqual(['no-store', 'no-store'])
    },
  )

  it('is used as the zone says if the origin is told nothing: every client gets the same answer', async () => {
    expect(await asked('untold.example', false, 'own origin')).toEqual(['default', 'default'])
  })

  it('is used as the zone says in report mode for clients that have proven nothing: they get the same answer too', async () => {
    expect(await asked('unproven.example', true, 'own origin', true)).toEqual(['default', 'default'])
  })
})
