import * as v from 'valibot'
import { mapOk } from '../../core/result.ts'
import { rfc3339 } from '../../core/rfc3339.ts'
import { type Exchange, operation, SCOPE_ID } from '../../web/operation.ts'
import { ScopeId, WireTime } from '../../web/shapes.ts'
import { verifyToken } from './rules.ts'

const Token = v.pipe(
  v.strictObject({
    id: ScopeId,
    status: v.literal('active'),
    not_before: v.exactOptional(WireTime),
    expires_on: v.exactOptional(WireTime),
  }),
  v.title('Token'),
)

const SHARED = {
  namespace: 'cloudflare',
  method: 'GET',
  permission: undefined,
  status: 200,
  result: Token,
  async serve({ claim, context }: Exchange) {
    // The id is empty where the path names no account.
    const account = claim.scope.id === '' ? undefined : claim.scope
    const token = await verifyToken(context.db, claim, account)
    return mapOk(token, ({ id, notBefore, expiresOn }) => ({
      result: {
        id,
        status: 'active' as const,
        ...(notBefore === undefined ? {} : { not_before: rfc3339(notBefore) }),
        ...(expiresOn === undefined ? {} : { expires_on: rfc3339(expiresOn) }),
      },
      messages: [{ code: 10000, message: 'This API Token is valid and active', type: null }],
    }))
  },
} as const

/** Cloudflare's endpoint to verify a token, with and without an account (contract 4). */
export const TOKENS = [
  operation({ ...SHARED, path: '/user/tokens/verify', summary: 'Verify a token' }),
  operation({
    ...SHARED,
    path: `/(?<scope>accounts)${SCOPE_ID}/tokens/verify`,
    summary: 'Verify a token of an account',
  }),
]
