import * as v from 'valibot'
import { mapOk } from '../../core/result.ts'
import { snakeCase } from '../../core/snake-case.ts'
import { selectQuotas } from '../../store/quotas.ts'
import { operation, SCOPE } from '../../web/operation.ts'
import { Count } from '../../web/shapes.ts'

const Quota = v.pipe(v.strictObject({ limit: Count, used: Count }), v.title('Quota'))

const Quotas = v.pipe(
  v.strictObject({
    certificates: Quota,
    hostnames: Quota,
    settings: Quota,
    modes: Quota,
    blocked_serials: Quota,
    crls: Quota,
    crl_entries: Quota,
  }),
  v.title('Quotas'),
)

/** The quotas of the account, its zones included, and how much of each is used. */
export const QUOTAS = [
  operation({
    namespace: 'edge',
    method: 'GET',
    path: `${SCOPE}/quotas`,
    permission: 'read',
    summary: 'Get the quotas of the account',
    status: 200,
    result: Quotas,
    async serve({ claim, context }) {
      return mapOk(await selectQuotas(context.db, claim), (quotas) => ({ result: snakeCase(quotas) }))
    },
  }),
]
