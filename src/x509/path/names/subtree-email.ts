import { type HostSubtree, hostName, hostWithin } from './host.ts'

/** A mailbox (RFC 5280 4.2.1.6: Mailbox of RFC 2821 4.1.2). */
export interface EmailName {
  readonly form: 'rfc822Name'
  /** The local part without quotes and their escapes. Its case matters (RFC 5321 2.4). */
  readonly local: string
  /** Lower case. */
  readonly host: string
}

export interface EmailSubtree {
  readonly form: 'rfc822Name'
  /** The local part of one mailbox; undefined for all mailboxes of the hosts. */
  readonly local: string | undefined
  readonly host: HostSubtree
}

/** Dot-string of RFC 2821 4.1.2. `*` is an ordinary character in it, never a wildcard. */
const DOT_STRING = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/
/** Quoted-string of RFC 2821 4.1.2: ASCII without controls. */
const QUOTED_STRING = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*)"$/

/** Undefined where the value is not a mailbox: constraints cannot be applied to it, so it satisfies none. */
export function emailName(value: string): EmailName | undefined {
  const at = value.lastIndexOf('@')
  const host = hostName(value.slice(at + 1))
  const local = at < 0 ? undefined : localPart(value.slice(0, at))
  return host === undefined || local === undefined ? undefined : { form: 'rfc822Name', local, host }
}

function localPart(text: string): string | undefined {
  if (DOT_STRING.test(text)) return text
  // The same mailbox may be written with and without quotes.
  return QUOTED_STRING.exec(text)?.[1]?.replace(/\\(.)/g, '$1')
}

/**
 * RFC 5280 4.2.1.10: a mailbox, all mailboxes of a host, or, with a leading dot, of all hosts below a domain. An empty value means
 * every mailbox, as in Go and OpenSSL. Undefined for any other value.
 */
export function emailSubtree(value: string): EmailSubtree | undefined {
  if (value === '') return { form: 'rfc822Name', local: undefined, host: { domain: '', covers: 'host' } }
  if (value.includes('@')) {
    const mailbox = emailName(value)
    return mailbox && { form: 'rfc822Name', local: mailbox.local, host: { domain: mailbox.host, covers: 'host' } }
  }
  const dotted = value.startsWith('.')
  const domain = hostName(dotted ? value.slice(1) : value)
  if (domain === undefined) return undefined
  return { form: 'rfc822Name', local: undefined, host: { domain, covers: dotted ? 'subdomains' : 'host' } }
}

export function emailWithin(name: EmailName, subtree: EmailSubtree): boolean {
  return (subtree.local === undefined || subtree.local === name.local) && hostWithin(name.host, subtree.host)
}
