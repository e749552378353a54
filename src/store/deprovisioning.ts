import { OWNERS_SQL } from './hostname-owner.ts'
import type { Statement } from './statement.ts'

/**
 * An administrator can delete an account or a zone only when no row refers to it. Nothing is deleted with it, since certificates
 * and hostnames decide who is let in.
 */

/** A row for each hostname of a certificate of the account that the zone ?1 owns. */
const OWNED_BY_ZONE_SQL = `(WITH RECURSIVE wanted_hostnames(list) AS (
    SELECT json_group_array(h.hostname_ascii)
    FROM zones z
      CROSS JOIN certificates c ON c.account_id = z.account_id
      CROSS JOIN certificate_hostnames h ON h.certificate_id = c.id
    WHERE z.id = ?1 AND (h.hostname_ascii = z.domain OR substr(h.hostname_ascii, -length(z.domain) - 1) = '.' || z.domain)
  ), ${OWNERS_SQL}
  SELECT position FROM owners WHERE zone_id = ?1)`

/** The rows that can refer to the account or zone ?1, by table. A test compares these with the foreign keys of the schema. */
const USES = {
  accounts: {
    zones: 'zones WHERE account_id = ?1',
    certificates: 'certificates WHERE account_id = ?1',
    hostname_settings: 'hostname_settings WHERE account_id = ?1',
    hostname_modes: 'hostname_modes WHERE account_id = ?1',
    grants: 'grants WHERE account_id = ?1',
  },
  zones: {
    // The index begins at the account.
    certificates: 'certificates WHERE account_id = (SELECT account_id FROM zones WHERE id = ?1) AND zone_id = ?1',
    certificate_hostnames: OWNED_BY_ZONE_SQL,
    hostname_settings: 'hostname_settings WHERE zone_id = ?1',
    hostname_modes: 'hostname_modes WHERE zone_id = ?1',
    grants: 'grants WHERE zone_id = ?1',
  },
} as const

/** One row: how many rows of each table refer to an account or a zone. */
export function selectUses(table: 'accounts' | 'zones', id: string): Statement {
  const counts = Object.entries(USES[table]).map(([name, rows]) => `(SELECT count(*) FROM ${rows}) AS ${name}`)
  return { unscoped: 'operator', sql: `SELECT ${counts.join(', ')}`, params: [id] }
}

/** Whether no row refers to an account or zone. @param id an expression */
export function unusedSql(table: 'accounts' | 'zones', id: string): string {
  const rows = Object.values(USES[table]).map((used) => `NOT EXISTS (SELECT 1 FROM ${used})`)
  return rows.join(' AND ').replaceAll('?1', id)
}

/** Deletes an account or a zone that no row refers to. Returns its id if it was deleted. */
export function deleteUnused(table: 'accounts' | 'zones', id: string): Statement {
  return {
    unscoped: 'operator',
    sql: `DELETE FROM ${table} WHERE id = ?1 AND ${unusedSql(table, '?1')} RETURNING id`,
    params: [id],
  }
}
