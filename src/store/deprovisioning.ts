import type { Statement } from './statement.ts'

/**
 * How an administrator deletes an account or a zone: only when nothing hangs on it any more. Nothing is deleted along:
 * certificates and hostnames decide who gets in somewhere.
 */

/** `name` is `domain` or lies under it. Both are A-labels in lower case. */
const under = (name: string, domain: string) =>
  `(${name} = ${domain} OR substr(${name}, -length(${domain}) - 1) = '.' || ${domain})`

/** Of rows `t` with a hostname, in the account `account`: those whose hostname the zone ?1 owns (`hostname-owner.ts`). */
const ownedByZone = (rows: string, account: string) => `
  ${rows} JOIN zones z ON z.id = ?1 AND z.account_id = ${account}
  WHERE ${under('t.hostname_ascii', 'z.domain')} AND NOT EXISTS (
    SELECT 1 FROM zones nested WHERE nested.id <> z.id
      AND ${under('nested.domain', 'z.domain')} AND ${under('t.hostname_ascii', 'nested.domain')}
  )`

/** What may hang on the account or zone ?1, by table. A test holds these to the foreign keys of the schema. */
const USES = {
  accounts: {
    zones: 'zones WHERE account_id = ?1',
    certificates: 'certificates WHERE account_id = ?1',
    hostname_settings: 'hostname_settings WHERE account_id = ?1',
    hostname_modes: 'hostname_modes WHERE account_id = ?1',
    grants: 'grants WHERE account_id = ?1',
  },
  zones: {
    certificates: 'certificates WHERE zone_id = ?1',
    certificate_hostnames: ownedByZone(
      'certificate_hostnames t JOIN certificates c ON c.id = t.certificate_id',
      'c.account_id',
    ),
    hostname_settings: 'hostname_settings WHERE zone_id = ?1',
    hostname_modes: 'hostname_modes WHERE zone_id = ?1',
    grants: 'grants WHERE zone_id = ?1',
  },
} as const

/** One row: how many rows of each table hang on an account or a zone. */
export function selectUses(table: 'accounts' | 'zones', id: string): Statement {
  const counts = Object.entries(USES[table]).map(([name, rows]) => `(SELECT count(*) FROM ${rows}) AS ${name}`)
  return { sql: `SELECT ${counts.join(', ')}`, params: [id] }
}

/** Deletes an account or a zone on which nothing hangs; returns its id where it did. */
export function deleteUnused(table: 'accounts' | 'zones', id: string): Statement {
  const unused = Object.values(USES[table]).map((rows) => `NOT EXISTS (SELECT 1 FROM ${rows})`)
  return { sql: `DELETE FROM ${table} WHERE id = ?1 AND ${unused.join(' AND ')} RETURNING id`, params: [id] }
}
