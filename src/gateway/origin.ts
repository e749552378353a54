import type { ClientIdentity } from '../domain/client-identity.ts'
import { addIdentity, removeIdentity } from './identity-headers.ts'

/**
 * Sends a request on, as it came but for the headers that speak of the client. Body, upgrade and the answer pass
 * untouched: nothing is read here, and a redirect is the client's to follow. Rejects when the origin cannot be reached.
 */
export function forward(
  request: Request,
  origin: Fetcher | URL | undefined,
  identity: ClientIdentity | undefined,
): Promise<Response> {
  const headers = new Headers(request.headers)
  removeIdentity(headers)
  if (identity !== undefined) addIdentity(headers, identity)
  const onward = new Request(origin instanceof URL ? elsewhere(request.url, origin) : request.url, request)
  const init = { headers, redirect: 'manual' } as const
  return origin === undefined || origin instanceof URL ? fetch(onward, init) : origin.fetch(onward, init)
}

function elsewhere(address: string, origin: URL): string {
  const url = new URL(address)
  url.protocol = origin.protocol
  url.host = origin.host
  // Setting `host` leaves a port alone that the new host does not name.
  url.port = origin.port
  return url.href
}
