import { ANSWER_HEADERS } from '../core/answer-headers.ts'
import type { AnyAnswer, Operation } from './operation.ts'

/** An entry of `messages`. */
export interface WireMessage {
  readonly code: number
  readonly message: string
  readonly source?: { readonly pointer: string }
  /** Only token verification has it, and only as null (contract 4). */
  readonly type?: null
}

/** An entry of `errors` (contract 2). */
export interface WireError {
  readonly code: number
  readonly message: string
  readonly error_chain?: readonly { readonly code: number; readonly message: string }[]
  readonly source?: { readonly pointer: string }
}

/** A failed answer, before it becomes a Response. */
export interface WireFailure {
  readonly status: number
  readonly errors: readonly WireError[]
  readonly headers?: Readonly<Record<string, string>>
}

/** Messages with this code or a higher one are ours (docs/errors.md). */
const FIRST_OWN_MESSAGE = 12900

/**
 * The envelope of a success (contract 2). Each message of ours links to its section of the error page. What has a page of a list has
 * `result_info`. A document has no envelope.
 * @param etag of what a GET of the same path answers
 */
export function success(
  status: Operation<never>['status'],
  answer: AnyAnswer,
  request: Request,
  etag?: string,
): Response {
  const headers = etag === undefined ? {} : { etag }
  if ('document' in answer) {
    const { text, mediaType } = answer.document
    return new Response(text, { status, headers: { ...ANSWER_HEADERS, 'content-type': mediaType, ...headers } })
  }
  if ('would' in answer) {
    const { would, impact } = answer
    const envelope = { status: would.status, ...succeeded(would.result, shownMessages(would, request)) }
    return json(status, succeeded({ would: envelope, impact }, []), headers)
  }
  const messages = shownMessages(answer, request)
  const result = 'result' in answer ? answer.result : answer.page.items
  if (answer.page === undefined) return json(status, succeeded(result, messages), headers)
  const { items, page, perPage, total } = answer.page
  const result_info = {
    count: items.length,
    page,
    per_page: perPage,
    total_count: total,
    total_pages: Math.ceil(total / perPage),
  }
  return json(status, { ...succeeded(result, messages), result_info }, headers)
}

function succeeded<M>(result: unknown, messages: readonly M[]) {
  return { result, success: true, errors: [], messages }
}

function shownMessages({ messages = [] }: { readonly messages?: readonly WireMessage[] }, request: Request) {
  return messages.map((one) => (one.code >= FIRST_OWN_MESSAGE ? withDocumentation(one, request) : one))
}

/** What a client has is what is there (RFC 9110 15.4.5). */
export function notModified(etag: string): Response {
  return new Response(null, { status: 304, headers: { ...ANSWER_HEADERS, etag } })
}

/** The envelope of a failure (contract 2 and contract 4). Each error links to its section of the error page. */
export function failure({ status, errors, headers }: WireFailure, request: Request): Response {
  const documented = errors.map((error) => withDocumentation(error, request))
  return json(status, { result: null, success: false, errors: documented, messages: [] }, headers)
}

function withDocumentation<T extends { readonly code: number }>(entry: T, request: Request) {
  return { ...entry, documentation_url: `${new URL(request.url).origin}/docs/errors#${entry.code}` }
}

function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...ANSWER_HEADERS, 'content-type': 'application/json; charset=UTF-8', ...headers },
  })
}
