import { Buffer } from 'node:buffer'
import { X509Certificate } from 'node:crypto'

export default {
  /** @param {Request} request as the gateway passes it on */
  async fetch(request) {
    const client = clientCertificate(request)
    // No guess: the request did not come through the gateway, or client_certificate_forwarding is off for the hostname.
    if (client === undefined) return new Response('The gateway did not say who the client is.\n', { status: 403 })
    return Response.json({
      subject: client.subject,
      serialNumber: client.serialNumber.toLowerCase(),
      sha256: request.headers.get('cf-client-cert-sha256'),
    })
  },
}

/** The certificate that the gateway let in: RFC 9440's Client-Cert, base64 between colons. */
function clientCertificate(request) {
  const [, base64] = /^:([A-Za-z0-9+/]+={0,2}):$/.exec(request.headers.get('client-cert') ?? '') ?? []
  return base64 === undefined ? undefined : new X509Certificate(Buffer.from(base64, 'base64'))
}
