import { env } from 'cloudflare:workers'

/**
 * Statistics with which SQLite makes its plans: the rows of each table, and the number of different values of a column. A column
 * that is not named has a different value in each row.
 */
export type Statistics = Readonly<
  Record<string, { readonly rows: number; readonly values?: Readonly<Record<string, number>> }>
>

/** A database with this number of accounts, each with this number of zones, and a million certificates in all. */
export function millionCertificates(accounts: number): Statistics {
  const zones = 10_000
  const ofAccount = { account_id: accounts, zone_id: zones }
  const ofCertificate = { certificate_id: 1_000_000 }
  const cas = 100_000
  return {
    accounts: { rows: accounts },
    zones: { rows: zones, values: ofAccount },
    credentials: { rows: 20_000 },
    grants: { rows: 20_000, values: { ...ofAccount, credential_id: 20_000 } },
    certificates: { rows: 1_000_000, values: ofAccount },
    certificate_chain: {
      rows: 2_000_000,
      values: { account_id: accounts, ...ofCertificate, name_key: cas, ca_key: cas, key_sha256: cas, position: 2 },
    },
    certificate_hostnames: { rows: 1_000_000, values: { ...ofCertificate, hostname_ascii: 500_000, position: 10 } },
    hostnames: { rows: 500_000, values: { ...ofAccount, hostname_ascii: 500_000 } },
    hostname_settings: { rows: 500_000, values: ofAccount },
    hostname_modes: { rows: 100_000, values: ofAccount },
    revocation_policies: { rows: 100_000, values: ofCertificate },
    crl_fetches: { rows: 100_000, values: { ...ofCertificate, account_id: accounts, next_at: 50_000 } },
    blocked_serials: { rows: 1_000_000, values: { certificate_id: 100_000 } },
    crls: {
      rows: 100_000,
      values: { ...ofAccount, certificate_id: cas, issuer_key: cas, ca_key: cas, covers: 2, part: 2 },
    },
    crl_authorities: { rows: 200_000, values: { crl_id: 100_000, ca_key: cas } },
    crl_entries: { rows: 10_000_000, values: { crl_id: 100_000 } },
    crl_garbage: { rows: 1_000, values: ofAccount },
    change_chains: { rows: accounts },
    changes: { rows: 5_000_000, values: { ...ofAccount, certificate_id: 1_000_000, actor_id: 20_000, at: 4_000_000 } },
    change_hostnames: { rows: 5_000_000, values: { account_id: accounts, hostname_ascii: 500_000 } },
    refusals: { rows: 500_000, values: { account_id: accounts, day: 90 } },
    refusal_days: { rows: 90 },
    notice_runs: { rows: 1 },
    client_hostnames: { rows: 100_000, values: { zone_id: zones, swept_day: 2 } },
    clients: { rows: 5_000_000, values: { hostname_id: 100_000 } },
    client_certificates: { rows: 5_000_000, values: { account_id: accounts, day: 60 } },
    client_anchors: { rows: 1_000_000, values: { hostname_id: 100_000, day: 30 } },
    client_pace: { rows: 1 },
    deleted_records: { rows: 100_000, values: ofAccount },
    deleted_crls: { rows: 10_000, values: ofAccount },
  }
}

/** An index, with its columns in order. */
interface Index {
  readonly name: string
  readonly columns: readonly string[]
}

/** Replaces the results of ANALYZE with these statistics. Returns the tables without statistics. */
export async function believe(statistics: Statistics): Promise<readonly string[]> {
  const unknown: string[] = []
  const rows: (readonly [table: string, index: string | null, stat: string])[] = []
  for (const table of await ownTables()) {
    const stated = statistics[table]
    if (stated === undefined) unknown.push(table)
    else {
      const indexes = await indexesOf(table)
      rows.push([table, null, String(stated.rows)])
      for (const index of indexes) rows.push([table, index.name, statOf(stated, index)])
    }
  }
  // Creates the table of statistics.
  await env.DB.prepare('ANALYZE').run()
  await env.DB.batch([
    env.DB.prepare('DELETE FROM sqlite_stat1'),
    ...rows.map((row) => env.DB.prepare('INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?1, ?2, ?3)').bind(...row)),
  ])
  // Makes SQLite read it.
  await env.DB.prepare('ANALYZE sqlite_schema').run()
  return unknown
}

/** The tables that migrations made. */
async function ownTables(): Promise<readonly string[]> {
  const sql = "SELECT name FROM sqlite_schema WHERE type = 'table'"
  const tables = (await env.DB.prepare(sql).all<{ name: string }>()).results.map(({ name }) => name)
  return tables.filter((name) => !/^(?:sqlite_|_cf_|d1_)/.test(name))
}

/** A table without rowid is the index of its primary key, and has the name of that index in statistics. */
async function indexesOf(table: string): Promise<readonly Index[]> {
  type Listed = { name: string; origin: string }
  const { results } = await env.DB.prepare(`PRAGMA index_list('${table}')`).all<Listed>()
  const bare = await env.DB.prepare("SELECT sql LIKE '%WITHOUT ROWID%' AS bare FROM sqlite_schema WHERE name = ?1")
    .bind(table)
    .first<number>('bare')
  const indexes: Index[] = []
  for (const { name, origin } of results) {
    const columns = await env.DB.prepare(`PRAGMA index_info('${name}')`).all<{ name: string }>()
    indexes.push({
      name: origin === 'pk' && bare === 1 ? table : name,
      columns: columns.results.map((one) => one.name),
    })
  }
  return indexes
}

/** The number of rows, and of rows with equal values in the first column, in the first two, and so on (sqlite_stat1.stat). */
function statOf({ rows, values = {} }: Statistics[string], { columns }: Index): string {
  let different = 1
  const same = columns.map((column) => {
    different = Math.min(rows, different * (values[column] ?? rows))
    return Math.ceil(rows / different)
  })
  return [rows, ...same].join(' ')
}
