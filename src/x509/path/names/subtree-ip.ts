/** An iPAddress: 4 or 16 octets (RFC 5280 4.2.1.6). */
export interface IpName {
  readonly form: 'iPAddress'
  readonly octets: Uint8Array
}

/** Undefined where the octets have neither the length of an IPv4 nor of an IPv6 address. */
export function ipName(octets: Uint8Array): IpName | undefined {
  return octets.length === 4 || octets.length === 16 ? { form: 'iPAddress', octets } : undefined
}

/** An address and a mask of the same length (RFC 5280 4.2.1.10). readGeneralName has checked that the mask is a prefix. */
export interface IpSubtree {
  readonly form: 'iPAddress'
  readonly address: Uint8Array
  readonly mask: Uint8Array
}

export function ipSubtree(octets: Uint8Array): IpSubtree {
  const half = octets.length / 2
  return { form: 'iPAddress', address: octets.subarray(0, half), mask: octets.subarray(half) }
}

/**
 * RFC 5280 4.2.1.10, in the style of RFC 4632. Both families are one name form. An IPv6 address lies in no IPv4 subtree, so a CA
 * that is permitted IPv4 only must not issue it.
 */
export function ipWithin({ octets }: IpName, { address, mask }: IpSubtree): boolean {
  return (
    octets.length === address.length &&
    octets.every((octet, i) => (octet & (mask[i] ?? 0)) === ((address[i] ?? 0) & (mask[i] ?? 0)))
  )
}

/** `192.0.2.1`, or eight groups in hexadecimal with the longest run of zeros left out (RFC 5952). */
export function displayIp(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.')
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((octets[2 * i] ?? 0) * 256 + (octets[2 * i + 1] ?? 0)).toString(16),
  ).join(':')
  const [longest = ''] = (groups.match(/\b0(?::0)+\b/g) ?? []).sort((a, b) => b.length - a.length)
  return longest === '' ? groups : groups.replace(longest, '').replace(/^:*$|^:+|:+$|:{2,}/, '::')
}

/** A subtree as `192.0.2.0/24`. The prefix length is the number of ones in the mask. */
export function displayIpSubtree({ address, mask }: IpSubtree): string {
  const bits = mask.reduce((sum, octet) => sum + octet.toString(2).replaceAll('0', '').length, 0)
  return `${displayIp(address)}/${bits}`
}
