import { env } from 'cloudflare:workers'

/** All rows of all tables as texts. Entries of a CRL, which are many, are one row together. */
export type Dump = readonly string[]

/** Tables that say nothing of what the API keeps: what workerd keeps itself, and the next number of each sequence. */
const NOT_OURS = /^(?:_cf_|sqlite_|d1_)/

export async function dumpDatabase(): Promise<Dump> {
  const { results: tables } = await env.DB.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all<{
    name: string
  }>()
  const names = tables.map(({ name }) => name).filter((name) => !NOT_OURS.test(name))
  const batch = await env.DB.batch(names.map((name) => env.DB.prepare(selectSql(name))))
  return batch.flatMap(({ results }, i) => results.map((row) => `${names[i]} ${JSON.stringify(row)}`))
}

function selectSql(table: string): string {
  if (table !== 'crl_entries') return `SELECT * FROM "${table}"`
  return `SELECT crl_id, count(*) AS n, min(serial) AS least, max(serial) AS greatest, sum(revoked_at) AS dates
    FROM crl_entries GROUP BY crl_id`
}

/** Columns whose numbers are those of this run alone: of sequences, and lengths of what has signatures or names in it. */
const OWN_NUMBERS = /"(?:id|crl_id|sequence|bytes|unsealed_bytes|chain_bytes)":\d+/g

/**
 * The rows that came (+) and went (-) between two dumps, in a form that is the same for every tenant to whom the same happened: without
 * ids, hashes, keys and the tenant's domain.
 */
export function difference(before: Dump, after: Dump): Dump {
  const [old, now] = [new Set(before), new Set(after)]
  const gone = before.filter((row) => !now.has(row)).map(general)
  const come = after.filter((row) => !old.has(row)).map(general)
  const lasting = new Set(gone.filter((row) => come.includes(row)))
  const sign = (rows: Dump, mark: string) => rows.filter((row) => !lasting.has(row)).map((row) => `${mark} ${row}`)
  return [...sign(gone, '-'), ...sign(come, '+')].sort()
}

function general(row: string): string {
  return row
    .replace(/\[(?:\d+,){15,}\d+\]/g, '<octets>')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, '<uuid>')
    .replace(/[0-9a-fA-F]{32,}/g, '<hex>')
    .replace(/\bt\d+\.example/g, '<domain>')
    .replace(/(serial_?number|trust_version)(\W+)[0-9a-f]+/gi, '$1$2<hex>')
    .replace(OWN_NUMBERS, '"<own>":0')
}
