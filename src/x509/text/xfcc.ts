/** The certificates in an element of Envoy's `x-forwarded-client-cert`: URL-encoded PEM. */
export interface Xfcc {
  /** The client's own certificate. */
  readonly cert: string | undefined
  /** All certificates that the client sent, its own first. */
  readonly chain: string | undefined
}

/** The beginning of an element: any of its keys. */
const BEGINS = /^\s*(?:By|Hash|Cert|Chain|Subject|URI|DNS)=/i

/**
 * Reads `x-forwarded-client-cert` in Envoy's form: elements separated by commas, one for each proxy on the way. An element has
 * pairs separated by semicolons. A value with a comma or semicolon is in quotation marks.
 * Undefined where the text has another form. Reads each character once.
 */
export function readXfcc(text: string): readonly Xfcc[] | undefined {
  // The text that OpenSSL prints may begin like this too, but it has PEM or several lines.
  if (!BEGINS.test(text) || /-----BEGIN |\n/.test(text.trim())) return undefined
  return splitOutsideQuotes(text, ',').map((element) => {
    const pairs = splitOutsideQuotes(element, ';').map((pair): [string, string] => {
      const at = pair.indexOf('=')
      return [
        pair.slice(0, at).trim().toLowerCase(),
        pair
          .slice(at + 1)
          .trim()
          .replace(/^"|"$/g, ''),
      ]
    })
    const values = new Map(pairs)
    return { cert: values.get('cert'), chain: values.get('chain') }
  })
}

function splitOutsideQuotes(text: string, separator: ',' | ';'): readonly string[] {
  const parts: string[] = []
  let start = 0
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (character === '\\') at += 1
    else if (character === '"') quoted = !quoted
    else if (character === separator && !quoted) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}
