import type { Database } from '../config.ts'
import type { Credential, Scope } from '../model.ts'
import { fail, ok, type Result } from '../result.ts'
import { selectValidToken, type TokenStatus } from '../store/token-status.ts'
import type { Refusal } from './refusal.ts'

/** Says that a token is valid (contract 4); under an account, that it has a grant there or on one of its zones. A key is no token. */
export async function verifyToken(
  db: Database,
  credential: Credential,
  account: Scope | undefined,
  now: number,
): Promise<Result<TokenStatus, Refusal>> {
  const token = await selectValidToken(db, credential, account, now)
  if (token === undefined) return fail({ reason: 'unknown_token' })
  return token.permitted ? ok(token) : fail({ reason: 'forbidden' })
}
