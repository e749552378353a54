import { env } from 'cloudflare:workers'
import { toBase64 } from '../../src/core/bytes.ts'
import { ClientCounter } from '../../src/edge/clients/counter.ts'
import { handleGateway, type Isolate } from '../../src/gateway/handle.ts'
import type { GatewayEnv } from '../../src/gateway/settings.ts'
import { basicConstraints, extKeyUsage, keyUsage } from '../../src/testing/extensions.ts'
import { type Afterwards, post } from './api.ts'
import { NOW, pem } from './pki.ts'
import { addTenant } from './tenants.ts'
import { CLIENT_AUTH_OID, DIGITAL_SIGNATURE, type Issued, issue } from './x509/chain.ts'

const KEY_CERT_SIGN_AND_CRL_SIGN = keyUsage(0x06, 1)

/** Unix time in ms of the tests. */
export const T = NOW * 1_000

/** The requests that the origin got, and its answer. */
export interface Origin {
  readonly binding: Fetcher
  readonly requests: Request[]
}

/** An origin that records its requests. */
export function origin(
  answer: (request: Request) => Response | Promise<Response> = () => new Response('origin'),
): Origin {
  const requests: Request[] = []
  const fetchHere = async (input: RequestInfo, init?: RequestInit) => {
    const request = new Request(input, init)
    requests.push(request)
    return answer(request)
  }
  return { binding: { fetch: fetchHere } as Fetcher, requests }
}

/** A certificate that may be presented by a client. */
export const client = (by: Issued, more: Parameters<typeof issue>[0] = {}) =>
  issue({ cn: 'client', by, extensions: [DIGITAL_SIGNATURE, extKeyUsage(CLIENT_AUTH_OID)], ...more })

/** `tlsClientAuth` of a handshake with this certificate, and of one without a certificate. */
export function tlsClientAuth(leaf?: Issued, chain: readonly Issued[] = [], more: object = {}): object {
  return {
    certPresented: leaf === undefined ? '0' : '1',
    certVerified: leaf === undefined ? 'NONE' : 'FAILED:unable to get local issuer certificate',
    certRFC9440: leaf === undefined ? '' : `:${toBase64(leaf.der)}:`,
    certRFC9440TooLarge: false,
    certChainRFC9440: chain.map(({ der }) => `:${toBase64(der)}:`).join(', '),
    certChainRFC9440TooLarge: false,
    ...more,
  }
}

export interface ClientRequest extends RequestInit {
  readonly auth?: object | null
  readonly url?: string
  readonly env?: Partial<GatewayEnv>
  /** Unix time in ms. */
  readonly at?: number
}

/** A tenant whose root is on one hostname, and a gateway in front of an origin. */
export async function setUp(domain: string, forwarding = false) {
  const tenant = await addTenant(domain)
  const hostname = `admin.${domain}`
  const root = await issue({ cn: 'root', extensions: [basicConstraints(true), KEY_CERT_SIGN_AND_CRL_SIGN] })
  const certificates = `/accounts/${tenant.accountId}/access/certificates`
  const body = { name: 'root', certificate: pem(root.der), associated_hostnames: [hostname] }
  const added = await post(certificates, tenant.authorization, body)
  if (added.status !== 201) throw new Error(added.text)
  if (forwarding) {
    const settings = { settings: [{ hostname, china_network: false, client_certificate_forwarding: true }] }
    await post(`${certificates}/settings`, tenant.authorization, settings, { method: 'PUT' })
  }
  const behind = origin()
  const log: Record<string, unknown>[] = []
  const isolate: Isolate = { clients: new ClientCounter() }
  const background: Promise<unknown>[] = []
  const afterwards: Afterwards[] = []
  const send = async ({ auth = tlsClientAuth(), url, env: more, at = T, ...init }: ClientRequest = {}) => {
    const request = new Request(url ?? `https://${hostname}/path?q=1`, {
      ...init,
      ...(auth !== null && { cf: { tlsClientAuth: auth } }),
    } as RequestInit)
    const answer = await handleGateway(
      request as Request<unknown, IncomingRequestCfProperties>,
      { DB: env.DB, ORIGIN: behind.binding, ...more },
      {
        nowMs: at,
        clockMs: () => at,
        newId: () => `reference-${log.length}`,
        log: (entry) => log.push({ ...entry }),
        waitUntil: (promise) => background.push(promise),
        later: (work, afterSeconds) => afterwards.push({ work, afterSeconds }),
      },
      isolate,
    )
    await Promise.all(background)
    return answer
  }
  const id = String(added.body.result?.['id'])
  return { tenant, hostname, root, certificates, id, behind, log, send, afterwards }
}
