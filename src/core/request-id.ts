/** The header that names a request, in every answer that is made here. The log has the same name as `request_id`. */
export const REQUEST_ID_HEADER = 'x-request-id'

/** Cloudflare's name of a request: 16 hexadecimal digits, and perhaps its location. */
const RAY = /^[0-9a-f]{16}(?:-[A-Z]{3})?$/

/**
 * The name of a request: `cf-ray`, which Cloudflare sets over what a client sends, and shows in its own logs. Elsewhere a
 * client may send any text, so what is not of that form does not count, and the request gets a name of its own.
 */
export function requestIdOf(headers: Headers, newId: () => string): string {
  const ray = headers.get('cf-ray') ?? ''
  return RAY.test(ray) ? ray : newId()
}
