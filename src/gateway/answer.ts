import { ANSWER_HEADERS, PAGE_HEADERS } from '../core/answer-headers.ts'
import { REQUEST_ID_HEADER } from '../core/request-id.ts'
import { errorPage } from './error-page.ts'

/** Why a request does not go on to the origin. */
export interface GatewayError {
  readonly status: 403 | 500 | 502 | 503
  /** Names the request in the log. */
  readonly requestId: string
  /** Names this answer in the log. The client reads it too, and can tell it to an administrator. */
  readonly reference: string
  /** What the client reads of the reason. */
  readonly explanation?: Readonly<Record<string, unknown>> | undefined
}

/** The text for people. That of 403 is Access's own (contract 6). */
const MESSAGES: Readonly<Record<GatewayError['status'], string>> = {
  403: "Forbidden. You don't have permission to view this. Please contact your system administrator.",
  500: 'Something went wrong. Please contact your system administrator.',
  502: 'The service behind this address could not be reached. Please try again later.',
  503: 'Your access cannot be checked at the moment. Please try again in a few seconds.',
}

/** When the trust store could not be read, how long a client waits before it asks again, in seconds: a replica's failover. */
const RETRY_AFTER_SECONDS = 5

/**
 * The answer in place of the origin's: the JSON of Access (contract 6) with our reference, or a page where a browser asks for
 * one. No cache keeps it, since the next client may be a different one.
 */
export function answerError(request: Request, { status, requestId, reference, explanation }: GatewayError): Response {
  const html = prefersHtml(request.headers.get('accept'))
  const headers = {
    ...(html ? PAGE_HEADERS : ANSWER_HEADERS),
    'content-type': html ? 'text/html; charset=utf-8' : 'application/json',
    vary: 'accept',
    'access-mtls-reference': reference,
    [REQUEST_ID_HEADER]: requestId,
    ...(status === 503 && { 'retry-after': String(RETRY_AFTER_SECONDS) }),
  }
  const message = MESSAGES[status]
  if (html) return new Response(errorPage({ status, message, reference, explanation }), { status, headers })
  const body = { message, status_code: status, reference, ...(explanation && { reason: explanation }) }
  return new Response(JSON.stringify(body), { status, headers })
}

/** Browsers name text/html; API clients name JSON, or accept anything. A weight of 0 means "not this" (RFC 9110 12.5.1). */
function prefersHtml(accept: string | null): boolean {
  const weights = new Map<string, number>()
  for (const range of (accept ?? '').toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
    const q = parameters.find((parameter) => parameter.startsWith('q='))
    weights.set(type, q === undefined ? 1 : Number(q.slice(2)))
  }
  const html = weights.get('text/html') ?? 0
  return html > 0 && html >= (weights.get('application/json') ?? 0)
}
