import type { ClientIdentity } from '../edge/identity.ts'
import { addIdentity, nameHostname, removeIdentity } from './identity-headers.ts'

/**
 * No look into Cloudflare's cache, and nothing put into it. It finds answers by their address alone, blind to the headers
 * that tell of the client, and keeps some that have no `Cache-Control` at all (pictures, scripts, PDFs): one client would
 * be given what was for another. What is asked of it is decided before the answer is known, so an origin's
 * `Cache-Control: public` cannot bring an answer back into it. `cf.cacheTtl: -1` would not do: it has no defined meaning
 * (cloudflare-docs issue 2119).
 */
const NOT_CACHED = { cache: 'no-store' } as const

/**
 * Sends a request on, as it came but for the headers that speak of the client. Body, upgrade and the answer pass
 * untouched: nothing is read here, and a redirect is the client's to follow. Where the address is another, a header says
 * for which hostname the client was let in; several hostnames may share that address, so its answers are not cached
 * either. Rejects when the origin cannot be reached.
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
  if (origin === undefined) return fetch(new Request(request), init)
  if (!(origin instanceof URL)) return origin.fetch(new Request(request), init)
  nameHostname(headers, hostname)
  // What Cloudflare knows of the client's connection is not for an address elsewhere.
  return fetch(new Request(elsewhere(request.url, origin), request), { ...init, ...NOT_CACHED, cf: {} })
}

function elsewhere(address: string, origin: URL): string {
  const url = new URL(address)
  url.protocol = origin.protocol
  url.host = origin.host
  // Setting `host` leaves a port alone that the new host does not name.
  url.port = origin.port
  return url.href
}
