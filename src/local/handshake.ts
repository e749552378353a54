import { HANDSHAKE_HEADER } from './handshake-header.ts'

/**
 * The request as Cloudflare's edge would hand it over: with what the TLS handshake left in `request.cf`, by the header that the TLS
 * server sent along. Undefined where the request did not come from there.
 */
export function withHandshake(
  request: Request,
  secret: string,
): Request<unknown, IncomingRequestCfProperties> | undefined {
  const [known, ...json] = (request.headers.get(HANDSHAKE_HEADER) ?? '').split(' ')
  if (known !== secret) return undefined
  const headers = new Headers(request.headers)
  headers.delete(HANDSHAKE_HEADER)
  // Clients speak TLS, with the server before this.
  const url = request.url.replace(/^http:/, 'https:')
  const cf: IncomingRequestCfProperties = JSON.parse(json.join(' '))
  return new Request(new Request(url, request), { headers, cf, redirect: 'manual' })
}

/** The answer to a request that came by another way. */
export function onlyByTls(): Response {
  return new Response('only through the TLS front\n', { status: 403 })
}
