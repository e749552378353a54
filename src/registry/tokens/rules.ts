import type { Database } from '../../core/config.ts'
import type { Claim, Scope } from '../../core/model.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { Refusal } from '../refusal.ts'
import { selectToken, type TokenStatus } from './sql.ts'

/** Verifies a token (contract 4). With an account, it must have a grant there or on one of its zones. A key is not a token. */
export async function verifyToken(
  db: Database,
  { credential, now, onCredential }: Claim,
  account: Scope | undefined,
): Promise<Result<TokenStatus, Refusal>> {
  const token = await selectToken(db, credential, account)
  if (token !== undefined) onCredential?.(token.id)
  const { notBefore = now, expiresOn = Number.POSITIVE_INFINITY } = token ?? {}
  const expiredOn = expiresOn <= now ? expiresOn : undefined
  const validFrom = notBefore > now ? notBefore : undefined
  if (token === undefined || expiredOn !== undefined || validFrom !== undefined) {
    return fail({ reason: 'unknown_token', expiredOn, validFrom })
  }
  return token.permitted ? ok(token) : fail({ reason: 'forbidden', kind: credential.kind, because: undefined })
}
