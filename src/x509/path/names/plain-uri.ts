import { isIa5 } from '../../asn1/values.ts'
import { hostName } from './host.ts'

/** RFC 3986 3: scheme, authority if there is one, and the rest, in the characters of a URI; each `%` begins an octet. */
const URI = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?((?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)$/
/** RFC 3986 3.2 without userinfo, which only makes one host look like another. */
const HOST_AND_PORT = /^([^:@]*)(:\d{1,5})?$/

/** A path whose segments are read alike by everybody: none is empty, a dot segment or percent-encoded (RFC 3986 3.3). */
const PLAIN_SEGMENTS = /^(?:(?!\.{1,2}(?:\/|$))[A-Za-z0-9\-._~:@!$&'()*+,;=]+(?:\/(?=.)|$))+$/

/**
 * A URI with its scheme and host in lower case, and all else as it is (RFC 3986 6.2.2.1 without 6.2.2.2 and 6.2.2.3). Undefined
 * where the value is no URI, or has an authority that is no host name with or without a port.
 */
export function comparableUri(value: string): string | undefined {
  const [, scheme, authority, rest = ''] = (isIa5(value) && URI.exec(value)) || []
  if (scheme === undefined) return undefined
  if (authority === undefined) return `${scheme.toLowerCase()}:${rest}`
  const [, name = '', port = ''] = HOST_AND_PORT.exec(authority) ?? []
  const host = hostName(name)
  return host === undefined ? undefined : `${scheme.toLowerCase()}://${host}${port}${rest}`
}

/** Whether a path, without the slash before it, has segments only that are read alike by everybody, and no query or fragment. */
export function hasPlainSegments(path: string): boolean {
  return PLAIN_SEGMENTS.test(path)
}

/** Whether a URI lies below another one, which ends in a slash: the rest of its path must be plain. Both are comparable. */
export function uriBelow(uri: string, prefix: string): boolean {
  return uri.startsWith(prefix) && hasPlainSegments(uri.slice(prefix.length))
}
