/** Counters of migration 0012 with their meaning: [table, column, the number that it counts]. */
export const COUNTERS: readonly (readonly [table: string, column: string, count: string])[] = [
  ['accounts', 'certificates', 'SELECT count(*) FROM certificates WHERE account_id = t.id'],
  ['accounts', 'own_certificates', 'SELECT count(*) FROM certificates WHERE account_id = t.id AND zone_id IS NULL'],
  ['accounts', 'hostname_settings', 'SELECT count(*) FROM hostname_settings WHERE account_id = t.id'],
  ['accounts', 'hostname_modes', 'SELECT count(*) FROM hostname_modes WHERE account_id = t.id'],
  [
    'accounts',
    'blocked_serials',
    `SELECT count(*) FROM blocked_serials b JOIN certificates c ON c.id = b.certificate_id WHERE c.account_id = t.id
      AND NOT EXISTS (
        SELECT 1 FROM blocked_serials p WHERE p.certificate_id = b.certificate_id AND p.serial = '00' || b.serial)`,
  ],
  ['accounts', 'crls', "SELECT count(*) FROM crls WHERE account_id = t.id AND state = 'current'"],
  ['accounts', 'crl_entries', 'SELECT coalesce(sum(entries), 0) FROM crls WHERE account_id = t.id'],
  ['zones', 'certificates', 'SELECT count(*) FROM certificates WHERE zone_id = t.id'],
  [
    'certificates',
    'blocked_serials',
    `SELECT count(*) FROM blocked_serials b WHERE b.certificate_id = t.id AND NOT EXISTS (
        SELECT 1 FROM blocked_serials p WHERE p.certificate_id = b.certificate_id AND p.serial = '00' || b.serial)`,
  ],
  ['certificates', 'crls', "SELECT count(*) FROM crls WHERE certificate_id = t.id AND state = 'current'"],
]

/** What is counted in rows of a record or an account that `npm run chaos` looks at besides. */
export const MORE_COUNTERS: typeof COUNTERS = [
  ['accounts', 'hostnames', 'SELECT count(*) FROM hostnames WHERE account_id = t.id'],
  ['certificates', 'chain_certificates', 'SELECT count(*) FROM certificate_chain WHERE certificate_id = t.id'],
  ['certificates', 'chain_bytes', 'SELECT sum(length(der)) FROM certificate_chain WHERE certificate_id = t.id'],
]

/** Selects the rows whose counter is wrong. */
export function wrongCounterSql([table, column, count]: (typeof COUNTERS)[number]): string {
  return `SELECT '${table}.${column}' AS counter, t.id, t.${column} AS counted, (${count}) AS there
    FROM ${table} t WHERE t.${column} IS NOT (${count})`
}
