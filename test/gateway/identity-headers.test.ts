import { beforeAll, describe, expect, it } from 'vitest'
import { toBase64, toHex } from '../../src/core/bytes.ts'
import { client, setUp, tlsClientAuth } from '../support/protected.ts'
import { issue } from '../support/x509/chain.ts'

/** Every spelling that some server reads as one of the names, with the values that are sent. */
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
  ['Forwarded', 'for=192.0.2.1;host=forged.example;proto=https;by=_gateway'],
  ['X-Forwarded-Host', 'forged.example'],
]

/** Names of the header at other proxies, by proxy. An origin may have been behind any of them. */
const OTHER_PROXIES: Readonly<Record<string, readonly string[]>> = {
  Envoy: ['X-Forwarded-Client-Cert'],
  nginx: ['X-SSL-Cert', 'X-SSL-Client-Cert', 'X-SSL-Client-Verify', 'X-SSL-Client-S-DN', 'X-SSL-Client-I-DN', 'X-SSL'],
  'ingress-nginx': ['ssl-client-cert', 'ssl-client-verify', 'ssl-client-subject-dn', 'ssl-client-issuer-dn'],
  Puppet: ['X-Client-Verify', 'X-Client-DN', 'X-Client-Cert'],
  HAProxy: ['X-SSL-Client-CN', 'X-SSL-Client-SHA1', 'X-SSL-Client-NotBefore', 'X-SSL-Issuer', 'X-SSL-Client-Not-After'],
  'HAProxy before Keycloak': ['SSL_CLIENT_CERT', 'CERT_CHAIN'],
  Apache: [
    'SSL_CLIENT_S_DN',
    'SSL_CLIENT_S_DN_CN',
    'SSL_CLIENT_VERIFY',
    'SSL_CLIENT_M_SERIAL',
    'SSL_CLIENT_CERT_CHAIN_0',
  ],
  Tomcat: ['ssl_client_cert', 'ssl_client_escaped_cert', 'ssl_cipher', 'ssl_session_id', 'ssl_cipher_usekeysize'],
  Traefik: ['X-Forwarded-Tls-Client-Cert', 'X-Forwarded-Tls-Client-Cert-Info', 'X-Forwarded-Tls-Client-Cert-Infos'],
  'IIS and Azure': ['X-ARR-ClientCert', 'X-Client-Certificate', 'MS-ASPNETCORE-CLIENTCERT'],
  'AWS load balancers': [
    'X-Amzn-Mtls-Clientcert',
    'X-Amzn-Mtls-Clientcert-Leaf',
    'X-Amzn-Mtls-Clientcert-Serial-Number',
    'X-Amzn-Mtls-Clientcert-Issuer',
    'X-Amzn-Mtls-Clientcert-Subject',
    'X-Amzn-Mtls-Clientcert-Validity',
  ],
  CloudFront: [
    'CloudFront-Viewer-Cert-Present',
    'CloudFront-Viewer-Cert-Subject',
    'CloudFront-Viewer-Cert-Sha256',
    'CloudFront-Viewer-Cert-Pem',
  ],
  'Google Cloud': [
    'X-Client-Cert-Present',
    'X-Client-Cert-Chain-Verified',
    'X-Client-Cert-Hash',
    'X-Client-Cert-Serial-Number',
    'X-Client-Cert-SPIFFE',
    'X-Client-Cert-Subject-DN',
    'X-Client-Cert-Leaf',
  ],
  Pound: ['X-SSL-Subject', 'X-SSL-Issuer', 'X-SSL-notBefore', 'X-SSL-serial', 'X-SSL-certificate'],
  Kong: ['X-Client-Cert-Dn', 'X-Client-Cert-San'],
  F5: ['SSLClientCertStatus', 'SSLClientCertb64', 'SSLClientCertSubject'],
  NetScaler: ['NSClientCert', 'NS-Client-Cert'],
  WebLogic: ['WL-Proxy-Client-Cert'],
  WebSphere: ['$WSCC'],
}

/** Headers that a client may send, or that Cloudflare sets itself. */
const KEPT = [
  'Authorization',
  'Cookie',
  'Cf-Connecting-Ip',
  'Cf-Cert-Presented',
  'Cf-Ray',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-Ssl',
  'X-Client-Id',
  'X-Client-Version',
  'X-Client-Data',
  'X-Uncertain',
  'X-Sslip',
  'Certain',
  'X-Certified-By',
  'Sec-Ch-Ua',
  'Forwarded-By-Hand',
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

  it.each(Object.entries(OTHER_PROXIES))('the header of %s never arrives, in any spelling', async (_, names) => {
    const { root, send, behind } = gateway
    const auth = tlsClientAuth(await client(root))
    for (const name of names) {
      const spellings = ['-', '_', '.', '__'].map((hyphen) => name.replaceAll(/[-_]/g, hyphen))
      const headers = new Headers({ 'x-kept': 'as it came' })
      for (const spelling of spellings) {
        for (const one of [spelling, spelling.toUpperCase()]) headers.append(one, 'forged')
      }
      expect((await send({ auth, headers })).status).toBe(200)
      expect(JSON.stringify([...(behind.requests.at(-1)?.headers ?? [])]), name).not.toContain('forged')
      expect(behind.requests.at(-1)?.headers.get('x-kept')).toBe('as it came')
    }
  })

  it('arrive if they name no identity', async () => {
    const { root, send, behind } = gateway
    const headers = Object.fromEntries(KEPT.map((name) => [name.toLowerCase(), 'as it came']))
    expect((await send({ auth: tlsClientAuth(await client(root)), headers })).status).toBe(200)
    expect(Object.fromEntries(behind.requests.at(-1)?.headers ?? [])).toMatchObject(headers)
  })

  it('do not replace a certificate: without one in the handshake, nobody is let in', async () => {
    const { root, send } = gateway
    const leaf = await client(root)
    const headers = { 'client-cert': `:${toBase64(leaf.der)}:`, 'cf-client-cert-der-base64': toBase64(leaf.der) }
    expect((await send({ headers })).status).toBe(403)
  })

  it('never arrive, also at an unprotected hostname and in report mode', async () => {
    const { send, behind, hostname } = gateway
    const url = `https://www.${hostname}/`
    const headers = {
      'client-cert': ':AAAA:',
      cf_client_cert_sha256: '00',
      forwarded: 'host=x',
      'x-ssl-client-dn': 'CN=x',
    }
    expect((await send({ url, headers, env: { UNPROTECTED: 'allow' } })).status).toBe(200)
    expect([...(behind.requests.at(-1)?.headers ?? [])]).toEqual([])
  })
})

describe('what the origin is told with forwarding on', () => {
  it('is the certificate, its SHA-256 and the intermediates of the path, also if the decision is remembered', async () => {
    const { root, send, behind } = await setUp('told.example', true)
    const intermediate = await issue({ cn: 'intermediate', by: root })
    const stranger = await issue({ cn: 'stranger' })
    const leaf = await client(intermediate)
    const auth = tlsClientAuth(leaf, [stranger, intermediate, root])
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', leaf.der))
    for (const _ of ['decided', 'remembered']) {
      expect((await send({ auth })).status).toBe(200)
      expect(Object.fromEntries(behind.requests.at(-1)?.headers ?? [])).toEqual({
        'cf-client-cert-der-base64': toBase64(leaf.der),
        'cf-client-cert-sha256': toHex(digest),
        'client-cert': `:${toBase64(leaf.der)}:`,
        'client-cert-chain': `:${toBase64(intermediate.der)}:`,
      })
    }
  })
})
