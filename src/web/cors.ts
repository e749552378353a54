import { ANSWER_HEADERS } from '../core/answer-headers.ts'
import { REQUEST_ID_HEADER } from '../core/request-id.ts'

/**
 * Which pages of other origins a browser lets call the API (Fetch standard, 3.2 "CORS protocol"). The origins are those of
 * CORS_ORIGINS; without them, no answer has any of these headers. Cookies are never meant: a page must send the credential itself.
 */

/** What a page may send besides what it always may. */
const REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'If-Match',
  'If-None-Match',
  'X-Auth-Email',
  'X-Auth-Key',
  'x-d1-bookmark',
]
/** What the official SDK adds in browsers. Nothing here reads it. */
const SDK_HEADER = /^(?:x-stainless-[a-z-]{1,32}|api-version|user-agent)$/
/** What a page may read besides what it always may. Cloudflare adds cf-ray. */
const ANSWERED_HEADERS = `ETag, Allow, retry-after, x-should-retry, x-d1-bookmark, ${REQUEST_ID_HEADER}, cf-ray`

/** How long a browser remembers the answer to a preflight, in seconds: that long a setting that was changed may not count. [ours] */
const MAX_AGE_SECONDS = 600

/** The value of Access-Control-Allow-Origin for a request; undefined where its origin is not allowed. */
function allowedOrigin({ headers }: Request, origins: readonly string[]): string | undefined {
  const origin = headers.get('origin')
  return origin === null ? undefined : origins.find((one) => one === '*' || one === origin)
}

/** Whether a request is the preflight of one that a page of an allowed origin wants to make. */
export function isPreflight(request: Request, origins: readonly string[]): boolean {
  const { method, headers } = request
  const asks = method === 'OPTIONS' && headers.has('access-control-request-method')
  return asks && allowedOrigin(request, origins) !== undefined
}

/** The answer to a preflight of a path with these methods. */
export function preflight({ headers }: Request, methods: readonly string[]): Response {
  const asked = (headers.get('access-control-request-headers') ?? '').toLowerCase().split(/ *, */)
  const ofSdk = asked.filter((name) => SDK_HEADER.test(name))
  return new Response(null, {
    status: 204,
    headers: {
      ...ANSWER_HEADERS,
      'access-control-allow-methods': methods.join(', '),
      'access-control-allow-headers': [...REQUEST_HEADERS, ...ofSdk].join(', '),
      'access-control-max-age': String(MAX_AGE_SECONDS),
    },
  })
}

/** Lets a page of an allowed origin read an answer. */
export function allowOrigin(answer: Headers, request: Request, origins: readonly string[]): void {
  if (origins.length === 0) return
  answer.append('vary', 'Origin')
  const origin = allowedOrigin(request, origins)
  if (origin === undefined) return
  answer.set('access-control-allow-origin', origin)
  answer.set('access-control-expose-headers', ANSWERED_HEADERS)
}
