import { startAccessMtls, testCa } from 'access-mtls/testing'
import Cloudflare from 'cloudflare'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { distrustRoot, type Root, trustRoot } from '../src/trust.ts'

const service = await startAccessMtls({ parity: 'strict' })
beforeEach(() => service.reset())
afterAll(() => service.stop())

const account = service.accountId
const client = new Cloudflare({ apiToken: service.token, baseURL: service.url })
const { certificate } = await testCa({ subject: 'Example root' })
const root: Root = { name: 'Example root', certificate, hostnames: ['admin.example.com'] }

async function names(): Promise<(string | undefined)[]> {
  const { result } = await client.zeroTrust.access.certificates.list({ account_id: account })
  return result.map(({ name }) => name)
}

test('a root is registered once', async () => {
  const id = await trustRoot(client, account, root)
  expect(await trustRoot(client, account, root)).toBe(id)
  expect(await names()).toEqual(['Example root'])
})

test('a root is taken away, though Cloudflare still detaches its hostname', async () => {
  await distrustRoot(client, account, await trustRoot(client, account, root))
  expect(await names()).toEqual([])
})

test('without a retry, the conflict is seen', async () => {
  const id = await trustRoot(client, account, root)
  const impatient = new Cloudflare({ apiToken: service.token, baseURL: service.url, maxRetries: 0 })
  await expect(distrustRoot(impatient, account, id)).rejects.toThrow(Cloudflare.ConflictError)
  expect(await names()).toEqual(['Example root'])
})

test('a rate limit is waited for', async () => {
  await service.fail({ operation: 'POST access/certificates', retryAfterSeconds: 0, times: 2 })
  await trustRoot(client, account, root)
  expect(await service.faults()).toEqual([])
  expect(await names()).toEqual(['Example root'])
})

test('a root whose answer got lost is found', async () => {
  await service.fail({ method: 'POST', cut: 'after' })
  const id = await trustRoot(client, account, root)
  expect(await trustRoot(client, account, root)).toBe(id)
})

test('another refusal is passed on', async () => {
  const other = { ...root, certificate: 'not a certificate' }
  await expect(trustRoot(client, account, other)).rejects.toThrow(Cloudflare.BadRequestError)
})
