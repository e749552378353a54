import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'
import { noTlsClientAuth, tlsClientAuthFrom } from '../../src/testing/index.ts'
import { encodePem } from '../../src/x509/index.ts'

/**
 * What Cloudflare would put into `request.cf` of a connection, as JSON in ASCII. The chain is what Node hands over: the
 * certificates that the client sent, as far as they lead from its own to a root, in that order.
 */
export async function handshakeJson(socket: TLSSocket): Promise<string> {
  const cf = {
    httpProtocol: 'HTTP/1.1',
    tlsVersion: socket.getProtocol() ?? '',
    tlsClientAuth: await clientAuth(presentedBy(socket)),
  }
  return JSON.stringify(cf).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The certificates of a connection's client as DER, its own first. */
function presentedBy(socket: TLSSocket): readonly Buffer[] {
  const seen = new Set<DetailedPeerCertificate>()
  // Without a certificate, Node gives an empty object; a self-signed one names itself as its issuer.
  let next: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true)
  while (isCertificate(next) && !seen.has(next)) {
    seen.add(next)
    next = next.issuerCertificate
  }
  return [...seen].map(({ raw }) => raw)
}

function isCertificate(peer: Partial<DetailedPeerCertificate> | undefined): peer is DetailedPeerCertificate {
  return peer?.raw !== undefined
}

async function clientAuth([leaf, ...chain]: readonly Buffer[]): Promise<object> {
  if (leaf === undefined) return noTlsClientAuth()
  const [leafPem = '', ...chainPem] = [leaf, ...chain].map((der) => encodePem(der))
  try {
    return await tlsClientAuthFrom(leafPem, chainPem)
  } catch (error) {
    // OpenSSL reads more than we do. The gateway is to see, and to refuse, what the client presented.
    if (!(error instanceof TypeError)) throw error
    const [certRFC9440, ...others] = [leaf, ...chain].map((der) => `:${der.toString('base64')}:`)
    const certChainRFC9440 = others.join(', ')
    return { ...noTlsClientAuth(), certPresented: '1', certVerified: 'FAILED', certRFC9440, certChainRFC9440 }
  }
}
