import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import { accountRow, type Columns, certificateRow, linkRow } from '../support/rows.ts'

/** Certificates that were registered before migration 0018 get their account, and wait for the hash of their key. */

const MIGRATION = '0018_read_back.sql'
const account = accountRow()
const record = certificateRow(String(account['id']))
const link = linkRow(String(record['id']))

const insert = (table: string, columns: Columns) => {
  const names = Object.keys(columns)
  const marks = names.map((_name, i) => `?${i + 1}`)
  return env.DB_EMPTY.prepare(`INSERT INTO ${table} (${names.join()}) VALUES (${marks.join()})`)
    .bind(...Object.values(columns))
    .run()
}

beforeAll(async () => {
  await applyD1Migrations(
    env.DB_EMPTY,
    env.TEST_MIGRATIONS.filter(({ name }) => name < MIGRATION),
  )
  await insert('accounts', account)
  await insert('certificates', record)
  await insert('certificate_chain', link)
  await applyD1Migrations(
    env.DB_EMPTY,
    env.TEST_MIGRATIONS.filter(({ name }) => name <= MIGRATION),
  )
})

const links = async () =>
  (await env.DB_EMPTY.prepare('SELECT account_id, key_sha256 FROM certificate_chain ORDER BY position').all()).results

it('a certificate that is there gets its account', async () => {
  expect(await links()).toEqual([{ account_id: account['id'], key_sha256: '' }])
})

it('one that earlier code adds gets it too', async () => {
  await insert('certificate_chain', { ...link, position: 1 })
  const row = { account_id: account['id'], key_sha256: '' }
  expect(await links()).toEqual([row, row])
})
