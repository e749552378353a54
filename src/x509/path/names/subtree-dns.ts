import { isDomainName } from '../../certificate/general-name.ts'
import { type HostSubtree, hostWithin } from './host.ts'

/** A dNSName in the form in which it is compared (RFC 5280 4.2.1.6). */
export interface DnsName {
  readonly form: 'dNSName'
  /** Lower case, without the wildcard label. */
  readonly domain: string
  /** The name is `*.domain`, which stands for every name with one label more (RFC 6125 6.4.3). */
  readonly wildcard: boolean
}

export interface DnsSubtree extends HostSubtree {
  readonly form: 'dNSName'
}

/** RFC 1123 2.1: "a valid host name can never have the dotted-decimal form #.#.#.#". Blanks and a final dot do not change that. */
const DOTTED_DECIMAL = /^\s*\d+(?:\.\d+){3}\.?\s*$/

/** Whether a dNSName is the text of an IPv4 address, which belongs in an iPAddress. */
export function isAddressInText(value: string): boolean {
  return DOTTED_DECIMAL.test(value)
}

/** Undefined for a value that is not a domain name, or is the text of an address. */
export function dnsName(value: string): DnsName | undefined {
  if (!isDomainName(value) || isAddressInText(value)) return undefined
  const lower = value.toLowerCase()
  const wildcard = lower.startsWith('*.')
  return { form: 'dNSName', domain: wildcard ? lower.slice(2) : lower, wildcard }
}

/**
 * RFC 5280 4.2.1.10: "Any DNS name that can be constructed by simply adding zero or more labels to the left-hand side of the name
 * satisfies the name constraint." A leading dot is not in the RFC, but common; it means one label or more, as in OpenSSL and Go.
 * Undefined for a wildcard, which is not a host name.
 */
export function dnsSubtree(value: string): DnsSubtree | undefined {
  const lower = value.toLowerCase()
  if (lower.includes('*')) return undefined
  return lower.startsWith('.')
    ? { form: 'dNSName', domain: lower.slice(1), covers: 'subdomains' }
    : { form: 'dNSName', domain: lower, covers: 'host and subdomains' }
}

/**
 * A wildcard is permitted where every name that it stands for is, and excluded where one of them is (CVE-2025-61727). RFC 5280
 * does not mention wildcards, so the stricter reading applies.
 */
export function dnsWithin(name: DnsName, subtree: DnsSubtree, list: 'permitted' | 'excluded'): boolean {
  if (!name.wildcard) return hostWithin(name.domain, subtree)
  // Each name that the wildcard stands for is below name.domain.
  if (hostWithin(name.domain, { ...subtree, covers: 'host and subdomains' })) return true
  const parent = subtree.domain.slice(subtree.domain.indexOf('.') + 1)
  return list === 'excluded' && subtree.covers !== 'subdomains' && parent === name.domain
}
