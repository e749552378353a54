import type { QuotaName } from '../core/model.ts'
import type { AccountId, Hex, UnixSeconds } from '../core/units.ts'
import { QUOTA_COLUMNS, QUOTAS_JSON_SQL } from './quotas.ts'
import type { Statement } from './statement.ts'

/** Statements that only `npm run admin` runs, on a local or a remote database: accounts, zones and credentials. */

export interface NewAccount {
  /** 32 lower-case hex digits. */
  readonly id: string
  readonly name: string
  readonly enabled: boolean
  /** Certificates the account and its zones may hold together. */
  readonly certificateQuota: number
}

export interface NewZone {
  /** 32 lower-case hex digits. */
  readonly id: string
  readonly accountId: AccountId
  /** A-label form, lower case. */
  readonly domain: string
  readonly enabled: boolean
}

export interface NewCredential {
  /** 32 lower-case hex digits. */
  readonly id: string
  readonly kind: 'token' | 'key'
  readonly name: string
  /** Lower case; for a key, and only for a key. */
  readonly email: string | null
  readonly secretSha256: Hex
  /** Unix seconds, UTC; null: no bound. */
  readonly notBefore: UnixSeconds | null
  /** Unix seconds, UTC; null: no bound. */
  readonly expiresOn: UnixSeconds | null
}

export interface NewGrant {
  readonly scope: { readonly kind: 'accounts' | 'zones'; readonly id: string }
  readonly permission: 'read' | 'write'
}

export function insertAccount(account: NewAccount, now: UnixSeconds): Statement {
  return {
    unscoped: 'operator',
    sql: 'INSERT INTO accounts (id, name, enabled, certificate_quota, created_at) VALUES (?1, ?2, ?3, ?4, ?5)',
    params: [account.id, account.name, account.enabled ? 1 : 0, account.certificateQuota, now],
  }
}

export function insertZone(zone: NewZone, now: UnixSeconds): Statement {
  return {
    unscoped: 'operator',
    sql: 'INSERT INTO zones (id, account_id, domain, enabled, created_at) VALUES (?1, ?2, ?3, ?4, ?5)',
    params: [zone.id, zone.accountId, zone.domain, zone.enabled ? 1 : 0, now],
  }
}

/** Adds a credential with its grants. Both belong in one batch: neither is of use without the other. */
export function insertCredential(
  credential: NewCredential,
  grants: readonly NewGrant[],
  now: UnixSeconds,
): readonly Statement[] {
  return [
    {
      unscoped: 'operator',
      sql: `INSERT INTO credentials (id, kind, name, email, secret_sha256, not_before, expires_on, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`,
      params: [
        credential.id,
        credential.kind,
        credential.name,
        credential.email,
        credential.secretSha256,
        credential.notBefore,
        credential.expiresOn,
        now,
      ],
    },
    ...grants.map(
      ({ scope, permission }): Statement => ({
        unscoped: 'operator',
        sql: 'INSERT INTO grants (credential_id, account_id, zone_id, permission) VALUES (?1, ?2, ?3, ?4)',
        params: [
          credential.id,
          scope.kind === 'accounts' ? scope.id : null,
          scope.kind === 'zones' ? scope.id : null,
          permission,
        ],
      }),
    ),
  ]
}

/** All quotas of an account, as JSON in `quotas`; no row where there is no such account. */
export function selectAccountQuotas(id: string): Statement {
  return {
    unscoped: 'operator',
    sql: `SELECT ${QUOTAS_JSON_SQL} AS quotas FROM accounts a WHERE a.id = ?1`,
    params: [id],
  }
}

/** Sets the given quotas. What exists beyond a lower quota stays. */
export function setQuotas(id: string, limits: Partial<Readonly<Record<QuotaName, number>>>): Statement {
  const columns = Object.entries(QUOTA_COLUMNS)
  const set = columns.map(([, { limit }], index) => `${limit} = coalesce(?${index + 2}, ${limit})`)
  return {
    unscoped: 'operator',
    sql: `UPDATE accounts SET ${set.join(', ')} WHERE id = ?1`,
    params: [id, ...columns.map(([name]) => Object.entries(limits).find(([given]) => given === name)?.[1] ?? null)],
  }
}

/** Switches Access on or off for an account (its zones included) or a zone; returns its id where there is one. */
export function setEnabled(table: 'accounts' | 'zones', id: string, enabled: boolean): Statement {
  return {
    unscoped: 'operator',
    sql: `UPDATE ${table} SET enabled = ?2 WHERE id = ?1 RETURNING id`,
    params: [id, enabled ? 1 : 0],
  }
}

/** Enables or disables a credential; returns its id and when it expires, where there is one. */
export function setCredentialStatus(id: string, kind: 'token' | 'key', status: 'active' | 'disabled'): Statement {
  return {
    unscoped: 'operator',
    sql: 'UPDATE credentials SET status = ?3 WHERE id = ?1 AND kind = ?2 RETURNING id, expires_on',
    params: [id, kind, status],
  }
}

/** Deletes a credential with its grants; returns its id where there was one. */
export function deleteCredential(id: string, kind: 'token' | 'key'): Statement {
  return {
    unscoped: 'operator',
    sql: 'DELETE FROM credentials WHERE id = ?1 AND kind = ?2 RETURNING id',
    params: [id, kind],
  }
}

/**
 * Gives a credential a new secret, which makes the old one void. Its expiry stays as it is unless `expiresOn` is given (Unix
 * seconds; null: no bound). Returns the credential; no row where it does not exist or has expired.
 */
export function rotateCredential(
  id: string,
  kind: 'token' | 'key',
  secretSha256: Hex,
  expiresOn: UnixSeconds | null | undefined,
  now: UnixSeconds,
): Statement {
  return {
    unscoped: 'operator',
    sql: `UPDATE credentials SET secret_sha256 = ?3, expires_on = CASE WHEN ?4 = 1 THEN ?5 ELSE expires_on END
      WHERE id = ?1 AND kind = ?2 AND (?4 = 1 OR expires_on IS NULL OR expires_on > ?6)
      RETURNING id, email, status, expires_on`,
    params: [id, kind, secretSha256, expiresOn === undefined ? 0 : 1, expiresOn ?? null, now],
  }
}

/** When a credential expires, in Unix seconds; no row where there is no such credential. */
export function selectExpiry(id: string, kind: 'token' | 'key'): Statement {
  return {
    unscoped: 'operator',
    sql: 'SELECT expires_on FROM credentials WHERE id = ?1 AND kind = ?2',
    params: [id, kind],
  }
}

/** All accounts, oldest first. */
export function selectAccounts(): Statement {
  return {
    unscoped: 'operator',
    sql: 'SELECT id, name, enabled, certificate_quota AS quota, created_at FROM accounts ORDER BY created_at, id',
    params: [],
  }
}

/** All zones, oldest first. */
export function selectZones(): Statement {
  return {
    unscoped: 'operator',
    sql: 'SELECT id, account_id, domain, enabled, created_at FROM zones ORDER BY created_at, id',
    params: [],
  }
}

/** All credentials of a kind with their grants, oldest first; never their secrets. */
export function selectCredentials(kind: 'token' | 'key'): Statement {
  return {
    unscoped: 'operator',
    sql: `SELECT c.id, c.name, c.email, c.status, c.not_before, c.expires_on, c.created_at,
        (SELECT json_group_array(json_object('account', g.account_id, 'zone', g.zone_id, 'permission', g.permission))
          FROM grants g WHERE g.credential_id = c.id) AS grants
      FROM credentials c WHERE c.kind = ?1 ORDER BY c.created_at, c.id`,
    params: [kind],
  }
}
