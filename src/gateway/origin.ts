import type { ClientIdentity } from '../edge/identity.ts'
import { addIdentity, nameHostname, removeIdentity } from './identity-headers.ts'

/**
 * Cloudflare's cache is neither read nor filled. It finds responses by their address alone, whatever the headers say of the
 * client, and keeps some that have no `Cache-Control` (pictures, scripts, PDFs): one client would get what was for another. The
 * request decides it before there is a response, so an origin's `Cache-Control: public` does not fill the cache either.
 * `cf.cacheTtl: -1` does not serve: it has no defined meaning (cloudflare-docs issue 2119).
 */
const NOT_CACHED = { cache: 'no-store' } as const

/**
 * Sends a request on to the origin. Only the headers about the client change. Body, upgrade and response pass untouched, and the
 * client follows redirects itself. Where ORIGIN is a URL, a header says for which hostname the client was let in. Several
 * hostnames may share that URL, so its responses are not cached either. Rejects when the origin cannot be reached.
 */
export function forward(
  request: Request,
  hostname: string,
  origin: Fetcher | URL | undefined,
  identity: ClientIdentity | undefined,
): Promise<Response> {
  const headers = new Headers(request.headers)
  removeIdentity(headers)
  if (identity !== undefined) addIdentity(headers, identity)
  const init = { headers, redirect: 'manual', ...(identity !== undefined && NOT_CACHED) } as const
  if (origin === undefined) return fetch(request, init)
  if (!(origin instanceof URL)) return origin.fetch(request, init)
  nameHostname(headers, hostname)
  // A server elsewhere must not read what Cloudflare knows of the client's connection.
  return fetch(new Request(elsewhere(request.url, origin), request), { ...init, ...NOT_CACHED, cf: {} })
}

function elsewhere(address: string, origin: URL): string {
  const url = new URL(address)
  url.protocol = origin.protocol
  url.host = origin.host
  // Setting `host` keeps the old port where the new host has none.
  url.port = origin.port
  return url.href
}
