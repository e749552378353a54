import { fail, mapOk, type Result } from '../core/result.ts'
import type { Refusal } from '../registry/refusal.ts'
import { selectAccess } from '../store/access.ts'
import { readDryRun, readOnly } from '../web/dry-run.ts'
import type { HttpRefusal } from '../web/http-refusal.ts'
import type { AnyAnswer, Exchange } from '../web/operation.ts'
import { serveBound } from './precondition.ts'
import type { ROUTES } from './routes.ts'

type Served = (typeof ROUTES)[number]
type Outcome = Result<AnyAnswer, Refusal | HttpRefusal>

/** Whether a request asks for a dry run, in the right form. */
export function isDryRun({ permission }: Served, query: URLSearchParams): boolean {
  const asked = permission === 'write' ? readDryRun(query) : undefined
  return asked?.ok === true && asked.value
}

/**
 * Serves an operation, or its dry run where the query asks for one. A route that writes and has no dry run refuses: what was meant as
 * a dry run is never carried out. Whether the client has access is told first.
 */
export async function serveAsked(one: Served, exchange: Exchange<never>): Promise<Outcome> {
  const asked = one.permission === 'write' ? readDryRun(exchange.query) : undefined
  if (asked === undefined || (asked.ok && !asked.value)) return await serveBound(one, exchange)
  const { context, claim } = exchange
  const { dryRun } = one
  if (!asked.ok || dryRun === undefined) {
    const access = await selectAccess(context.db, claim)
    if (!access.ok) return access
    return asked.ok ? fail({ reason: 'dry_run', because: 'route' }) : asked
  }
  const serve = async (bound: Exchange<never>): Promise<Outcome> =>
    mapOk(await dryRun(bound), ({ would, impact }) => ({ would: { status: one.status, ...would }, impact }))
  return await serveBound({ ...one, serve }, { ...exchange, context: { ...context, db: readOnly(context.db) } })
}
