import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { accountRow, type Columns, certificateRow, linkRow } from '../support/rows.ts'

/** Migration 0007 with existing CRLs. */

const MIGRATION = '0007_crls_by_ca.sql'
const account = accountRow()
const certificate = certificateRow(String(account['id']), { pem: '' })
const certificateId = String(certificate['id'])

async function insert(table: string, columns: Columns): Promise<void> {
  const names = Object.keys(columns)
  await env.DB_EMPTY.prepare(`INSERT INTO ${table} (${names.join()}) VALUES (${names.map((_, i) => `?${i + 1}`)})`)
    .bind(...Object.values(columns))
    .run()
}

const { name_key: _, ca_key: __, ...oldLink } = linkRow(certificateId, { fingerprint_sha256: 'a'.repeat(64) })
const oldCrl = (id: number, more: Columns = {}): Columns => ({
  id,
  upload_id: `${id}`.padStart(36, '0'),
  certificate_id: certificateId,
  ca_fingerprint_sha256: 'a'.repeat(64),
  content_sha256: 'c'.repeat(64),
  crl_number: '7'.padStart(40, '0'),
  this_update: 1,
  next_update: 2,
  covers: 'all',
  entries: 1,
  uploaded_at: 3,
  state: 'current',
  ...more,
})

beforeAll(async () => {
  const before = env.TEST_MIGRATIONS.filter(({ name }) => name < MIGRATION)
  expect(before).toHaveLength(6)
  await applyD1Migrations(env.DB_EMPTY, before)
  await insert('accounts', account)
  await insert('certificates', certificate)
  await insert('certificate_chain', { ...oldLink, der: Uint8Array.of(0x30, 0x01, 0x02) })
  await insert('crls', oldCrl(4))
  await insert('crls', oldCrl(5, { state: 'loading' }))
  await insert('crls', oldCrl(9, { covers: 'ca' }))
  await env.DB_EMPTY.prepare('DELETE FROM crls WHERE id = 9').run()
  await insert('crl_entries', { crl_id: 4, serial: '0a', revoked_at: 1, reason: 0 })
  await applyD1Migrations(
    env.DB_EMPTY,
    env.TEST_MIGRATIONS.filter(({ name }) => name <= MIGRATION),
  )
})

const all = async (sql: string) => (await env.DB_EMPTY.prepare(sql).all()).results

describe('migration 0007', () => {
  it('keeps CRLs, with the certificate of their CA', async () => {
    const kept = { ...oldCrl(4), account_id: account['id'], issuer: 'CN=Test Root', issuer_key: '', part: '' }
    const added = { ca_key: 'a'.repeat(64), ca_path: [0x30, 0x01, 0x02] }
    const rows = await all('SELECT * FROM crls ORDER BY id')
    expect(rows).toEqual([
      { ...kept, ...added },
      { ...kept, ...added, ...oldCrl(5, { state: 'loading' }) },
    ])
    expect(await all('SELECT * FROM crl_authorities')).toEqual([
      { crl_id: 4, ca_key: 'a'.repeat(64) },
      { crl_id: 5, ca_key: 'a'.repeat(64) },
    ])
    expect(await all('SELECT name_key, ca_key FROM certificate_chain')).toEqual([{ name_key: '', ca_key: '' }])
  })

  it('deletes no entries, and never uses a number twice', async () => {
    expect(await all('SELECT crl_id FROM crl_garbage')).toEqual([{ crl_id: 9 }])
    expect(await all('SELECT crl_id, serial FROM crl_entries')).toEqual([{ crl_id: 4, serial: '0a' }])
    expect(await all("SELECT seq FROM sqlite_sequence WHERE name LIKE 'crls%'")).toEqual([{ seq: 9 }])
  })

  it('has a trigger that notes the entries of a deleted CRL', async () => {
    await env.DB_EMPTY.prepare('DELETE FROM certificates WHERE id = ?1').bind(certificateId).run()
    expect(await all('SELECT * FROM crls')).toEqual([])
    expect(await all('SELECT * FROM crl_authorities')).toEqual([])
    expect(await all('SELECT crl_id FROM crl_garbage')).toEqual([{ crl_id: 4 }, { crl_id: 5 }, { crl_id: 9 }])
  })
})
