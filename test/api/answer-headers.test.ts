import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { handleRequest } from '../../src/api/router.ts'
import type { Env } from '../../src/core/config.ts'
import { NOW } from '../support/pki.ts'
import { certificatesOf, freshTenant, soundBody } from '../support/requests.ts'

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const NO_ID = '0'.repeat(32)

/** Every answer says how a browser may interpret it, and who may cache it. */
describe('the headers of', () => {
  let tenant: Awaited<ReturnType<typeof freshTenant>>
  beforeAll(async () => {
    tenant = await freshTenant()
  })

  const send = (path: string, init: RequestInit = {}, environment: Partial<Env> = env) =>
    handleRequest(new Request(`https://api.example${path}`, init), environment, {
      now: NOW,
      clock: () => NOW,
      clockMs: () => NOW * 1_000,
      newId: () => crypto.randomUUID(),
      log: () => undefined,
    })

  const post = (body: BodyInit, more: Readonly<Record<string, string>> = {}) => ({
    method: 'POST',
    headers: { authorization: tenant.authorization, 'content-type': 'application/json', ...more },
    body,
  })

  it.each<[string, number, () => Promise<Response>]>([
    ['a success', 201, () => send(tenant.accountPath, post(JSON.stringify(soundBody())))],
    ['a list', 200, () => send(tenant.accountPath, { headers: { authorization: tenant.authorization } })],
    ['an answer without credentials', 400, () => send(tenant.accountPath)],
    ['an unknown token’s', 401, () => send(tenant.accountPath, { headers: { authorization: 'Bearer x' } })],
    ['another tenant’s', 403, () => send(certificatesOf('accounts', NO_ID), post(JSON.stringify(soundBody())))],
    ['no route', 400, () => send('/', { headers: { authorization: tenant.authorization } })],
    ['a malformed id', 404, () => send(certificatesOf('zones', 'x'), post('{}'))],
    [
      'no such object',
      404,
      () => send(`${tenant.accountPath}/${crypto.randomUUID()}`, { ...post('{}'), method: 'PUT' }),
    ],
    ['another verb', 405, () => send(tenant.accountPath, { ...post('{}'), method: 'PATCH' })],
    ['a preflight', 405, () => send(tenant.accountPath, { ...post('{}'), method: 'OPTIONS' })],
    ['malformed JSON', 400, () => send(tenant.accountPath, post('{'))],
    ['another type', 400, () => send(tenant.accountPath, post('<x/>', { 'content-type': 'text/xml' }))],
    ['a body too large', 413, () => send(tenant.accountPath, post(' '.repeat(256 * 1024 + 1)))],
    ['a failure', 500, () => send(tenant.accountPath, post('{}'), {})],
    [
      'too many requests',
      429,
      () =>
        send(tenant.accountPath, post('{}'), {
          ...env,
          RATE_LIMITS: 'on',
          RATE_LIMITER: { limit: async () => ({ success: false }) },
        }),
    ],
    ['HEAD of a page', 400, () => send('/docs/errors', { method: 'HEAD' })],
  ])('%s (%i)', async (_, status, answer) => {
    const { status: got, headers } = await answer()
    expect([got, headers.get('cache-control')]).toEqual([status, 'no-store'])
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-request-id')).toMatch(UUID)
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/)
  })

  it.each([
    ['/openapi.json', /frame-ancestors 'none'$/],
    [
      '/docs/errors',
      /frame-ancestors 'none'; style-src 'unsafe-inline'; img-src 'self'; script-src 'sha256-[\w+/]+='$/,
    ],
    ['/docs/api', /frame-ancestors 'none'; style-src 'unsafe-inline'; img-src 'self'$/],
    ['/llms.txt', /frame-ancestors 'none'$/],
  ])('the public page %s, which may be cached for a while', async (path, policy) => {
    const { status, headers } = await send(path)
    expect([status, headers.get('cache-control')]).toEqual([200, 'max-age=300'])
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-request-id')).toMatch(UUID)
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; /)
    expect(headers.get('content-security-policy')).toMatch(policy)
  })
})
