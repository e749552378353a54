import { beforeAll, describe, expect, it } from 'vitest'
import { base64 } from '../support/der.ts'
import { issue } from '../x509/path/chain.ts'
import { client, setUp, tlsClientAuth } from './protected.ts'

/** Every spelling that some server reads as one of the names, and how often it is sent. */
const SMUGGLED: readonly (readonly [string, ...string[]])[] = [
  ['Cf-Client-Cert-Der-Base64', 'AAAA'],
  ['cf-client-cert-der-base64', 'AAAA'],
  ['CF-CLIENT-CERT-SHA256', '00', '11'],
  ['Cf-Client-Cert-Anything', 'AAAA'],
  ['Cf-Client-Cert', 'AAAA'],
  ['Cf_Client_Cert_Der_Base64', 'AAAA'],
  ['Client-Cert', ':AAAA:'],
  ['client-cert', ':AAAA:', ':BBBB:'],
  ['CLIENT-CERT', ':AAAA:'],
  ['Client_Cert', ':AAAA:'],
  ['Client.Cert', ':AAAA:'],
  ['Client-Cert-Chain', ':AAAA:'],
  ['client_cert-chain', ':AAAA:'],
  ['Access-Mtls-Reference', 'mine'],
  ['access_mtls_client', 'mine'],
  ['Connection', 'close, Client-Cert, Cf-Client-Cert-Sha256'],
]

describe.each([true, false])('headers that a client sends for the origin, forwarding %s', (forwarding) => {
  let gateway: Awaited<ReturnType<typeof setUp>>
  beforeAll(async () => {
    gateway = await setUp(`smuggling-${forwarding}.example`, forwarding)
  })

  it.each(SMUGGLED)('%s never arrives', async (name, ...values) => {
    const { root, send, behind } = gateway
    const headers = new Headers({ 'x-kept': 'as it came' })
    for (const value of values) headers.append(name, value)
    const auth = tlsClientAuth(await client(root))
    expect((await send({ auth, headers })).status).toBe(200)
    const arrived = [...(behind.requests.at(-1)?.headers ?? [])]
    expect(arrived).toContainEqual(['x-kept', 'as it came'])
    for (const value of values) expect(arrived.map(([, one]) => one)).not.toContain(value)
    const own = forwarding ? ['cf-client-cert-der-base64', 'cf-client-cert-sha256', 'client-cert'] : []
    expect(arrived.map(([one]) => one).sort()).toEqual([...own, 'x-kept'])
  })

  it('are no certificate: without one in the handshake, nobody is let in', async () => {
    const { root, send } = gateway
    const leaf = await client(root)
    const headers = { 'client-cert': `:${base64(leaf.der)}:`, 'cf-client-cert-der-base64': base64(leaf.der) }
    expect((await send({ headers })).status).toBe(403)
  })

  it('never arrive at an unprotected hostname either, nor in report mode', async () => {
    const { send, behind, hostname } = gateway
    const url = `https://www.${hostname}/`
    const headers = { 'client-cert': ':AAAA:', cf_client_cert_sha256: '00' }
    expect((await send({ url, headers, env: { UNPROTECTED: 'allow' } })).status).toBe(200)
    expect([...(behind.requests.at(-1)?.headers ?? [])]).toEqual([])
  })
})

describe('what the origin is told where forwarding is on', () => {
  it('is the certificate, its SHA-256 and the intermediates that were used, also when the decision is remembered', async () => {
    const { root, send, behind } = await setUp('told.example', true)
    const intermediate = await issue({ cn: 'intermediate', by: root })
    const stranger = await issue({ cn: 'stranger' })
    const leaf = await client(intermediate)
    const auth = tlsClientAuth(leaf, [stranger, intermediate, root])
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', leaf.der))
    for (const _ of ['decided', 'remembered']) {
      expect((await send({ auth })).status).toBe(200)
      expect(Object.fromEntries(behind.requests.at(-1)?.headers ?? [])).toEqual({
        'cf-client-cert-der-base64': base64(leaf.der),
        'cf-client-cert-sha256': [...digest].map((octet) => octet.toString(16).padStart(2, '0')).join(''),
        'client-cert': `:${base64(leaf.der)}:`,
        'client-cert-chain': `:${base64(intermediate.der)}:`,
      })
    }
  })
})
