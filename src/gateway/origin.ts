import type { ClientIdentity } from '../domain/client-identity.ts'
import { addIdentity, nameHostname, removeIdentity } from './identity-headers.ts'

/**
 * Several hostnames may go on to one address, and their answers have one place in Cloudflare's cache, which is blind to
 * headers: what is for one hostname's clients would be given to another's.
 */
const NOT_CACHED = { cacheTtl: -1 }

/**
 * Sends a request on, as it came but for the headers that speak of the client. Body, upgrade and the answer pass
 * untouched: nothing is read here, and a redirect is the client's to follow. Where the address is another, a header says
 * for which hostname the client was let in. Rejects when the origin cannot be reached.
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
  const init = { headers, redirect: 'manual' } as const
  if (origin === undefined) return fetch(new Request(request), init)
  if (!(origin instanceof URL)) return origin.fetch(new Request(request), init)
  nameHostname(headers, hostname)
  return fetch(new Request(elsewhere(request.url, origin), request), { ...init, cf: NOT_CACHED })
}

function elsewhere(address: string, origin: URL): string {
  const url = new URL(address)
  url.protocol = origin.protocol
  url.host = origin.host
  // Setting `host` leaves a port alone that the new host does not name.
  url.port = origin.port
  return url.href
}
