import { isIa5 } from '../../asn1/values.ts'
import { type HostSubtree, hostName, hostWithin } from './host.ts'

/** A URI, of which constraints see the host only (RFC 5280 4.2.1.10). */
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
 * RFC 5280 4.2.1.10: where a constraint applies, a URI without authority, or whose host is an address, is to be rejected:
 * undefined, as for anything else without a host name, or beyond ASCII, which no URI is (RFC 3986 2).
 */
export function uriName(value: string): UriName | undefined {
  const authority = isIa5(value) ? AUTHORITY.exec(value)?.[1] : undefined
  // RFC 3986 3.2: [ userinfo "@" ] host [ ":" port ]. Userinfo holds no "@" itself: two of them are no URI.
  const parts = authority?.split('@') ?? []
  const host = parts.length > 2 ? undefined : hostName((parts.at(-1) ?? '').replace(/:\d*$/, ''))
  return host === undefined ? undefined : { form: 'uniformResourceIdentifier', host }
}

/**
 * RFC 5280 4.2.1.10: a host, or, with a leading dot, every host below a domain. Empty means every host, as Go takes it.
 * Undefined when it is neither.
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
