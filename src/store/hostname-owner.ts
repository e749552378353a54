import type { Claim, Scope, ScopeDomains } from '../core/model.ts'
import { GRANTED_SQL } from './access.ts'
import { type Row, text } from './d1.ts'

/**
 * `wanted_hostnames(list)`: one row with the names to look up, in A-label form. It has no row where the claim does not hold, so
 * that a credential without a permission cannot make the database look up hundreds of names.
 * @param list a JSON array, as an expression on `access`
 */
export const wantedHostnamesSql = (list: string) =>
  `wanted_hostnames(list) AS (SELECT ${list} FROM access WHERE ${GRANTED_SQL})`

/**
 * The owner of a hostname is the zone whose domain is the longest suffix of the name, label by label. A nested zone takes its
 * part out of the outer one, even when it belongs to another account.
 *
 * Needs `wanted_hostnames(list)`. The recursion cuts one label at a time, so each step is one look-up in the unique index on
 * `zones.domain` (a LIKE would scan all zones, and D1 caps its pattern at 50 bytes; CROSS JOIN keeps SQLite from doing so by
 * itself). `owners(position, zone_id, account_id)` has a row for each name that has an owner; SQLite takes the other columns from
 * the row that has the maximum.
 */
export const OWNERS_SQL = `
  suffixes(position, suffix) AS (
    SELECT key, value FROM wanted_hostnames, json_each(wanted_hostnames.list)
    UNION ALL
    SELECT position, substr(suffix, instr(suffix, '.') + 1) FROM suffixes WHERE instr(suffix, '.') > 0
  ),
  owners AS (
    SELECT position, z.id AS zone_id, z.account_id AS account_id, max(length(z.domain))
    FROM suffixes CROSS JOIN zones z ON z.domain = suffix GROUP BY position
  )`

/**
 * Whether a setting or mode is of the scope. False where the claim does not hold. Needs `access`.
 * @param row has account_id and zone_id
 * @param kind the kind of the scope: each has an index of its own
 */
export const isOfScopeSql = (row: string, kind: Scope['kind']) => `
  ${row}.account_id = (SELECT account_id FROM access WHERE ${GRANTED_SQL})
  ${kind === 'zones' ? `AND ${row}.zone_id = (SELECT zone_id FROM access)` : ''}`

/** The same, and whether it counts. @param row has hostname_ascii and by_account too */
export const isOwnSql = (row: string, kind: Scope['kind']) => `${isOfScopeSql(row, kind)} AND ${countsSql(row)}`

/**
 * `foreign_hostnames(position)`: the wanted names outside of the scope. They belong to no zone, to another account, or, if the
 * scope is a zone, to another zone. Needs `access` as well.
 */
export const FOREIGN_HOSTNAMES_SQL = `${OWNERS_SQL},
  foreign_hostnames(position) AS (
    SELECT h.key
    FROM wanted_hostnames, json_each(wanted_hostnames.list) h
      JOIN access ON TRUE
      LEFT JOIN owners o ON o.position = h.key
    WHERE (o.account_id = access.account_id AND (access.zone_id IS NULL OR o.zone_id = access.zone_id)) IS NOT TRUE
  )`

/** How many domains a client is told of. */
const MAX_DOMAINS = 10

/** `zones z` of the scope. */
const SCOPES_ZONES_SQL =
  'zones z WHERE z.account_id = access.account_id AND (access.zone_id IS NULL OR z.id = access.zone_id)'

/** The column `scope_domains`, beside `access`: the domains of the scope. @param condition looked up only if it is true */
export const scopeDomainsSql = (condition: string) => `CASE WHEN ${condition} THEN (
    SELECT json_object(
      'total', (SELECT count(*) FROM ${SCOPES_ZONES_SQL}),
      'domains', (SELECT json_group_array(domain)
        FROM (SELECT z.domain FROM ${SCOPES_ZONES_SQL} ORDER BY z.domain LIMIT ${MAX_DOMAINS})))
  ) END AS scope_domains`

/** Reads scopeDomainsSql. It has no domains where they were not looked up. */
export function scopeDomainsFrom(row: Row | undefined, { scope: { kind } }: Claim): ScopeDomains {
  const found = typeof row?.['scope_domains'] === 'string' ? JSON.parse(text(row, 'scope_domains')) : {}
  return { kind, domains: found.domains ?? [], total: found.total ?? 0 }
}

/**
 * Whether a setting or mode counts. A zone's token must not weaken what a certificate of the account itself protects: what it
 * set earlier does not count while there is such a certificate.
 * @param row has account_id, hostname_ascii and by_account
 */
export const countsSql = (row: string) => `(${row}.by_account OR NOT ${hasAccountCertificateSql(row)})`

/** Whether a certificate of the account itself is associated with the hostname of `row`. */
export const hasAccountCertificateSql = (row: string) => `EXISTS (
    SELECT 1 FROM certificate_hostnames h CROSS JOIN certificates c ON c.id = h.certificate_id
    WHERE h.hostname_ascii = ${row}.hostname_ascii AND c.account_id = ${row}.account_id AND c.zone_id IS NULL
  )`
