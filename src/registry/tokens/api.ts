import { rfc3339 } from '../../core/rfc3339.ts'
import type { Exchange } from '../../web/context.ts'
import { failed, success } from '../../web/envelope.ts'
import { verifyToken } from './rules.ts'

/** GET /user/tokens/verify, and the same under an account (contract 4). */
export async function getTokenVerification({ request, claim, context }: Exchange): Promise<Response> {
  // Without an account in the path there is no scope, and its id is empty.
  const account = claim.scope.id === '' ? undefined : claim.scope
  const token = await verifyToken(context.db, claim.credential, account, claim.now)
  if (!token.ok) return failed(token.error, request)
  const { id, notBefore, expiresOn } = token.value
  return success(
    200,
    {
      id,
      status: 'active',
      ...(notBefore === undefined ? {} : { not_before: rfc3339(notBefore) }),
      ...(expiresOn === undefined ? {} : { expires_on: rfc3339(expiresOn) }),
    },
    [{ code: 10000, message: 'This API Token is valid and active', type: null }],
    request,
  )
}
