/** How many encodings are taken off, one around the other: base64 of UTF-16 in a URL is three, and nobody means more. */
export const MAX_LAYERS = 4

/** A boundary whose blank is percent-encoded, once or more, or a plus sign as in a form. */
const BOUNDARY = /BEGIN(?:%(?:25){0,3}20|\+)[A-Z0-9]/i
/** What base64, and lists of it, have percent-encoded. */
const IN_BASE64 = /%(?:25){0,3}(?:2[BCF]|3D|0[AD])/i
const ESCAPE = /%([0-9a-f]{2})/gi

/**
 * Takes one URL encoding (RFC 3986 2.1) off a PEM, or off base64 and lists of it; undefined where there is none. `+` is a
 * character of base64, as AWS ALB leaves it, unless boundaries are written with it, as forms are.
 */
export function urlDecoded(text: string): string | undefined {
  const isPem = BOUNDARY.test(text)
  if (!isPem && !(IN_BASE64.test(text) && /^[A-Za-z0-9+/=,\s]*$/.test(text.replace(ESCAPE, '')))) return undefined
  const blanks = /BEGIN\+/i.test(text) ? text.replaceAll('+', ' ') : text
  try {
    return decodeURIComponent(blanks)
  } catch {
    // Not UTF-8: what is of interest is ASCII.
    return blanks.replace(ESCAPE, (_, octet: string) => String.fromCharCode(Number.parseInt(octet, 16)))
  }
}
