import { snakeCase } from '../core/snake-case.ts'
import type { UnixSeconds } from '../core/units.ts'
import { type OperatorChange, rfc3339Sql } from './changes.ts'
import { unusedSql } from './deprovisioning.ts'
import { QUOTA_COLUMNS } from './quotas.ts'
import type { SqlValue, Statement } from './statement.ts'

/** Statements that only `npm run admin` runs: each records a change, in the transaction that makes it. */

/** Who runs a command, and when. */
export interface Operator {
  /** The name of the user at the operating system. */
  readonly name: string
  /** Unix seconds, UTC. */
  readonly now: UnixSeconds
}

interface Recorded {
  readonly operation: OperatorChange
  /** A table `o` with a row for each account, which has `account_id` and `zone_id`. Its parameters start at ?4. */
  readonly of: string
  /** On `o`. */
  readonly where: string
  /** Expressions for JSON texts. */
  readonly before: string
  readonly after: string
  readonly params: readonly SqlValue[]
}

function record({ name, now }: Operator, { operation, of, where, before, after, params }: Recorded): Statement {
  return {
    unscoped: 'operator',
    sql: `INSERT INTO changes (account_id, position, at, zone_id, actor, actor_name, operation, before, after)
      SELECT o.account_id, coalesce(chain.head, 0) + 1, max(?1, coalesce(chain.head_at, 0)), o.zone_id, 'operator', ?2, ?3,
        ${before}, ${after}
      FROM ${of} LEFT JOIN change_chains chain ON chain.account_id = o.account_id WHERE ${where}`,
    params: [now, name, operation, ...params],
  }
}

const NOUNS = { accounts: 'account', zones: 'zone' } as const
const SCOPES_SQL = {
  accounts:
    '(SELECT id, id AS account_id, NULL AS zone_id, name, enabled, certificate_quota FROM accounts WHERE id = ?4) o',
  zones: '(SELECT id, account_id, id AS zone_id, domain, enabled FROM zones WHERE id = ?4) o',
} as const
const SCOPE_JSON_SQL = {
  accounts:
    "json_object('name', o.name, 'enabled', json(iif(o.enabled, 'true', 'false')), 'quota', o.certificate_quota)",
  zones: "json_object('domain', o.domain, 'enabled', json(iif(o.enabled, 'true', 'false')))",
} as const

/** Follows `insertAccount` or `insertZone`. */
export function recordAdded(operator: Operator, table: 'accounts' | 'zones', id: string): Statement {
  return record(operator, {
    operation: `add_${NOUNS[table]}`,
    of: SCOPES_SQL[table],
    where: 'TRUE',
    before: 'NULL',
    after: SCOPE_JSON_SQL[table],
    params: [id],
  })
}

/** Stands before `deleteUnused`. */
export function recordDeletion(operator: Operator, table: 'accounts' | 'zones', id: string): Statement {
  return record(operator, {
    operation: `delete_${NOUNS[table]}`,
    of: SCOPES_SQL[table],
    where: unusedSql(table, '?4'),
    before: SCOPE_JSON_SQL[table],
    after: 'NULL',
    params: [id],
  })
}

/** Stands before `setEnabled`. */
export function recordEnabled(
  operator: Operator,
  table: 'accounts' | 'zones',
  id: string,
  enabled: boolean,
): Statement {
  const state = (value: string) => `json_object('enabled', json(iif(${value}, 'true', 'false')))`
  return record(operator, {
    operation: `${enabled ? 'enable' : 'disable'}_${NOUNS[table]}`,
    of: SCOPES_SQL[table],
    where: 'o.enabled <> ?5',
    before: state('o.enabled'),
    after: state('?5'),
    params: [id, enabled ? 1 : 0],
  })
}

/** Stands before `setQuotas`. */
export function recordQuotas(operator: Operator, id: string, limits: Readonly<Record<string, number>>): Statement {
  const given = Object.entries(QUOTA_COLUMNS).filter(([name]) => limits[name] !== undefined)
  const before = given.map(([name, { limit }]) => `'${Object.keys(snakeCase({ [name]: 0 }))[0]}', o.${limit}`)
  return record(operator, {
    operation: 'set_quotas',
    of: '(SELECT *, id AS account_id, NULL AS zone_id FROM accounts WHERE id = ?4) o',
    where: 'TRUE',
    before: `json_object(${before.join(', ')})`,
    after: '?5',
    params: [id, JSON.stringify(snakeCase(Object.fromEntries(given.map(([name]) => [name, limits[name]]))))],
  })
}

/** The credential ?4, once for each account in which it has a grant, with the grants that it has there. */
const CREDENTIAL_SQL = `(
    SELECT c.*, granted.account_id, NULL AS zone_id, json_group_array(json(granted.one)) AS grants
    FROM credentials c CROSS JOIN (
      SELECT g.credential_id, coalesce(g.account_id, z.account_id) AS account_id,
        json_object('zone_id', g.zone_id, 'permission', g.permission) AS one
      FROM grants g LEFT JOIN zones z ON z.id = g.zone_id WHERE g.credential_id = ?4
    ) granted
    WHERE c.id = ?4 AND c.kind = ?5 GROUP BY granted.account_id
  ) o`
const CREDENTIAL_JSON_SQL = `json_object('credential_id', o.id, 'kind', o.kind, 'name', o.name, 'status', o.status,
    'expires_on', ${rfc3339Sql('o.expires_on')}, 'grants', json(o.grants))`

/** Follows `insertCredential`. */
export function recordCredential(operator: Operator, id: string, kind: 'token' | 'key'): Statement {
  return record(operator, {
    operation: 'add_credential',
    of: CREDENTIAL_SQL,
    where: 'TRUE',
    before: 'NULL',
    after: CREDENTIAL_JSON_SQL,
    params: [id, kind],
  })
}

/** Stands before `setCredentialStatus`. */
export function recordStatus(
  operator: Operator,
  id: string,
  kind: 'token' | 'key',
  status: 'active' | 'disabled',
): Statement {
  return record(operator, {
    operation: status === 'active' ? 'enable_credential' : 'disable_credential',
    of: CREDENTIAL_SQL,
    where: 'o.status <> ?6',
    before: CREDENTIAL_JSON_SQL,
    after: `json_set(${CREDENTIAL_JSON_SQL}, '$.status', ?6)`,
    params: [id, kind, status],
  })
}

/** Follows `rotateCredential`. The secret is not told, nor its hash. @param secretSha256 of the new secret */
export function recordRotation(operator: Operator, id: string, kind: 'token' | 'key', secretSha256: string): Statement {
  return record(operator, {
    operation: 'rotate_credential',
    of: CREDENTIAL_SQL,
    where: 'o.secret_sha256 = ?6',
    before: 'NULL',
    after: CREDENTIAL_JSON_SQL,
    params: [id, kind, secretSha256],
  })
}

/** Stands before `deleteCredential`. */
export function recordCredentialDeletion(operator: Operator, id: string, kind: 'token' | 'key'): Statement {
  return record(operator, {
    operation: 'delete_credential',
    of: CREDENTIAL_SQL,
    where: 'TRUE',
    before: CREDENTIAL_JSON_SQL,
    after: 'NULL',
    params: [id, kind],
  })
}
