import { snakeCase } from '../../core/snake-case.ts'
import { selectQuotas } from '../../store/quotas.ts'
import type { Exchange } from '../../web/context.ts'
import { failed, success } from '../../web/envelope.ts'

/** GET /edge/v1/…/quotas: what the account, its zones included, may have and has. */
export async function getAccountQuotas({ request, claim, context }: Exchange): Promise<Response> {
  const quotas = await selectQuotas(context.db, claim)
  return quotas.ok ? success(200, snakeCase(quotas.value)) : failed(quotas.error, request)
}
