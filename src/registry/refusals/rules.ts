import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import { mapOk, type Result } from '../../core/result.ts'
import type { HttpRefusal } from '../../web/http-refusal.ts'
import { type AskedPage, type Page, windowOf } from '../../web/page.ts'
import type { Refusal } from '../refusal.ts'
import { type RefusedRequests, selectRefusals } from './sql.ts'

/** A page of the refused requests of the scope's account, the newest day first. */
export async function listRefusals(
  db: Database,
  claim: Claim,
  asked: AskedPage,
): Promise<Result<Page<RefusedRequests>, Refusal | HttpRefusal>> {
  const { offset, limit } = windowOf(asked)
  const listed = await selectRefusals(db, claim, offset, limit)
  return listed.ok ? mapOk(asked, (page) => ({ ...page, ...listed.value })) : listed
}
