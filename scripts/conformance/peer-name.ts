import { readCertificate } from '../../src/x509/certificate/certificate.ts'
import { subjectAltName } from '../../src/x509/certificate/informing-extensions.ts'
import { displayIp, ipName } from '../../src/x509/path/names/subtree-ip.ts'
import type { PeerName } from './case.ts'

/**
 * Whether a certificate names a peer in its subjectAltName (RFC 6125 6.4; the common name does not count): no part of
 * path validation, but some cases of kind SERVER turn on it.
 */
export function hasPeerName(der: Uint8Array, { kind, value }: PeerName): boolean {
  const read = readCertificate(der)
  if (!read.ok) return false
  const wanted = value.toLowerCase()
  const names = subjectAltName(read.value)
  if (!names?.ok) return false
  return names.value.some((name) => {
    if (name.form === 'dNSName') return kind === 'DNS' && dnsMatches(name.value.toLowerCase(), wanted)
    if (name.form === 'iPAddress') {
      return kind === 'IP' && ipName(name.octets) !== undefined && displayIp(name.octets) === canonicalIp(wanted)
    }
    return name.form === 'rfc822Name' && kind === 'RFC822' && name.value === value
  })
}

/** A wildcard stands for exactly one label (RFC 6125 6.4.3). */
function dnsMatches(presented: string, wanted: string): boolean {
  if (!presented.startsWith('*.')) return presented === wanted
  return wanted.slice(wanted.indexOf('.')) === presented.slice(1) && !wanted.startsWith('.')
}

/** IPv6 in the form of RFC 5952, which URL writes; IPv4 as it is. */
function canonicalIp(text: string): string {
  return text.includes(':') ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text
}
