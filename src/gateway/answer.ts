import { ANSWER_HEADERS, PAGE_HEADERS } from '../core/answer-headers.ts'
import { errorPage } from './error-page.ts'

/** A request that goes no further. `explanation` is for the client only where EXPLAIN asks for it. */
export interface Refusal {
  readonly status: 403 | 500 | 502 | 503
  /** Names this one answer in the log; the person who was refused can read it out. */
  readonly reference: string
  readonly explanation?: Readonly<Record<string, unknown>> | undefined
}

/** What a person reads. The first is Access's own (contract 6). */
const MESSAGES: Readonly<Record<Refusal['status'], string>> = {
  403: "Forbidden. You don't have permission to view this. Please contact your system administrator.",
  500: 'Something went wrong here. Please contact your system administrator.',
  502: 'The service behind this address could not be reached. Please try again later.',
  503: 'Access cannot be decided at the moment. Please try again in a few seconds.',
}

/** After how long a client may ask again when the trust store could not be read, in seconds: a replica's failover. */
const RETRY_AFTER_SECONDS = 5

/**
 * The answer to a request that goes no further: the JSON that Access gives (contract 6) with our reference, or a page
 * where a browser asks for one. Never kept by a cache: the next client may be another one.
 */
export function refuse(request: Request, refusal: Refusal): Response {
  const { status, reference, explanation } = refusal
  const html = prefersHtml(request.headers.get('accept'))
  const headers = {
    ...(html ? PAGE_HEADERS : ANSWER_HEADERS),
    'content-type': html ? 'text/html; charset=utf-8' : 'application/json',
    vary: 'accept',
    'access-mtls-reference': reference,
    ...(status === 503 && { 'retry-after': String(RETRY_AFTER_SECONDS) }),
  }
  const message = MESSAGES[status]
  if (html) return new Response(errorPage({ status, message, reference, explanation }), { status, headers })
  const body = { message, status_code: status, reference, ...(explanation && { reason: explanation }) }
  return new Response(JSON.stringify(body), { status, headers })
}

/** Browsers name text/html; API clients name JSON, or take anything. Weights of 0 mean "not this" (RFC 9110 12.5.1). */
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
