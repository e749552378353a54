import type { Database } from '../../core/config.ts'
import type { Credential, Scope } from '../../core/model.ts'
import type { UnixSeconds } from '../../core/units.ts'
import { runBatch, text, truth } from '../../store/d1.ts'

/** A token, as `/tokens/verify` shows it. Times are Unix seconds, UTC. */
export interface TokenStatus {
  readonly id: string
  readonly notBefore: UnixSeconds | undefined
  readonly expiresOn: UnixSeconds | undefined
}

/**
 * The token of a credential; undefined where it is not a token or was switched off. `permitted`: whether it has a grant in the
 * account, if one is given.
 */
export async function selectToken(
  db: Database,
  credential: Credential,
  account: Scope | undefined,
): Promise<(TokenStatus & { readonly permitted: boolean }) | undefined> {
  const [rows] = await runBatch(db, [
    {
      unscoped: 'credential',
      sql: `SELECT c.id, c.not_before, c.expires_on,
          ?3 IS NULL OR EXISTS (
            SELECT 1 FROM grants g LEFT JOIN zones z ON z.id = g.zone_id
            WHERE g.credential_id = c.id AND (g.account_id = ?3 OR z.account_id = ?3)
          ) AS permitted
        FROM credentials c
        WHERE c.secret_sha256 = ?1 AND c.kind = 'token' AND ?2 = 'token' AND c.status = 'active'`,
      params: [credential.secretSha256, credential.kind, account?.id ?? null],
    },
  ])
  const row = rows?.[0]
  if (row === undefined) return undefined
  const time = (column: string) => {
    const value = row[column]
    return typeof value === 'number' ? value : undefined
  }
  return {
    id: text(row, 'id'),
    notBefore: time('not_before'),
    expiresOn: time('expires_on'),
    permitted: truth(row, 'permitted'),
  }
}
