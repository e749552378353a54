import type { GeneralName } from '../general-name.ts'
import { displayName } from '../name.ts'
import { type DirectoryName, directoryName, directoryWithin } from './subtree-directory.ts'
import { type DnsName, type DnsSubtree, dnsName, dnsSubtree, dnsWithin } from './subtree-dns.ts'
import { type EmailName, type EmailSubtree, emailName, emailSubtree, emailWithin } from './subtree-email.ts'
import { displayIp, displayIpSubtree, type IpName, type IpSubtree, ipSubtree, ipWithin } from './subtree-ip.ts'
import { type UriName, type UriSubtree, uriName, uriSubtree, uriWithin } from './subtree-uri.ts'

/** Names and subtrees of the five forms that constraints are processed for (RFC 5280 4.2.1.10). */
export type ConstrainedName = DnsName | IpName | EmailName | UriName | DirectoryName
export type Subtree = DnsSubtree | IpSubtree | EmailSubtree | UriSubtree | DirectoryName

/** 'unsupported': a form that cannot be compared. 'malformed': a form that can, holding what it may not. */
export type Unusable = 'unsupported' | 'malformed'

/** A name of a certificate, ready to be compared. */
export function readConstrainedName(name: GeneralName): ConstrainedName | Unusable {
  switch (name.form) {
    case 'dNSName':
      return dnsName(name.value) ?? 'malformed'
    case 'iPAddress':
      return { form: 'iPAddress', octets: name.octets }
    case 'rfc822Name':
      return emailName(name.value) ?? 'malformed'
    case 'uniformResourceIdentifier':
      return uriName(name.value) ?? 'malformed'
    case 'directoryName':
      return directoryName(name.name)
    default:
      return 'unsupported'
  }
}

/** The base of a GeneralSubtree, ready to be compared. */
export function readSubtree(base: GeneralName): Subtree | Unusable {
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
      return directoryName(base.name)
    default:
      return 'unsupported'
  }
}

/** Whether a name lies in a subtree; names of another form never do. */
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

/** A name for people, with the prefixes OpenSSL prints. A subtree's iPAddress is twice as long and shows its prefix. */
export function displayGeneralName(name: GeneralName): string {
  switch (name.form) {
    case 'dNSName':
      return `DNS:${name.value}`
    case 'iPAddress':
      return name.octets.length % 8 === 0 && name.octets.length !== 16
        ? `IP:${displayIpSubtree(ipSubtree(name.octets))}`
        : `IP:${displayIp(name.octets)}`
    case 'rfc822Name':
      return `email:${name.value}`
    case 'uniformResourceIdentifier':
      return `URI:${name.value}`
    case 'directoryName':
      return `DirName:${displayName(name.name)}`
    case 'otherName':
    case 'registeredID':
      return `${name.form}:${name.type}`
    case 'x400Address':
    case 'ediPartyName':
      return name.form
  }
}
