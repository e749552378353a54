import type { Database } from '../core/config.ts'
import type { Claim, Credential } from '../core/model.ts'
import { fail, ok, type Result } from '../core/result.ts'
import type { UnixSeconds } from '../core/units.ts'
import { number, oneOf, type Row, runBatch, text, truth } from './d1.ts'
import type { ScopedParams, SqlValue } from './statement.ts'

/**
 * Who asks, and what they may do. Every statement of a request starts with these common table expressions. A write then happens
 * only if the credential is valid in its own transaction, in one round trip and without a read before it. ?1 to ?7 are theirs
 * (`accessParams`); a statement's own parameters start at ?8.
 *
 * `access` has one row, or none when the credential is unknown. For a scope that does not exist, `account_id` is NULL and
 * `permitted` 0, as for another tenant's scope, so ids cannot be probed. `other_kind` is the kind of the id where the path names
 * the other kind, and the credential has a grant on the account, which covers both.
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

/** Whether the credential may write in the whole account, not only in the zone. */
export const BY_ACCOUNT_SQL = `EXISTS (
    SELECT 1 FROM grants g
    WHERE g.credential_id = access.credential_id AND g.account_id = access.account_id AND g.permission = 'write'
  )`

/** The values of ?1 to ?7, then a statement's own. */
export function accessParams(claim: Claim, ...own: readonly SqlValue[]): ScopedParams {
  const { credential, scope, permission, now } = claim
  const email = credential.kind === 'key' ? credential.email : null
  const values = [credential.secretSha256, credential.kind, email, scope.kind, scope.id, now, permission, ...own]
  return values as readonly SqlValue[] as ScopedParams
}

/** The same values, with more of the statement's own. */
export function moreParams(params: ScopedParams, ...own: readonly SqlValue[]): ScopedParams {
  return [...params, ...own] as readonly SqlValue[] as ScopedParams
}

/** It is unknown or switched off, or has expired, or is not valid yet. */
export type UnknownCredential = { readonly reason: 'unknown_credential'; readonly kind: Credential['kind'] } & Lapse

/** Why a claim does not hold (contract 4.1). */
export type Denied =
  | UnknownCredential
  /** `account`, `zone`: the kind of the id, where the path names the other kind and the credential may use both. */
  | {
      readonly reason: 'forbidden'
      readonly kind: Credential['kind']
      readonly because: 'read_only' | 'account' | 'zone' | undefined
    }
  | { readonly reason: 'not_enabled' }

/** When a credential expired, or from when it is valid. Unix seconds, UTC. */
export interface Lapse {
  readonly expiredOn: UnixSeconds | undefined
  readonly validFrom: UnixSeconds | undefined
}

/**
 * What a statement found. It cannot be read before access is settled: `read` gets the row only if the claim holds. The row has
 * the columns of `access`; it is missing where the credential is unknown.
 */
export function whenGranted<T>(claim: Claim, row: Row | undefined, read: (row: Row) => T): Result<T, Denied> {
  const known = whenValid(claim, row, (valid) => valid)
  if (!known.ok) return known
  const { kind } = claim.credential
  if (!truth(known.value, 'permitted')) return fail({ reason: 'forbidden', kind, because: whyForbidden(known.value) })
  return truth(known.value, 'enabled') ? ok(read(known.value)) : fail({ reason: 'not_enabled' })
}

/**
 * The same for what depends on the credential alone: `read` gets the row only if the credential is valid. It decides by `permitted`
 * or by grants what the credential may see.
 */
export function whenValid<T>(claim: Claim, row: Row | undefined, read: (row: Row) => T): Result<T, UnknownCredential> {
  if (row !== undefined) claim.onCredential?.(text(row, 'credential_id'))
  if (row !== undefined && number(row, 'valid') === 1) return ok(read(row))
  return fail({ reason: 'unknown_credential', kind: claim.credential.kind, ...lapseFrom(row) })
}

/** The holder of a secret is told that it expired, but not that it was switched off: the holder may be the reason. */
function lapseFrom(row: Row | undefined): Lapse {
  const time = (column: string) => (typeof row?.[column] === 'number' ? row[column] : undefined)
  return { expiredOn: time('expired_on'), validFrom: time('valid_from') }
}

function whyForbidden(row: Row) {
  if (truth(row, 'readable')) return 'read_only' as const
  return row['other_kind'] === null ? undefined : oneOf(row, 'other_kind', ['account', 'zone'] as const)
}

/** Whether a claim holds, for requests that must know it before they do anything else. */
export async function selectAccess(db: Database, claim: Claim): Promise<Result<void, Denied>> {
  const [rows] = await runBatch(db, [{ sql: `WITH ${ACCESS_SQL} SELECT * FROM access`, params: accessParams(claim) }])
  return whenGranted(claim, rows?.[0], () => undefined)
}
