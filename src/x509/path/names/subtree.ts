import { toHex } from '../../../core/bytes.ts'
import type { GeneralName } from '../../certificate/general-name.ts'
import { displayName } from '../../certificate/name.ts'
import { type DirectoryName, directoryName, directoryWithin } from './subtree-directory.ts'
import { type DnsName, type DnsSubtree, dnsName, dnsSubtree, dnsWithin } from './subtree-dns.ts'
import { type EmailName, type EmailSubtree, emailName, emailSubtree, emailWithin } from './subtree-email.ts'
import { displayIp, displayIpSubtree, type IpName, type IpSubtree, ipName, ipSubtree, ipWithin } from './subtree-ip.ts'
import { type UriName, type UriSubtree, uriName, uriSubtree, uriWithin } from './subtree-uri.ts'

/** Names and subtrees of the five forms that constraints are processed for (RFC 5280 4.2.1.10). */
export type ConstrainedName = DnsName | IpName | EmailName | UriName | DirectoryName
export type Subtree = DnsSubtree | IpSubtree | EmailSubtree | UriSubtree | DirectoryName

/** Why a name cannot be compared: its form is not processed, or its value is malformed. */
export type Incomparable = 'unsupported' | 'malformed'

/** A name of a certificate, ready to be compared. */
export function readConstrainedName(name: GeneralName): ConstrainedName | Incomparable {
  switch (name.form) {
    case 'dNSName':
      return dnsName(name.value) ?? 'malformed'
    case 'iPAddress':
      return ipName(name.octets) ?? 'malformed'
    case 'rfc822Name':
      return emailName(name.value) ?? 'malformed'
    case 'uniformResourceIdentifier':
      return uriName(name.value) ?? 'malformed'
    case 'directoryName':
      return (name.name && directoryName(name.name)) ?? 'malformed'
    default:
      return 'unsupported'
  }
}

/** The base of a GeneralSubtree, ready to be compared. */
export function readSubtree(base: GeneralName): Subtree | Incomparable {
  switch (base.form) {
    case 'dNSName':
      return dnsSubtree(base.value) ?? 'malformed'
    case 'iPAddress':
      return ipSubtree(base.octets)
    case 'rfc822Name':
      return emailSubtree(base.value) ?? 'malformed'
    case 'uniformResourceIdentifier':
      return uriSubtree(base.value) ?? 'malformed'
    case 'directoryName':
      return (base.name && directoryName(base.name)) ?? 'malformed'
    default:
      return 'unsupported'
  }
}

/** Whether a name lies in a subtree. Names of another form never do. */
export function within(name: ConstrainedName, subtree: Subtree, list: 'permitted' | 'excluded'): boolean {
  if (name.form === 'dNSName' && subtree.form === 'dNSName') return dnsWithin(name, subtree, list)
  if (name.form === 'iPAddress' && subtree.form === 'iPAddress') return ipWithin(name, subtree)
  if (name.form === 'rfc822Name' && subtree.form === 'rfc822Name') return emailWithin(name, subtree)
  if (name.form === 'directoryName' && subtree.form === 'directoryName') return directoryWithin(name, subtree)
  if (name.form === 'uniformResourceIdentifier' && subtree.form === 'uniformResourceIdentifier') {
    return uriWithin(name, subtree)
  }
  return false
}

/** Most characters of a name that are shown: a domain name has at most 253 (RFC 1035 2.3.4), and longer names fill a log. */
const MAX_SHOWN = 256

/** A name of a certificate for people, with the prefixes that OpenSSL prints. A long name is cut. */
export function displayGeneralName(name: GeneralName): string {
  return cut(display(name, (octets) => (ipName(octets) === undefined ? `#${toHex(octets)}` : displayIp(octets))))
}

/** The base of a GeneralSubtree for people. Its iPAddress has an address and a mask. */
export function displaySubtree(base: GeneralName): string {
  return cut(display(base, (octets) => displayIpSubtree(ipSubtree(octets))))
}

function cut(shown: string): string {
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown
}

function display(name: GeneralName, address: (octets: Uint8Array) => string): string {
  switch (name.form) {
    case 'dNSName':
      return `DNS:${asciiOnly(name.value)}`
    case 'iPAddress':
      return `IP:${address(name.octets)}`
    case 'rfc822Name':
      return `email:${asciiOnly(name.value)}`
    case 'uniformResourceIdentifier':
      return `URI:${asciiOnly(name.value)}`
    case 'directoryName':
      return `DirName:${name.name === undefined ? MALFORMED : displayName(name.name)}`
    case 'otherName':
    case 'registeredID':
      return `${name.form}:${name.type ?? MALFORMED}`
    case 'x400Address':
    case 'ediPartyName':
      return name.form
  }
}

const MALFORMED = '(malformed)'

/** Escapes octets beyond ASCII as in RFC 4514 2.4, since their character set is not known. */
function asciiOnly(text: string): string {
  return text.replace(/[^\0-\x7f]/gu, (c) => `\\${(c.codePointAt(0) ?? 0).toString(16)}`)
}
