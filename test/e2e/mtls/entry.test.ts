import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWorkers, type Workers } from '../../../scripts/dev-mtls/workers.ts'
import { noTlsClientAuth } from '../../../src/testing/tls-client-auth.ts'
import { freePort, temporaryFolder } from '../support/server.ts'

/** The test calls as the TLS front does, and as any other process on this machine may. */
describe('the Worker behind the TLS front', () => {
  const folder = temporaryFolder()
  let workers: Workers

  beforeAll(async () => {
    const apiPort = await freePort()
    const log = () => undefined
    workers = await startWorkers({ host: '127.0.0.1', apiPort, persistTo: folder.path, secret: 'secret', log })
  })
  afterAll(async () => {
    await workers.stop()
    folder.remove()
  })

  const ask = async (header?: string) => {
    const response = await fetch(workers.entry, header ? { headers: { 'access-mtls-dev-handshake': header } } : {})
    return { status: response.status, text: await response.text() }
  }

  const handshake = JSON.stringify({ tlsClientAuth: noTlsClientAuth() })

  it.each([
    ['without a handshake', undefined],
    ['with an empty secret', ` ${handshake}`],
    ['with a guessed secret', `secre ${handshake}`],
    ['with the secret after a guess', `guess secret ${handshake}`],
  ])('lets nobody through %s', async (_, header) => {
    expect(await ask(header)).toEqual({ status: 403, text: 'only through the TLS front\n' })
  })

  it('passes requests of the front on to the gateway, which has no hostname 127.0.0.1', async () => {
    const { status, text } = await ask(`secret ${handshake}`)
    expect({ status, ...JSON.parse(text) }).toMatchObject({ status: 403, reason: { code: 'hostname_invalid' } })
  })
})
