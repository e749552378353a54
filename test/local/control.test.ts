import { describe, expect, it } from 'vitest'
import { handleControl } from '../../src/local/control.ts'
import type { LocalService } from '../../src/local/service.ts'
import { clientOf, newService } from '../support/local.ts'
import { freshTenant, soundBody } from '../support/requests.ts'

const SECRET = 'secret'

async function order(
  service: LocalService,
  command: string,
  body?: unknown,
  secret = SECRET,
): Promise<readonly [number, string]> {
  const [method = '', path] = command.split(' ')
  const init = { method, headers: { authorization: secret }, ...(method === 'POST' && { body: JSON.stringify(body) }) }
  const response = await handleControl(new Request(`http://control${path}`, init), service, SECRET)
  return [response.status, await response.text()]
}

describe('the control surface', () => {
  it('answers nobody without the secret, and nothing that it does not know', async () => {
    const service = newService()
    expect(await order(service, 'POST /time', 0, 'guessed')).toEqual([401, ''])
    expect(await order(service, 'POST /else', 0)).toEqual([404, ''])
    expect(service.clock.nowMs()).toBeGreaterThan(1)
  })

  it.each<[string, unknown, string]>([
    ['POST /time', 'now', 'Expected number'],
    ['POST /faults', { times: 0 }, '/times must be at least 1'],
    ['POST /faults', { times: 1.5 }, '/times must be a whole number'],
    ['POST /faults', { status: 200 }, '/status must be at least 400'],
    ['POST /faults', { cut: 'during' }, '/cut must be before or after'],
    ['POST /faults', { path: 'accounts' }, '/path must begin with /'],
    ['POST /faults', { latency: 5 }, '/latency is not a known field'],
    ['POST /faults', { operation: 'GET everything' }, '/operation must be one of: GET access/certificates/settings,'],
    ['POST /faults', [], 'must not be an array'],
  ])('refuses %s with %j', async (command, body, words) => {
    const service = newService()
    const [status, text] = await order(service, command, body)
    expect(status).toBe(400)
    expect(text).toContain(words)
    expect(service.faults.pending).toEqual([])
  })

  it('lists faults that wait, and brings back those that it kept', async () => {
    const service = newService()
    await order(service, 'POST /faults', { method: 'GET', times: null, status: 503 })
    const [, text] = await order(service, 'GET /faults')
    expect(JSON.parse(text)).toEqual([{ method: 'GET', times: null, status: 503, left: null, met: 0 }])
    await order(service, 'POST /keep', 'one')
    await order(service, 'POST /faults', { method: 'PUT' })
    await order(service, 'POST /restore', 'one')
    expect(await order(service, 'GET /faults')).toEqual([200, text])
  })

  it('brings rows back that it kept', async () => {
    const tenant = await freshTenant()
    const service = newService('strict')
    const ask = clientOf(service, tenant.authorization)
    const path = `/accounts/${tenant.accountId}/access/certificates`
    expect(await order(service, 'POST /keep', 'first')).toEqual([200, 'null'])
    expect((await ask('POST', path, soundBody())).status).toBe(201)
    expect((await ask('PUT', `${path}/settings`, {})).status).toBe(202)
    expect(await order(service, 'POST /restore', 'first')).toEqual([200, 'null'])
    expect((await ask('GET', path)).result).toEqual([])
    // Nor does a conflict outlive it.
    expect((await ask('PUT', `${path}/settings`, {})).status).toBe(202)
    expect((await order(service, 'POST /restore', 'second'))[0]).toBe(500)
  })

  it('sets the time, which then stands still, and gives it back', async () => {
    const tenant = await freshTenant()
    const service = newService()
    const ask = clientOf(service, tenant.authorization)
    const path = `/accounts/${tenant.accountId}/access/certificates`
    await order(service, 'POST /time', Date.parse('2031-02-03T04:05:06.789Z'))
    const added = await ask('POST', path, soundBody())
    expect(added.result).toMatchObject({ created_at: '2031-02-03T04:05:06Z' })
    await order(service, 'POST /keep', 'then')
    await order(service, 'POST /time', null)
    expect(Math.abs(service.clock.nowMs() - Date.now())).toBeLessThan(60_000)
    await order(service, 'POST /restore', 'then')
    expect(service.clock.now()).toBe(Date.parse('2031-02-03T04:05:06Z') / 1_000)
  })

  it('has the process that started it meet no fault and no conflict', async () => {
    const tenant = await freshTenant()
    const service = newService('strict')
    service.faults.add({ times: null, status: 500 })
    const ask = clientOf(service, tenant.authorization)
    const settings = `/accounts/${tenant.accountId}/access/certificates/settings`
    const known = (secret: string) => ask('PUT', settings, {}, { 'access-mtls-start': secret })
    expect([(await known(SECRET)).status, (await known(SECRET)).status]).toEqual([202, 202])
    expect((await known('guessed')).status).toBe(500)
  })
})
