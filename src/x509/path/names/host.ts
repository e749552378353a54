/**
 * A host name in the preferred syntax (RFC 1034 3.5, RFC 1123 2.1), underscores allowed as the reader allows them.
 * No wildcard, no final dot.
 */
const HOST = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/** A last label of digits only is an IPv4 address, whatever its notation (WHATWG URL, "ends in a number"). */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/

/** The host in lower case; undefined when it is not a host name. */
export function hostName(text: string): string | undefined {
  const host = text.toLowerCase()
  return HOST.test(host) && !ENDS_IN_NUMBER.test(host) ? host : undefined
}

/** What a host must be to lie in a subtree: this host, or below this domain. */
export interface HostSubtree {
  /** Lower case; empty: every host. */
  readonly domain: string
  readonly covers: 'host' | 'subdomains' | 'host and subdomains'
}

/** True when the subtree covers the host. Both in lower case. */
export function hostWithin(host: string, { domain, covers }: HostSubtree): boolean {
  if (domain === '') return true
  if (host === domain) return covers !== 'subdomains'
  return covers !== 'host' && host.endsWith(`.${domain}`)
}
