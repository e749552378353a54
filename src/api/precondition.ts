import type { Claim } from '../core/model.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { pruneChanges, sealChanges } from '../registry/changes/keep.ts'
import type { Refusal } from '../registry/refusal.ts'
import { changeObstacle, selectHead } from '../store/changes.ts'
import { MAX_BODY_BYTES } from '../web/body.ts'
import { etagOf, ifMatchHolds } from '../web/etag.ts'
import type { HttpRefusal } from '../web/http-refusal.ts'
import type { AnyAnswer, Exchange } from '../web/operation.ts'
import { ROUTES } from './routes.ts'

type Served = (typeof ROUTES)[number]
type AnyRefusal = Refusal | HttpRefusal

/** How often a write with If-Match is tried, where other changes of the account come between its check and its write. */
const CONDITIONAL_ATTEMPTS = 3

/** Serves an operation under what If-Match asks for, and under what the record of changes allows. */
export async function serveBound(one: Served, exchange: Exchange<never>): Promise<Result<AnyAnswer, AnyRefusal>> {
  const attempts = isConditional(exchange.request) ? CONDITIONAL_ATTEMPTS : 1
  for (let left = attempts; ; left -= 1) {
    try {
      const once = left > 1 ? { ...exchange, request: exchange.request.clone() } : exchange
      const bound = await bindToTag(one, once)
      return bound.ok ? await one.serve({ ...once, claim: bound.value }) : bound
    } catch (error) {
      const refusal = await refusalOf(error, exchange)
      if (refusal === undefined) throw error
      if (refusal.reason === 'changes_unsealed' || left === 1) return fail(refusal)
    }
  }
}

/** Whether a request is tried again: it has If-Match, and a body that there is room for twice. */
function isConditional({ headers }: Request): boolean {
  return headers.has('if-match') && Number(headers.get('content-length') ?? 0) <= MAX_BODY_BYTES
}

/** Why the record of changes refused a write; undefined for other errors. Where no cron trigger seals, the writes do. */
async function refusalOf(error: unknown, { context }: Exchange): Promise<AnyRefusal | undefined> {
  switch (changeObstacle(error)) {
    case 'unexpected':
      return { reason: 'precondition_failed', because: { why: 'meanwhile' } }
    case 'unsealed':
      await sealChanges(context.db)
      await pruneChanges(context.db, context.now)
      return { reason: 'changes_unsealed', retryAfterSeconds: 1 }
    default:
      return undefined
  }
}

/**
 * Checks If-Match of a PUT or DELETE (RFC 9110 13.1.1) against what a GET of the same path answers now, and binds the claim to
 * the account's newest change: if another change comes between, the write is refused (`expects`). Two round trips, only for
 * clients that send the field.
 */
async function bindToTag(one: Served, exchange: Exchange<never>): Promise<Result<Claim, AnyRefusal>> {
  const { request, claim, context } = exchange
  const field = request.headers.get('if-match')
  if (field === null || (one.method !== 'PUT' && one.method !== 'DELETE')) return ok(claim)
  const head = await selectHead(context.db, claim)
  if (!head.ok) return head
  const reader = ROUTES.find(({ method, path, namespace }) => {
    return method === 'GET' && path === one.path && namespace === one.namespace
  })
  if (reader === undefined) return fail({ reason: 'precondition_failed', because: { why: 'no_tag' } })
  const current = await reader.serve(exchange)
  if (!current.ok) return current
  const etag = await etagOf(current.value, reader.untagged)
  if (!ifMatchHolds(field, etag)) return fail({ reason: 'precondition_failed', because: { why: 'changed', etag } })
  return ok({ ...claim, expects: head.value })
}
