import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, test } from 'node:test'
import { startAccessMtls, testCa } from 'access-mtls/testing'
import worker from '../src/index.js'

const URL = 'https://admin.shop.test/'
const ca = await testCa({ subject: 'Example root' })
const client = await ca.issue({ subject: 'robot' })
const service = await startAccessMtls({
  gateway: { origin: (request) => worker.fetch(request) },
  seed: {
    accounts: [
      {
        zones: [{ name: 'shop.test' }],
        certificates: [{ name: 'Root', certificate: ca.certificate, associated_hostnames: ['admin.shop.test'] }],
        settings: [{ hostname: 'admin.shop.test', client_certificate_forwarding: true }],
      },
    ],
  },
})
after(() => service.stop())

test('the Worker knows the client that the gateway let in', async () => {
  const response = await service.gateway.fetch(URL, { client })
  const { fingerprint256 } = new X509Certificate(client.certificate)
  assert.deepEqual(await response.json(), {
    subject: 'CN=robot',
    serialNumber: client.serialNumber,
    sha256: fingerprint256.replaceAll(':', '').toLowerCase(),
  })
})

test('what a client writes into the headers itself does not arrive', async () => {
  const other = await ca.issue({ subject: 'admin' })
  const headers = { 'client-cert': `:${other.certificate.replace(/-----.*-----|\n/g, '')}:` }
  const response = await service.gateway.fetch(URL, { client, headers })
  assert.equal((await response.json()).subject, 'CN=robot')
})

test('a client without a certificate of the CA does not reach the Worker', async () => {
  const stranger = await (await testCa()).issue({ subject: 'stranger' })
  for (const refused of [{}, { client: stranger }]) {
    const response = await service.gateway.fetch(URL, refused)
    assert.equal(response.status, 403)
    assert.match(response.headers.get('access-mtls-reference') ?? '', /./)
  }
})

test('a request that did not come through the gateway is refused', async () => {
  const response = await worker.fetch(new Request(URL))
  assert.equal(response.status, 403)
})
