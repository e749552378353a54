/** Most encodings around each other that are decoded. Base64 of UTF-16 in a URL has three. */
export const MAX_LAYERS = 4

/** A boundary whose space is percent-encoded, once or more, or a plus sign as in a form. */
const BOUNDARY = /BEGIN(?:%(?:25){0,3}20|\+)[A-Z0-9]/i
/** The characters that are percent-encoded in base64 and lists of it. */
const IN_BASE64 = /%(?:25){0,3}(?:2[BCF]|3D|0[AD])/i
const ESCAPE = /%([0-9a-f]{2})/gi

/**
 * Decodes one URL encoding (RFC 3986 2.1) of PEM, or of base64 and lists of it; undefined where there is none. `+` is a character
 * of base64, which AWS ALB does not encode; where a boundary has it, it stands for a space, as in forms.
 */
export function urlDecoded(text: string): string | undefined {
  const isPem = BOUNDARY.test(text)
  if (!isPem && !(IN_BASE64.test(text) && /^[A-Za-z0-9+/=,\s]*$/.test(text.replace(ESCAPE, '')))) return undefined
  const blanks = /BEGIN\+/i.test(text) ? text.replaceAll('+', ' ') : text
  try {
    return decodeURIComponent(blanks)
  } catch {
    // Not UTF-8. Only ASCII matters here.
    return blanks.replace(ESCAPE, (_, octet: string) => String.fromCharCode(Number.parseInt(octet, 16)))
  }
}
