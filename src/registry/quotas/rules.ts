import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { type Quotas, selectQuotas } from '../../store/quotas.ts'
import { accessRefusal } from '../access.ts'
import type { Refusal } from '../refusal.ts'

/** What the scope's account, its zones included, may have and has. */
export async function getQuotas(db: Database, claim: Claim): Promise<Result<Quotas, Refusal>> {
  const { access, quotas } = await selectQuotas(db, claim)
  const denied = accessRefusal(access, claim.credential)
  if (denied !== undefined) return fail(denied)
  if (quotas === undefined) throw new Error('the scope has no account, yet the claim holds')
  return ok(quotas)
}
