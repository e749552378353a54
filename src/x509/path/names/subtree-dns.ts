import { isDomainName } from '../../certificate/general-name.ts'
import { type HostSubtree, hostWithin } from './host.ts'

/** A dNSName as constraints see it (RFC 5280 4.2.1.6). */
export interface DnsName {
  readonly form: 'dNSName'
  /** Lower case, without the wildcard label. */
  readonly domain: string
  /** `*.domain`: stands for every name with one label more (RFC 6125 6.4.3). */
  readonly wildcard: boolean
}

export interface DnsSubtree extends HostSubtree {
  readonly form: 'dNSName'
}

/** RFC 1123 2.1: "a valid host name can never have the dotted-decimal form #.#.#.#". Blanks and a final dot hide none. */
const DOTTED_DECIMAL = /^\s*\d+(?:\.\d+){3}\.?\s*$/

/** Whether a dNSName is an IPv4 address in text: it names an address, where an iPAddress belongs. */
export function isAddressInText(value: string): boolean {
  return DOTTED_DECIMAL.test(value)
}

/** Undefined for what is no domain name, and for an address in text. */
export function dnsName(value: string): DnsName | undefined {
  if (!isDomainName(value) || isAddressInText(value)) return undefined
  const lower = value.toLowerCase()
  const wildcard = lower.startsWith('*.')
  return { form: 'dNSName', domain: wildcard ? lower.slice(2) : lower, wildcard }
}

/**
 * RFC 5280 4.2.1.10: "Any DNS name that can be constructed by simply adding zero or more labels to the left-hand side
 * of the name satisfies the name constraint." A leading dot is not in there, but common; OpenSSL and Go take it to mean
 * one label or more. A wildcard is no host name: undefined.
 */
export function dnsSubtree(value: string): DnsSubtree | undefined {
  const lower = value.toLowerCase()
  if (lower.includes('*')) return undefined
  return lower.startsWith('.')
    ? { form: 'dNSName', domain: lower.slice(1), covers: 'subdomains' }
    : { form: 'dNSName', domain: lower, covers: 'host and subdomains' }
}

/**
 * A wildcard is permitted when every name it stands for is, and excluded when one of them is (CVE-2025-61727): RFC 5280
 * says nothing of them, so both ways are the safe ones.
 */
export function dnsWithin(name: DnsName, subtree: DnsSubtree, list: 'permitted' | 'excluded'): boolean {
  if (!name.wildcard) return hostWithin(name.domain, subtree)
  // Each name it stands for is strictly below name.domain.
  if (hostWithin(name.domain, { ...subtree, covers: 'host and subdomains' })) return true
  const parent = subtree.domain.slice(subtree.domain.indexOf('.') + 1)
  return list === 'excluded' && subtree.covers !== 'subdomains' && parent === name.domain
}
