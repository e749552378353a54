import { describe, expect, it } from 'vitest'
import type { FaultOrder } from '../../src/local/faults.ts'
import { clientOf, newService } from '../support/local.ts'
import { freshTenant, soundBody } from '../support/requests.ts'

async function scene() {
  const tenant = await freshTenant()
  const service = newService()
  const path = `/accounts/${tenant.accountId}/access/certificates`
  return { service, path, ask: clientOf(service, tenant.authorization) }
}

const once = (order: Partial<FaultOrder>): FaultOrder => ({ times: 1, ...order })

describe('a fault', () => {
  it.each<[string, Partial<FaultOrder>, object]>([
    ['that says nothing is a 500', {}, { status: 500, error: '10001 access.api.error.internal_server_error' }],
    ['with a status says what Cloudflare says', { status: 403 }, { status: 403, error: '10000 Authentication error' }],
    ['has the code and message that it names', { status: 503, code: 7, message: 'no' }, { status: 503, error: '7 no' }],
    ['with a code alone is a 500', { code: 7, message: 'no' }, { status: 500, error: '7 no' }],
    [
      'with a time to wait is a 429',
      { retryAfterSeconds: 3 },
      { status: 429, error: '971 Please wait and consider throttling your request speed' },
    ],
  ])('%s', async (_, order, expected) => {
    const { service, path, ask } = await scene()
    service.faults.add(once(order))
    expect(await ask('GET', path)).toMatchObject({ result: null, ...expected })
    expect((await ask('GET', path)).status).toBe(200)
  })

  it('of 429 says how long to wait', async () => {
    const { service, path, ask } = await scene()
    service.faults.add(once({ status: 429 }))
    expect((await ask('GET', path)).headers.get('retry-after')).toBe('1')
    service.faults.add(once({ status: 429, retryAfterSeconds: 7 }))
    expect((await ask('GET', path)).headers.get('retry-after')).toBe('7')
  })

  it('comes before the write: nothing is stored', async () => {
    const { service, path, ask } = await scene()
    service.faults.add(once({ status: 502 }))
    expect((await ask('POST', path, soundBody())).status).toBe(502)
    expect((await ask('GET', path)).result).toEqual([])
  })

  it.each<[FaultOrder['cut'], number]>([
    ['before', 0],
    ['after', 1],
  ])('that cuts the connection %s the write leaves %i certificates', async (cut, stored) => {
    const { service, path, ask } = await scene()
    service.faults.add(once({ cut }))
    await expect(ask('POST', path, soundBody())).rejects.toMatchObject({ retryable: true })
    expect((await ask('GET', path)).result).toHaveLength(stored)
  })

  it('is in the log', async () => {
    const tenant = await freshTenant()
    const log: string[] = []
    const service = newService(undefined, log)
    service.faults.add(once({ cut: 'after' }))
    const path = `/accounts/${tenant.accountId}/access/certificates`
    await expect(clientOf(service, tenant.authorization)('GET', path)).rejects.toThrow()
    expect(log).toEqual([`GET /client/v4${path} cut after it was answered 200 (a fault that a test asked for)`])
  })

  it('that only delays lets the request through', async () => {
    const { service, path, ask } = await scene()
    service.faults.add(once({ latencyMs: 20 }))
    const begin = performance.now()
    expect((await ask('POST', path, soundBody())).status).toBe(201)
    expect(performance.now() - begin).toBeGreaterThanOrEqual(20)
  })

  it('waits until it has met its number of requests, and tells how many', async () => {
    const { service, path, ask } = await scene()
    service.faults.add({ times: 2, status: 500 })
    service.faults.add({ times: null, status: 503, method: 'POST' })
    const statuses = []
    for (const method of ['GET', 'POST', 'POST', 'POST', 'GET']) {
      statuses.push((await ask(method, path, method === 'POST' ? soundBody() : undefined)).status)
    }
    expect(statuses).toEqual([500, 500, 503, 503, 200])
    expect(service.faults.pending).toEqual([{ times: null, status: 503, method: 'POST', left: null, met: 2 }])
    service.faults.pending = []
    expect((await ask('POST', path, soundBody())).status).toBe(201)
  })
})

describe('a fault fits', () => {
  it.each<[string, Partial<FaultOrder>, readonly [string, string], boolean]>([
    ['a method', { method: 'PUT' }, ['PUT', '/ID'], true],
    ['no other method', { method: 'PUT' }, ['GET', '/ID'], false],
    ['an operation', { operation: 'GET access/certificates/{certificate_id}' }, ['GET', '/ID'], true],
    ['no other operation', { operation: 'GET access/certificates/{certificate_id}' }, ['GET', ''], false],
    ['a path with stars', { path: '/accounts/*/access/certificates/*' }, ['GET', '/ID'], true],
    ['a path with its prefix', { path: '/client/v4/accounts/*/access/certificates' }, ['GET', ''], true],
    ['no longer path', { path: '/accounts/*/access/certificates' }, ['GET', '/ID'], false],
    [
      'no path that a dot or a parenthesis would stand for',
      { path: '/accounts/*/access.certificates(/*)?' },
      ['GET', ''],
      false,
    ],
  ])('%s', async (_, order, [method, rest], fits) => {
    const { service, path, ask } = await scene()
    service.faults.add(once({ status: 418, ...order }))
    const asked = rest.replace('ID', crypto.randomUUID())
    const { status } = await ask(method, path + asked, method === 'PUT' ? {} : undefined)
    expect(status === 418).toBe(fits)
  })
})
