import type { Database } from '../core/config.ts'
import type { Claim, Credential } from '../core/model.ts'
import { fail, ok, type Result } from '../core/result.ts'
import type { UnixSeconds } from '../core/units.ts'
import { number, oneOf, type Row, runBatch, truth } from './d1.ts'
import type { ScopedParams, SqlValue } from './statement.ts'

/**
 * Who is asking, and what they may do. Every statement of a request starts with these common table expressions, so
 * that a write is carried out only when the credential holds at that very moment, in one round trip and without a
 * read before it. Parameters ?1 to ?7 belong to it (`accessParams`); a statement's own start at ?8.
 *
 * `access` has no row when the credential is unknown, and one otherwise. A scope that does not exist leaves
 * `account_id` NULL and `permitted` 0: the same as another tenant's, so that ids cannot be probed. `other_kind` says
 * what the id is of, where it is of a zone in place of an account, or the other way round, and the credential has a grant on
 * that account, which covers both.
 */
export const ACCESS_SQL = `
  scope AS (
    SELECT id AS account_id, NULL AS zone_id, certificate_quota AS quota, enabled
      FROM accounts WHERE ?4 = 'accounts' AND id = ?5
    UNION ALL
    SELECT a.id, z.id, a.certificate_quota, a.enabled AND z.enabled
      FROM zones z JOIN accounts a ON a.id = z.account_id WHERE ?4 = 'zones' AND z.id = ?5
  ),
  access AS (
    SELECT
      c.status = 'active'
        AND (c.not_before IS NULL OR c.not_before <= ?6)
        AND (c.expires_on IS NULL OR c.expires_on > ?6) AS valid,
      EXISTS (
        SELECT 1 FROM grants g
        WHERE g.credential_id = c.id
          AND (g.account_id = s.account_id OR g.zone_id = s.zone_id)
          AND (g.permission = 'write' OR ?7 = 'read')
      ) AS permitted,
      c.id AS credential_id, s.enabled, s.account_id, s.zone_id, s.quota,
      CASE WHEN c.status = 'active' AND c.expires_on <= ?6 THEN c.expires_on END AS expired_on,
      CASE WHEN c.status = 'active' AND c.not_before > ?6 THEN c.not_before END AS valid_from,
      ?7 = 'write' AND EXISTS (
        SELECT 1 FROM grants g
        WHERE g.credential_id = c.id AND (g.account_id = s.account_id OR g.zone_id = s.zone_id)
      ) AS readable,
      CASE WHEN s.account_id IS NULL AND EXISTS (
        SELECT 1 FROM grants g
        WHERE g.credential_id = c.id AND g.account_id = CASE ?4
          WHEN 'zones' THEN ?5 ELSE (SELECT account_id FROM zones WHERE id = ?5) END
      ) THEN CASE ?4 WHEN 'zones' THEN 'account' ELSE 'zone' END END AS other_kind
    FROM credentials c LEFT JOIN scope s ON TRUE
    WHERE c.secret_sha256 = ?1 AND c.kind = ?2 AND c.email IS ?3
  )`

/** The condition on `access` under which a request may act. */
export const GRANTED_SQL = 'access.valid AND access.permitted AND access.enabled'

/** Whether the credential may write in all of the account, and not in the zone alone. */
export const BY_ACCOUNT_SQL = `EXISTS (
    SELECT 1 FROM grants g
    WHERE g.credential_id = access.credential_id AND g.account_id = access.account_id AND g.permission = 'write'
  )`

/** Values of ?1 to ?7, and a statement's own. */
export function accessParams(claim: Claim, ...own: readonly SqlValue[]): ScopedParams {
  const { credential, scope, permission, now } = claim
  const email = credential.kind === 'key' ? credential.email : null
  const values = [credential.secretSha256, credential.kind, email, scope.kind, scope.id, now, permission, ...own]
  return values as readonly SqlValue[] as ScopedParams
}

/** The same values, and more of the statement's own. */
export function moreParams(params: ScopedParams, ...own: readonly SqlValue[]): ScopedParams {
  return [...params, ...own] as readonly SqlValue[] as ScopedParams
}

/** Why a claim does not hold (contract 4.1). */
export type Denied =
  /** Unknown, switched off, or known, and now is not its time. */
  | ({ readonly reason: 'unknown_credential'; readonly kind: Credential['kind'] } & Lapse)
  /** `account`, `zone`: the id is that of one, in place of the other, and the credential has both. */
  | {
      readonly reason: 'forbidden'
      readonly kind: Credential['kind']
      readonly because: 'read_only' | 'account' | 'zone' | undefined
    }
  | { readonly reason: 'not_enabled' }

/** When a credential was active until, or will be from. Unix seconds, UTC. */
export interface Lapse {
  readonly expiredOn: UnixSeconds | undefined
  readonly validFrom: UnixSeconds | undefined
}

/**
 * What a statement found, which nobody sees before the claim holds: `read` gets the row only then. The row has the columns of
 * `access`; there is none where the credential is unknown.
 */
export function whenGranted<T>(claim: Claim, row: Row | undefined, read: (row: Row) => T): Result<T, Denied> {
  const { kind } = claim.credential
  if (row === undefined || number(row, 'valid') !== 1)
    return fail({ reason: 'unknown_credential', kind, ...lapseFrom(row) })
  if (!truth(row, 'permitted')) return fail({ reason: 'forbidden', kind, because: whyForbidden(row) })
  return truth(row, 'enabled') ? ok(read(row)) : fail({ reason: 'not_enabled' })
}

/** Who holds a secret is told that it is not its time. That it was switched off nobody is told: its holder may be why. */
function lapseFrom(row: Row | undefined): Lapse {
  const time = (column: string) => (typeof row?.[column] === 'number' ? row[column] : undefined)
  return { expiredOn: time('expired_on'), validFrom: time('valid_from') }
}

function whyForbidden(row: Row) {
  if (truth(row, 'readable')) return 'read_only' as const
  return row['other_kind'] === null ? undefined : oneOf(row, 'other_kind', ['account', 'zone'] as const)
}

/** Whether a claim holds, where that has to be known before anything else is done. */
export async function selectAccess(db: Database, claim: Claim): Promise<Result<void, Denied>> {
  const [rows] = await runBatch(db, [{ sql: `WITH ${ACCESS_SQL} SELECT * FROM access`, params: accessParams(claim) }])
  return whenGranted(claim, rows?.[0], () => undefined)
}
