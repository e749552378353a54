/** Stands for every client whose address is not known. */
const UNKNOWN = 'unknown'

const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/
const IPV6 = /^[0-9a-f:.]+$/i

/**
 * What failed authentication is counted under: an IPv4 address, or the /64 of an IPv6 address. A client can use all addresses
 * of its /64: the other half names an interface (RFC 4291 2.5.1). An IPv4 address that is written as IPv6 (RFC 4291 2.5.5.2)
 * is that IPv4 address.
 */
export function addressKey(address: string | undefined): string {
  if (address === undefined || address.length > 45) return UNKNOWN
  if (IPV4.test(address)) return address
  const written = IPV6.test(address) ? URL.parse(`http://[${address}]/`)?.hostname : undefined
  if (written === undefined) return UNKNOWN
  const groups = groupsOf(written)
  const [high = 0, low = 0] = groups.slice(6)
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

/** The eight groups of an IPv6 address in the form of URLs: in brackets, with `::` for the longest run of zeros. */
function groupsOf(written: string): readonly number[] {
  const [front = [], back = []] = written
    .slice(1, -1)
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''))
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0')
  return [...front, ...zeros, ...back].map((group) => Number.parseInt(group, 16))
}
