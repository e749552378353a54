import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import { expectCounted } from '../support/counters.ts'
import {
  accountRow,
  blockedRow,
  type Columns,
  certificateRow,
  crlRow,
  modeRow,
  settingRow,
  zoneRow,
} from '../support/rows.ts'

/** Migration 0012 with existing rows. */

const MIGRATION = '0012_quotas.sql'
const account = accountRow()
const accountId = String(account['id'])
const zone = zoneRow(accountId)
const certificate = certificateRow(accountId)
const certificateId = String(certificate['id'])
const zones = certificateRow(accountId, { zone_id: String(zone['id']) })

async function insert(table: string, columns: Columns): Promise<void> {
  const names = Object.keys(columns)
  await env.DB_EMPTY.prepare(`INSERT INTO ${table} (${names.join()}) VALUES (${names.map((_, i) => `?${i + 1}`)})`)
    .bind(...Object.values(columns))
    .run()
}

const run = (sql: string, ...params: readonly string[]) =>
  env.DB_EMPTY.prepare(sql)
    .bind(...params)
    .run()

const ca = (digit: string) => ({ ca_key: digit.repeat(64), ca_fingerprint_sha256: digit.repeat(64) })

beforeAll(async () => {
  await applyD1Migrations(
    env.DB_EMPTY,
    env.TEST_MIGRATIONS.filter(({ name }) => name < MIGRATION),
  )
  await insert('accounts', account)
  await insert('accounts', accountRow())
  await insert('zones', zone)
  for (const row of [certificate, zones, certificateRow(accountId)]) await insert('certificates', row)
  for (const name of ['a.example', 'b.example', 'c.example']) {
    await insert('hostname_settings', settingRow(accountId, String(zone['id']), name))
  }
  await insert('hostname_modes', modeRow(accountId, String(zone['id']), 'a.example'))
  for (const serial of ['0a', '00ee', 'ee', 'ff'])
    await insert('blocked_serials', blockedRow(certificateId, { serial }))
  await insert('blocked_serials', blockedRow(String(zones['id'])))
  await insert('crls', crlRow(accountId, certificateId, { ...ca('a'), entries: 7 }))
  await insert('crls', crlRow(accountId, certificateId, { ...ca('b'), entries: 5, state: 'loading' }))
  await insert('crls', crlRow(accountId, certificateId, { ...ca('c'), entries: 1 }))
  await run('DELETE FROM crls WHERE entries = 1')
  await applyD1Migrations(
    env.DB_EMPTY,
    env.TEST_MIGRATIONS.filter(({ name }) => name <= MIGRATION),
  )
})

it('counts the existing rows', async () => {
  await expectCounted(env.DB_EMPTY)
  const counters = await env.DB_EMPTY.prepare(
    `SELECT certificates, own_certificates, hostname_settings, hostname_modes, blocked_serials, crls, crl_entries
      FROM accounts WHERE id = ?1`,
  )
    .bind(accountId)
    .first()
  expect(counters).toEqual({
    certificates: 3,
    own_certificates: 2,
    hostname_settings: 3,
    hostname_modes: 1,
    blocked_serials: 4,
    crls: 1,
    crl_entries: 12,
  })
})

it('knows deleted CRLs, but not their accounts', async () => {
  const { results } = await env.DB_EMPTY.prepare('SELECT account_id FROM crl_garbage').all()
  expect(results).toEqual([{ account_id: null }])
})

it('has triggers that keep the counts, also in cascades', async () => {
  await run('DELETE FROM certificates WHERE id = ?1', certificateId)
  await run('DELETE FROM hostname_settings')
  await expectCounted(env.DB_EMPTY)
  const { results } = await env.DB_EMPTY.prepare('SELECT account_id FROM crl_garbage ORDER BY account_id').all()
  expect(results).toEqual([{ account_id: null }, { account_id: accountId }, { account_id: accountId }])
})
