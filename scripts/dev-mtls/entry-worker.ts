/**
 * Stands where Cloudflare's edge stands: gives the gateway the request with what the TLS handshake left in `request.cf`.
 * The TLS front sends that along in a header, with a secret of this run.
 */
import { HANDSHAKE_HEADER } from './handshake-header.ts'

interface Env {
  readonly GATEWAY: Fetcher
  readonly SECRET: string
}

export default {
  fetch(request, { GATEWAY, SECRET }) {
    const [secret, ...json] = (request.headers.get(HANDSHAKE_HEADER) ?? '').split(' ')
    if (secret !== SECRET) return new Response('only through the TLS front\n', { status: 403 })
    const headers = new Headers(request.headers)
    headers.delete(HANDSHAKE_HEADER)
    // Clients speak TLS, with the front.
    const url = request.url.replace(/^http:/, 'https:')
    const cf: CfProperties = JSON.parse(json.join(' '))
    return GATEWAY.fetch(new Request(new Request(url, request), { headers, cf, redirect: 'manual' }))
  },
} satisfies ExportedHandler<Env>
