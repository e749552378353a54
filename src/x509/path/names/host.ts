/**
 * A host name in the preferred syntax (RFC 1034 3.5, RFC 1123 2.1), with underscores, which are in use. No wildcard, no final
 * dot.
 */
const HOST = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/** A name whose last label is a number is an IPv4 address (WHATWG URL, "ends in a number"). */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/

/** The host in lower case; undefined where it is not a host name. */
export function hostName(text: string): string | undefined {
  const host = text.toLowerCase()
  return HOST.test(host) && !ENDS_IN_NUMBER.test(host) ? host : undefined
}

/** A set of hosts: a domain, the names below it, or both. */
export interface HostSubtree {
  /** Lower case; empty for every host. */
  readonly domain: string
  readonly covers: 'host' | 'subdomains' | 'host and subdomains'
}

/** Whether a host lies in a subtree. Both are in lower case. */
export function hostWithin(host: string, { domain, covers }: HostSubtree): boolean {
  if (domain === '') return true
  if (host === domain) return covers !== 'subdomains'
  return covers !== 'host' && host.endsWith(`.${domain}`)
}
