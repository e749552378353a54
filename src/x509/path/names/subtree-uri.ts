import { isIa5 } from '../../asn1/values.ts'
import { type HostSubtree, hostName, hostWithin } from './host.ts'

/** The host of a URI, to which constraints apply (RFC 5280 4.2.1.10). */
export interface UriName {
  readonly form: 'uniformResourceIdentifier'
  /** Lower case. */
  readonly host: string
}

export interface UriSubtree extends HostSubtree {
  readonly form: 'uniformResourceIdentifier'
}

/** RFC 3986 3: scheme, then `//` and the authority up to the path, query or fragment. */
const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/([^/?#\\]*)(?:[/?#]|$)/i

/**
 * RFC 5280 4.2.1.10: where a constraint applies, a URI is rejected that has no authority, or whose host is an address. Undefined
 * for such a URI, for any value without a host name, and for one beyond ASCII, which is not a URI (RFC 3986 2).
 */
export function uriName(value: string): UriName | undefined {
  const authority = isIa5(value) ? AUTHORITY.exec(value)?.[1] : undefined
  // RFC 3986 3.2: [ userinfo "@" ] host [ ":" port ]. Userinfo has no "@", so a text with two of them is not a URI.
  const parts = authority?.split('@') ?? []
  const host = parts.length > 2 ? undefined : hostName((parts.at(-1) ?? '').replace(/:\d*$/, ''))
  return host === undefined ? undefined : { form: 'uniformResourceIdentifier', host }
}

/**
 * RFC 5280 4.2.1.10: a host, or, with a leading dot, every host below a domain. An empty value means every host, as in Go.
 * Undefined for any other value.
 */
export function uriSubtree(value: string): UriSubtree | undefined {
  if (value === '') return { form: 'uniformResourceIdentifier', domain: '', covers: 'host' }
  const dotted = value.startsWith('.')
  const domain = hostName(dotted ? value.slice(1) : value)
  if (domain === undefined) return undefined
  return { form: 'uniformResourceIdentifier', domain, covers: dotted ? 'subdomains' : 'host' }
}

export function uriWithin(name: UriName, subtree: UriSubtree): boolean {
  return hostWithin(name.host, subtree)
}
