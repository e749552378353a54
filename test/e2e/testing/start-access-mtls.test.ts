import { testCa } from 'access-mtls/testing'
import { APIConnectionError, Cloudflare } from 'cloudflare'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/server.ts'
import { ask, startedService, stopAfterEach } from '../support/testing-service.ts'

stopAfterEach()

const ca = await testCa({ subject: 'a root' })
const body = (more: object = {}) => ({ name: 'a root', certificate: ca.certificate, ...more })
const names = ({ result }: { readonly result: unknown }) => (result as { name: string }[]).map(({ name }) => name)

describe('startAccessMtls', () => {
  it('starts an API that answers Cloudflare’s SDK, on 127.0.0.1', async () => {
    const service = await startedService()
    expect(service.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const client = new Cloudflare({ apiToken: service.token, baseURL: service.url })
    const account_id = service.accountId
    const added = await client.zeroTrust.access.certificates.create({ account_id, ...body() })
    expect(added.name).toBe('a root')
    const zone = await client.zeroTrust.access.certificates.list({ zone_id: service.zoneId })
    expect(zone.result).toEqual([])
  })

  it('has ids, token, zone and quota as they were ordered', async () => {
    const ordered = { accountId: 'a'.repeat(32), zoneId: 'b'.repeat(32), zoneName: 'shop.test', token: 'my-token' }
    const service = await startedService({ ...ordered, quota: 1 })
    expect(service).toMatchObject(ordered)
    const first = await ask(service, 'POST', 'certificates', body({ associated_hostnames: ['pay.shop.test'] }))
    expect(first.status).toBe(201)
    const other = await testCa()
    const second = await ask(service, 'POST', 'certificates', body({ certificate: other.certificate }))
    expect(second.error).toContain('maximum number of certificates has been reached')
  })

  it('gives each service data of its own, under the same ids and with its own token', async () => {
    const services = await Promise.all([1, 2, 3, 4].map(() => startedService()))
    expect(new Set(services.map(({ accountId, zoneId }) => accountId + zoneId)).size).toBe(1)
    expect(new Set(services.map(({ token }) => token)).size).toBe(4)
    await Promise.all(
      services.map((service, i) => ask(service, 'POST', 'certificates', body({ name: `of service ${i}` }))),
    )
    const lists = await Promise.all(services.map((service) => ask(service, 'GET', 'certificates')))
    expect(lists.map(names)).toEqual(services.map((_, i) => [`of service ${i}`]))
  })

  it('refuses what it cannot start with, and says where it is wrong', async () => {
    await expect(startedService({ accountId: 'x' })).rejects.toThrow(
      '/accounts/0/id must be an id of 32 lower-case hex digits; it is "x"',
    )
    await expect(startedService({ now: 'yesterday' })).rejects.toThrow('now takes a Date, or a time such as')
    const seed = { accounts: [{ certificates: [{ name: 'x', certificate: 'none' }] }] }
    await expect(startedService({ seed })).rejects.toThrow(
      /\/accounts\/1\/certificates\/0 is refused by the API: 12130/,
    )
  })

  it('keeps a folder, and takes over what an earlier service left there', async () => {
    const folder = temporaryFolder()
    const first = await startedService({ persist: folder.path })
    await ask(first, 'POST', 'certificates', body())
    await first.stop()
    const second = await startedService({ persist: folder.path })
    expect(names(await ask(second, 'GET', 'certificates'))).toEqual(['a root'])
    expect(names(await ask({ ...second, token: first.token }, 'GET', 'certificates'))).toEqual(['a root'])
    await second.stop()
    folder.remove()
  })

  it('tells of each request', async () => {
    const lines: string[] = []
    const service = await startedService({ log: (line) => lines.push(line) })
    await ask(service, 'GET', 'certificates')
    await expect
      .poll(() => lines.join())
      .toMatch(/^GET \/client\/v4\/accounts\/\w+\/access\/certificates 200 \(\d+ ms\)$/)
  })

  it('says so when it is used after it was stopped', async () => {
    const service = await startedService()
    await service.stop()
    await service.stop()
    await expect(service.reset()).rejects.toThrow('the service has ended')
    await expect(fetch(service.url)).rejects.toThrow('fetch failed')
  })

  it('is stopped at the end of a block', async () => {
    let url = ''
    {
      await using service = await startedService()
      url = service.url
      expect((await fetch(url)).status).toBe(400)
    }
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  })
})

describe('reset', () => {
  it('brings back what there was after the start: ids, token, seed and time', async () => {
    const seeded = [{ name: 'of the seed', certificate: ca.certificate, associated_hostnames: ['a.shop.test'] }]
    const seed = {
      accounts: [
        { id: 'c'.repeat(32), zones: [{ name: 'shop.test' }], tokens: [{ token: 'seeded' }], certificates: seeded },
      ],
    }
    const service = await startedService({ seed, now: '2030-01-01T00:00:00Z', parity: 'strict' })
    const other = { ...service, accountId: 'c'.repeat(32), token: 'seeded' }
    const before = await ask(other, 'GET', 'certificates')
    expect(names(before)).toEqual(['of the seed'])
    await ask(service, 'POST', 'certificates', body({ certificate: (await testCa()).certificate }))
    await ask(service, 'PUT', 'certificates/settings', { settings: [] })
    await service.seed({ accounts: [{ zones: [{ name: 'more.test' }] }] })
    await service.setTime('2031-01-01T00:00:00Z')
    await service.fail({ times: Number.POSITIVE_INFINITY })
    expect((await ask(service, 'GET', 'certificates')).status).toBe(500)

    await service.reset()
    expect(await service.faults()).toEqual([])
    expect(names(await ask(service, 'GET', 'certificates'))).toEqual([])
    expect((await ask(other, 'GET', 'certificates')).result).toEqual(before.result)
    const again = await ask(service, 'PUT', 'certificates/settings', { settings: [] })
    expect(again.status).toBe(202)
    const added = await ask(service, 'POST', 'certificates', body())
    expect(added.result).toMatchObject({ created_at: '2030-01-01T00:00:00Z' })
    await service.seed({ accounts: [{ zones: [{ name: 'more.test' }] }] })
  })

  it('leaves the same behind each time, a hundred times', async () => {
    const service = await startedService()
    for (let i = 0; i < 100; i += 1) {
      const added = await ask(service, 'POST', 'certificates', body({ associated_hostnames: ['a.example.com'] }))
      expect(added.status).toBe(201)
      await service.reset()
    }
    expect(names(await ask(service, 'GET', 'certificates'))).toEqual([])
  })
})

describe('seed', () => {
  it('adds accounts, and says which ids and tokens it made', async () => {
    const service = await startedService()
    const certificates = [{ zone: 'other.test', name: 'theirs', certificate: ca.certificate }]
    const { accounts } = await service.seed({
      accounts: [{ zones: [{ name: 'other.test' }], tokens: [{ permission: 'read' }], certificates }],
    })
    const [{ id = '', tokens, zones } = { tokens: [], zones: [] }] = accounts
    const reader = { ...service, accountId: id, token: tokens[0]?.token ?? '' }
    expect((await ask(reader, 'GET', 'certificates')).status).toBe(200)
    expect((await ask(reader, 'POST', 'certificates', body())).status).toBe(403)
    const zone = await fetch(`${service.url}/zones/${zones[0]?.id}/access/certificates`, {
      headers: { authorization: `Bearer ${reader.token}` },
    })
    expect(await zone.json()).toMatchObject({ result: [{ name: 'theirs' }] })
  })

  it('stores nothing where the API refuses a part of it', async () => {
    const service = await startedService()
    const good = { name: 'good', certificate: ca.certificate }
    const certificates = [good, { ...good, name: 'the same again' }]
    const seed = { accounts: [{ id: 'd'.repeat(32), zones: [{ name: 'other.test' }], certificates }] }
    await expect(service.seed(seed)).rejects.toThrow(/\/accounts\/0\/certificates\/1 .*certificate already exists/)
    // As if it had not been tried.
    await service.seed({ accounts: [{ id: 'd'.repeat(32), zones: [{ name: 'other.test' }], certificates: [good] }] })
  })
})

describe('setTime', () => {
  it('is the time of what is added and changed, until it is given back', async () => {
    const service = await startedService()
    await service.setTime(new Date('2021-03-04T05:06:07Z'))
    const added = await ask(service, 'POST', 'certificates', body())
    expect(added.result).toMatchObject({ created_at: '2021-03-04T05:06:07Z' })
    await service.setTime(null)
    const changed = await ask(service, 'PUT', `certificates/${(added.result as { id: string }).id}`, {})
    expect(changed.result).not.toMatchObject({ updated_at: '2021-03-04T05:06:07Z' })
    await expect(service.setTime('soon')).rejects.toThrow('setTime takes a Date, or a time such as')
  })
})

describe('fail', () => {
  it('has the SDK repeat a request, and get through', async () => {
    const service = await startedService()
    const client = new Cloudflare({ apiToken: service.token, baseURL: service.url })
    await service.fail({ operation: 'POST access/certificates', retryAfterSeconds: 0, times: 2 })
    expect(await service.faults()).toMatchObject([{ times: 2, left: 2, met: 0 }])
    const added = await client.zeroTrust.access.certificates.create({ account_id: service.accountId, ...body() })
    expect(added.name).toBe('a root')
    expect(await service.faults()).toEqual([])
  })

  it.each([
    ['before', []],
    ['after', ['a root']],
  ] as const)('closes the connection %s the write', async (cut, stored) => {
    const service = await startedService()
    const client = new Cloudflare({ apiToken: service.token, baseURL: service.url, maxRetries: 0 })
    await service.fail({ method: 'POST', cut })
    const { certificates } = client.zeroTrust.access
    const lost = certificates.create({ account_id: service.accountId, ...body() })
    await expect(lost).rejects.toThrow(APIConnectionError)
    expect(names(await ask(service, 'GET', 'certificates'))).toEqual(stored)
  })

  it('refuses a fault that it does not know', async () => {
    const service = await startedService()
    await expect(service.fail({ times: 0 })).rejects.toThrow('/times must be at least 1')
    await expect(service.fail({ operation: 'POST certificate' })).rejects.toThrow('/operation must be one of: ')
  })

  it('refuses answers that are no failure, so that a test does not believe them', async () => {
    const service = await startedService()
    await expect(service.fail({ status: 200 })).rejects.toThrow('/status must be at least 400')
  })
})

describe('strict parity', () => {
  it('has the SDK wait for settings and hostnames, as the real service does', async () => {
    const service = await startedService({ parity: 'strict' })
    const client = new Cloudflare({ apiToken: service.token, baseURL: service.url })
    const account_id = service.accountId
    const { certificates } = client.zeroTrust.access
    const { id = '' } = await certificates.create({ account_id, ...body({ associated_hostnames: ['a.example.com'] }) })
    await certificates.update(id, { account_id, associated_hostnames: [] })
    // Refused twice; the SDK repeats a request twice.
    await certificates.delete(id, { account_id })
    const settings = [{ hostname: 'a.example.com', china_network: false, client_certificate_forwarding: true }]
    await certificates.settings.update({ account_id, settings })
    const impatient = new Cloudflare({ apiToken: service.token, baseURL: service.url, maxRetries: 1 })
    const refused = impatient.zeroTrust.access.certificates.settings.update({ account_id, settings })
    await expect(refused).rejects.toThrow('previous certificate settings still being updated')
  })
})
