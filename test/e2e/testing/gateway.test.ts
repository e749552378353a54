import { request } from 'node:https'
import { testCa } from 'access-mtls/testing'
import { describe, expect, it } from 'vitest'
import { ask, startedService, stopAfterEach } from '../support/testing-service.ts'

stopAfterEach()

const HOSTNAME = 'admin.example.com'
const URL_OF_HOST = `https://${HOSTNAME}/`
const ca = await testCa({ subject: 'clients' })
const client = await ca.issue({ subject: 'a client' })

async function scene(origin: (request: Request) => Response | Promise<Response> = () => new Response('origin')) {
  const log: string[] = []
  const service = await startedService({ gateway: { origin }, log: (line) => log.push(line) })
  const { gateway } = service
  if (gateway === undefined) throw new Error('no gateway')
  const certificate = { name: 'clients', certificate: ca.certificate, associated_hostnames: [HOSTNAME] }
  const added = await ask(service, 'POST', 'certificates', certificate)
  expect(added.status).toBe(201)
  return { service, gateway, log, id: (added.result as { readonly id: string }).id }
}

const reason = async (response: Response) => ((await response.json()) as { reason: { code: string } }).reason.code

describe('the gateway of a service', () => {
  it('lets a client through to the function of the test, and no other', async () => {
    const seen: string[] = []
    const { gateway } = await scene(async (request) => {
      seen.push(`${request.method} ${request.url} ${await request.text()}`)
      return new Response('from the test', { status: 202, headers: { 'x-origin': 'yes' } })
    })
    const init = { method: 'PUT', body: 'hello', client }
    const response = await gateway.fetch(`${URL_OF_HOST}path?a=b`, init)
    expect([response.status, response.headers.get('x-origin'), await response.text()]).toEqual([
      202,
      'yes',
      'from the test',
    ])
    const stranger = await (await testCa()).issue({ subject: 'a stranger' })
    expect(await reason(await gateway.fetch(URL_OF_HOST))).toBe('no_certificate')
    expect((await gateway.fetch(URL_OF_HOST, { client: stranger })).status).toBe(403)
    expect(seen).toEqual([`PUT ${URL_OF_HOST}path?a=b hello`])
  })

  it('tells the origin who the client is, where that is on, and removes what a client says itself', async () => {
    const { service, gateway } = await scene((request) => Response.json(Object.fromEntries(request.headers)))
    const settings = [{ hostname: HOSTNAME, client_certificate_forwarding: true }]
    expect((await ask(service, 'PUT', 'certificates/settings', { settings })).status).toBe(202)
    const headers = { 'client-cert': ':forged:', 'x-mine': 'yes' }
    const told = (await (await gateway.fetch(URL_OF_HOST, { client, headers })).json()) as Record<string, string>
    const der = client.certificate.replace(/-----.*-----|\n/g, '')
    expect(told).toMatchObject({ 'client-cert': `:${der}:`, 'x-mine': 'yes' })
  })

  it('counts what is changed from the next request on', async () => {
    const { service, gateway, id } = await scene()
    expect((await gateway.fetch(URL_OF_HOST, { client })).status).toBe(200)
    await ask(service, 'PUT', `certificates/${id}`, {})
    expect((await gateway.fetch(URL_OF_HOST, { client })).status).toBe(403)
    await service.reset()
    await ask(service, 'POST', 'certificates', {
      name: 'clients',
      certificate: ca.certificate,
      associated_hostnames: [HOSTNAME],
    })
    expect((await gateway.fetch(URL_OF_HOST, { client })).status).toBe(200)
  })

  it('has the time that the test sets', async () => {
    const { service, gateway } = await scene()
    await service.setTime('2060-01-01T00:00:00Z')
    const response = await gateway.fetch(URL_OF_HOST, { client })
    expect([response.status, await reason(response)]).toEqual([403, 'expired'])
    await service.setTime(null)
    expect((await gateway.fetch(URL_OF_HOST, { client })).status).toBe(200)
  })

  it('has a certificate for any name, of the CA that it names, for other clients too', async () => {
    const { gateway } = await scene()
    const { port } = new URL(gateway.url)
    const options = { host: '127.0.0.1', port, servername: HOSTNAME, ca: gateway.ca, headers: { host: HOSTNAME } }
    const status = await new Promise((resolve, reject) => {
      request({ ...options, cert: client.certificate, key: client.key }, ({ statusCode }) => resolve(statusCode))
        .on('error', reject)
        .end()
    })
    expect(status).toBe(200)
    await expect(gateway.fetch('http://admin.example.com/')).rejects.toThrow('takes https:// URLs')
  })

  it('answers 500 where the function of the test throws, and the log has why', async () => {
    const { gateway, log } = await scene(() => {
      throw new Error('out of order')
    })
    expect((await gateway.fetch(URL_OF_HOST, { client })).status).toBe(500)
    expect(log.join('\n')).toContain('the origin function failed: Error: out of order')
  })
})

it('a service has no gateway unless one is asked for', async () => {
  expect((await startedService()).gateway).toBeUndefined()
})
