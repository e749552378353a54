import { applyD1Migrations, reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { loadHostname } from '../../support/edge.ts'
import { queryPlan } from '../../support/metered-db.ts'
import { NOW } from '../../support/pki.ts'
import { freshTenant } from '../../support/requests.ts'
import { accountRow, type Columns, certificateRow, hostnameRow, insertRow, linkRow } from '../../support/rows.ts'

/** Certificates are in the order in which they were added, independent of the clock and their ids. */

const text = async (sql: string) => (await env.DB.prepare(sql).all<{ id: string }>()).results.map(({ id }) => id)

async function addCertificate(accountId: string, more: Columns = {}): Promise<string> {
  const row = certificateRow(accountId, more)
  await insertRow('certificates', row)
  return String(row['id'])
}

/** UUIDs in the reverse order. */
const FALLING_IDS = [9, 7, 5, 3, 1].map((digit) => `${digit}0000000-0000-4000-8000-000000000000`)

describe('the schema', () => {
  it('numbers the rows of one statement in their order', async () => {
    const { accountId } = await freshTenant()
    await env.DB.prepare(
      `INSERT INTO certificates (id, account_id, name, content_sha256, created_at, updated_at)
        SELECT value, ?1, 'many', printf('%064d', key), 0, 0 FROM json_each(?2)`,
    )
      .bind(accountId, JSON.stringify(FALLING_IDS))
      .run()
    expect(await text(`SELECT id FROM certificates WHERE account_id = '${accountId}' ORDER BY sequence`)).toEqual(
      FALLING_IDS,
    )
  })

  it('gives each number once, and only from 1 on', async () => {
    const { accountId } = await freshTenant()
    const id = await addCertificate(accountId)
    const { sequence } =
      (await env.DB.prepare('SELECT sequence FROM certificates WHERE id = ?1').bind(id).first()) ?? {}
    expect(sequence).toBeGreaterThan(0)
    await expect(addCertificate(accountId, { sequence: Number(sequence) })).rejects.toThrow(/UNIQUE constraint failed/)
    await expect(addCertificate(accountId, { sequence: -1 })).rejects.toThrow(/CHECK constraint failed/)
  })
})

it('a page of keys can be read from the index alone', async () => {
  const sql = `SELECT sequence FROM certificates WHERE account_id = ?1 AND zone_id IS ?2
    ORDER BY sequence LIMIT ?3 OFFSET ?4`
  expect(await queryPlan({ sql, params: ['', null, 50, 100] })).toEqual([
    'SEARCH certificates USING COVERING INDEX certificates_of_scope (account_id=? AND zone_id=?)',
  ])
})

it('the trust of a hostname is in that order too', async () => {
  const { accountId, domain } = await freshTenant()
  const ids: string[] = []
  for (const [index, created_at] of [5, 5, 9, 1].entries()) {
    const id = await addCertificate(accountId, {
      id: `${9 - index}1111111-0000-4000-8000-000000000000`,
      created_at,
    })
    await insertRow('certificate_chain', linkRow(id))
    await insertRow('certificate_hostnames', hostnameRow(id, { hostname: domain, hostname_ascii: domain }))
    ids.push(id)
  }
  expect((await loadHostname(domain)).records?.map(({ id }) => id)).toEqual(ids)
})

// The last test, since it begins with an empty database.
it('the migration keeps certificates in the order in which they were listed, with all that belongs to them', async () => {
  const before = env.TEST_MIGRATIONS.findIndex(({ name }) => name === '0008_certificate_order.sql')
  await reset()
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS.slice(0, before))
  const account = accountRow({ certificate_quota: 100 })
  await insertRow('accounts', account)
  for (const [index, id] of FALLING_IDS.entries()) {
    await addCertificate(String(account['id']), { id, created_at: NOW - Math.floor(index / 2), pem: '' })
    await insertRow('certificate_chain', linkRow(id))
    await insertRow('certificate_hostnames', hostnameRow(id))
  }
  const listed = await text('SELECT id FROM certificates ORDER BY created_at, id')
  expect(listed.map((id) => Number(id[0]))).toEqual([1, 3, 5, 7, 9])

  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
  expect(await text('SELECT id FROM certificates ORDER BY sequence')).toEqual(listed)
  const added = await addCertificate(String(account['id']), { created_at: 0 })
  expect(await text('SELECT id FROM certificates ORDER BY sequence')).toEqual([...listed, added])
  const chains = await text('SELECT certificate_id AS id FROM certificate_chain ORDER BY 1')
  expect(chains).toEqual(FALLING_IDS.toSorted())
  expect(await text('SELECT certificate_id AS id FROM certificate_hostnames ORDER BY 1')).toEqual(chains)
})
