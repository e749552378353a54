import { type HttpRefusal, refusalToWire, type WireFailure } from '../api/refusals.ts'
import { ANSWER_HEADERS } from '../core/answer-headers.ts'
import type { Refusal } from '../registry/refusal.ts'
import type { Page } from './page.ts'

/** An entry of `messages`. */
export interface WireMessage {
  readonly code: number
  readonly message: string
  readonly source?: { readonly pointer: string }
  /** Only token verification has it, and only as null (contract 4). */
  readonly type?: null
}

/** Codes from here on are messages of our own (docs/errors.md). */
const FIRST_OWN_MESSAGE = 12900

/** The successful envelope (contract 2); each message of our own points at its section of the error page. */
export function success(status: SuccessStatus, result: unknown): Response
export function success(
  status: SuccessStatus,
  result: unknown,
  messages: readonly WireMessage[],
  request: Request,
): Response
export function success(
  status: SuccessStatus,
  result: unknown,
  messages: readonly WireMessage[] = [],
  request?: Request,
): Response {
  const documented = messages.map((message) =>
    request !== undefined && message.code >= FIRST_OWN_MESSAGE ? withDocumentation(message, request) : message,
  )
  return json(status, { result, success: true, errors: [], messages: documented })
}

type SuccessStatus = 200 | 201 | 202

/** The successful envelope of one page of a list (contract 2), its items in the form of the wire. */
export function successPage<T>({ items, page, perPage, total }: Page<T>, wire: (item: T) => unknown): Response {
  const result = items.map(wire)
  const result_info = {
    count: result.length,
    page,
    per_page: perPage,
    total_count: total,
    total_pages: Math.ceil(total / perPage),
  }
  return json(200, { result, success: true, errors: [], messages: [], result_info })
}

/** What was refused with which answer: a Response has no place for it. */
const refusals = new WeakMap<Response, Refusal | HttpRefusal>()

/** The failed envelope of a refusal (contract 2 and contract 4); each error points at its section of the error page. */
export function failed(refusal: Refusal | HttpRefusal, request: Request): Response {
  const response = failure(refusalToWire(refusal), request)
  refusals.set(response, refusal)
  return response
}

/** The refusal that an answer tells of; undefined where it is none. */
export function refusalOf(response: Response): Refusal | HttpRefusal | undefined {
  return refusals.get(response)
}

/** The failed envelope. */
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
