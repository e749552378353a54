import * as v from 'valibot'
import { failure } from '../web/envelope.ts'
import { typeMessage } from '../web/shapes.ts'
import { type Asked, OPERATIONS } from './operations.ts'
import { strictMessage } from './shapes.ts'

/** Longer than any client waits. */
const MAX_LATENCY_MS = 600_000

const wholeNumber = (from: number, to: number) =>
  v.pipe(
    v.number(typeMessage('a number')),
    v.integer('must be a whole number'),
    v.minValue(from, `must be at least ${from}`),
    v.maxValue(to, `must be at most ${to}`),
  )

/** A fault as a test orders it. What is left out of `method`, `path` and `operation` may be anything. */
export const FaultOrder = v.strictObject(
  {
    method: v.optional(v.picklist(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH'])),
    /** A path without its query; `*` stands for any text without a slash. `/client/v4` may be left out. */
    path: v.optional(v.pipe(v.string(typeMessage('a string')), v.startsWith('/', 'must begin with /'))),
    operation: v.optional(
      v.pipe(
        v.string(typeMessage('a string')),
        v.check(
          (name) => OPERATIONS.includes(name),
          () => `must be one of: ${OPERATIONS.join(', ')}`,
        ),
      ),
    ),
    /** How many requests meet it; null: all of them. */
    times: v.optional(v.nullable(wholeNumber(1, 1_000_000)), 1),
    status: v.optional(wholeNumber(400, 599)),
    code: v.optional(wholeNumber(0, 999_999)),
    message: v.optional(v.string(typeMessage('a string'))),
    latencyMs: v.optional(wholeNumber(0, MAX_LATENCY_MS)),
    cut: v.optional(v.picklist(['before', 'after'], 'must be before or after')),
    retryAfterSeconds: v.optional(wholeNumber(0, 86_400)),
  },
  strictMessage,
)
export type FaultOrder = v.InferOutput<typeof FaultOrder>

/** A fault that waits for requests. */
export type PendingFault = FaultOrder & {
  /** How many requests meet it yet; null: all. */
  left: number | null
  /** How many have met it. */
  met: number
}

/** The faults that a test has ordered, the oldest first. */
export class Faults {
  #pending: PendingFault[] = []

  add(order: FaultOrder): void {
    this.#pending.push({ ...order, left: order.times, met: 0 })
  }

  /** Those that wait, as they are now. */
  get pending(): readonly PendingFault[] {
    return this.#pending.map((fault) => ({ ...fault }))
  }

  /** Has these wait, and no others. */
  set pending(faults: readonly PendingFault[]) {
    this.#pending = faults.map((fault) => ({ ...fault }))
  }

  /** The first fault that fits a request, which has then met it once more. */
  take(request: Request, asked: Asked | undefined): PendingFault | undefined {
    const found = this.#pending.find((fault) => fits(fault, request, asked))
    if (found === undefined) return undefined
    found.met += 1
    if (found.left !== null) found.left -= 1
    if (found.left === 0) this.#pending = this.#pending.filter((fault) => fault !== found)
    return found
  }
}

function fits({ method, path, operation }: FaultOrder, request: Request, asked: Asked | undefined): boolean {
  return (
    (method === undefined || method === request.method) &&
    (operation === undefined || operation === asked?.operation) &&
    (path === undefined || pathFits(path, new URL(request.url).pathname))
  )
}

function pathFits(pattern: string, pathname: string): boolean {
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const form = new RegExp(`^${pattern.split('*').map(literal).join('[^/]+')}$`)
  return form.test(pathname) || form.test(pathname.replace(/^\/client\/v4(?=\/)/, ''))
}

/** What Cloudflare's API says with a status (contract 4), where a test does not say it. */
const SAID: Readonly<Record<number, { readonly code: number; readonly message: string }>> = {
  400: { code: 12130, message: 'access.api.error.invalid_request' },
  401: { code: 10000, message: 'Authentication error' },
  403: { code: 10000, message: 'Authentication error' },
  404: { code: 12135, message: 'access.api.error.not_found: certificate not found' },
  409: { code: 12132, message: 'access.api.error.conflict' },
  429: { code: 971, message: 'Please wait and consider throttling your request speed' },
}
const SAID_OTHERWISE = { code: 10001, message: 'access.api.error.internal_server_error' }

/** How long a client waits after a 429 that says nothing else, in seconds. */
const RETRY_AFTER_SECONDS = 1

/** The answer that a fault stands for; undefined where it only delays or cuts. */
export function faultAnswer(fault: FaultOrder, request: Request): Response | undefined {
  const { code, message, retryAfterSeconds } = fault
  const status = statusOf(fault)
  if (status === undefined) return undefined
  const said = SAID[status] ?? SAID_OTHERWISE
  const wait = retryAfterSeconds ?? (status === 429 ? RETRY_AFTER_SECONDS : undefined)
  const headers = wait === undefined ? {} : { 'retry-after': String(wait) }
  const errors = [{ code: code ?? said.code, message: message ?? said.message }]
  return failure({ status, errors, headers }, request)
}

/** The status that a fault means where it names none. */
function statusOf({ status, retryAfterSeconds, code, message, cut, latencyMs }: FaultOrder): number | undefined {
  if (status !== undefined) return status
  if (retryAfterSeconds !== undefined) return 429
  const answers = code !== undefined || message !== undefined
  return answers || (cut === undefined && latencyMs === undefined) ? 500 : undefined
}

/**
 * What a handler throws to have workerd close the connection without an answer: it does so for what it takes for a lost connection,
 * and it takes an error with this property for one.
 */
export function cutConnection(): Error {
  return Object.assign(new Error('the connection is cut: a test asked for it'), { retryable: true })
}
