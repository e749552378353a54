import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import page from '../../docs/guides/back-up-and-upgrade.md?raw'

/**
 * Rollback: which migrations earlier code does not survive. `wrangler rollback` leaves the schema as it is, and an upgrade applies
 * migrations before it deploys. A migration that takes away what earlier code reads or writes is listed in docs/guides/back-up-and-upgrade.md.
 */

interface Column {
  readonly table: string
  readonly name: string
  readonly required: number
}

/** Every column of every table; `required`: a row must be given a value for it. */
async function columns(): Promise<ReadonlyMap<string, Column>> {
  const { results } = await env.DB_EMPTY.prepare(
    `SELECT t.name AS "table", c.name, c."notnull" AND c.dflt_value IS NULL AND NOT c.pk AS required
      FROM sqlite_schema t JOIN pragma_table_info(t.name) c
      WHERE t.type = 'table' AND t.name NOT GLOB 'sqlite_*' AND t.name NOT GLOB '_cf_*' AND t.name <> 'd1_migrations'`,
  ).all<Column>()
  return new Map(results.map((column) => [`${column.table}.${column.name}`, column]))
}

/** What earlier code misses: columns that are gone, and columns that it would have to fill. */
function missed(before: ReadonlyMap<string, Column>, after: ReadonlyMap<string, Column>): readonly string[] {
  const tables = new Set([...before.values()].map(({ table }) => table))
  const gone = [...before.keys()].filter((column) => !after.has(column))
  const toFill = [...after].filter(
    ([column, { table, required }]) => tables.has(table) && required === 1 && before.get(column)?.required !== 1,
  )
  return [...gone, ...toFill.map(([column]) => column)]
}

it('docs/guides/back-up-and-upgrade.md lists the migrations that earlier code does not run on, and no others', async () => {
  const listed = [...page.matchAll(/^\| (\d{4}) \| fails: /gm)].map(([, number]) => number)
  const breaking: Record<string, readonly string[]> = {}
  let before = await columns()
  for (const migration of env.TEST_MIGRATIONS) {
    await applyD1Migrations(env.DB_EMPTY, [migration])
    const after = await columns()
    const lost = missed(before, after)
    if (lost.length > 0) breaking[migration.name.slice(0, 4)] = lost
    before = after
  }
  expect(Object.keys(breaking)).toEqual(listed)
  expect(breaking['0007']).toContain('crls.ca_path')
  expect(breaking['0011']).toEqual(['certificates.pem', 'hostname_modes.zone_id', 'hostname_modes.by_account'])
})
