import { applyD1Migrations, reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toHex } from '../../src/core/bytes.ts'
import { sha256Hex } from '../../src/core/sha256.ts'
import { int } from '../../src/testing/der.ts'
import { caKeys, readCertificate } from '../../src/x509/index.ts'
import { type Answer, call } from '../support/api.ts'
import { expectCounted } from '../support/counters.ts'
import { issueCa, putCrl } from '../support/crl.ts'
import { get, put } from '../support/family.ts'
import { NOW, pem } from '../support/pki.ts'
import { client } from '../support/protected.ts'
import { soundBody } from '../support/requests.ts'
import {
  accountRow,
  blockedRow,
  type Columns,
  certificateRow,
  credentialRow,
  crlRow,
  hostnameRow,
  linkRow,
  modeRow,
  settingRow,
  zoneRow,
} from '../support/rows.ts'
import type { Issued } from '../support/x509/chain.ts'
import { issueCrl } from '../support/x509/make-crl.ts'

/**
 * Upgrades, from every version of the schema: what is in a database of that version is all there after the migrations that
 * follow, and is served and decided on as if the newest version had stored it. A new migration is covered without a change here,
 * unless data of the version before it needs a column that no row below has: then the INSERT fails.
 */

/** Versions of the schema, by the last migration that they have. */
const VERSIONS = env.TEST_MIGRATIONS.map(({ name }) => name)
const NEWEST = String(VERSIONS.at(-1))
const FIRST_WITH_CERTIFICATES = '0003_certificates.sql'

const DB = env.DB_EMPTY
const options = { env: { ...env, DB } }
const TOKEN = 'token-of-an-earlier-version'
const REVOKED = '0d'
const BLOCKED = '0e'

/** A CA with what the database has of it. */
async function caRow(ca: Issued, certificateId: string): Promise<Columns> {
  const read = readCertificate(ca.der)
  if (!read.ok) throw new Error(read.error.reason)
  const { nameKey, caKey } = await caKeys(read.value)
  const md5 = new Uint8Array(await crypto.subtle.digest('MD5', ca.der))
  const sha256 = new Uint8Array(await crypto.subtle.digest('SHA-256', ca.der))
  const { notBefore, notAfter, serialNumber } = read.value
  return linkRow(certificateId, {
    der: ca.der,
    fingerprint_md5: toHex(md5),
    fingerprint_sha256: toHex(sha256),
    serial_number: toHex(serialNumber),
    not_before: notBefore,
    not_after: notAfter,
    name_key: nameKey,
    ca_key: caKey,
    is_anchor: 1,
  })
}

/** A row of every kind, in an order that foreign keys allow, with the columns of all versions. */
async function sampleRows() {
  const account = accountRow()
  const accountId = String(account['id'])
  const zone = zoneRow(accountId, { domain: 'upgrade.example' })
  const zoneId = String(zone['id'])
  const credential = credentialRow({ secret_sha256: await sha256Hex(TOKEN) })
  const [ca, other] = [await issueCa(), await issueCa()]
  const record = async (id: string, ca: Issued, more: Columns) => ({
    link: await caRow(ca, id),
    row: certificateRow(accountId, {
      id,
      pem: pem(ca.der),
      chain_certificates: 1,
      chain_bytes: ca.der.length,
      ...more,
    }),
  })
  const certificateId = crypto.randomUUID()
  const one = await record(certificateId, ca, {})
  const two = await record(crypto.randomUUID(), other, {
    zone_id: zoneId,
    name: 'of the zone',
    created_at: NOW + 1,
    updated_at: NOW + 1,
  })
  const crl = crlRow(accountId, certificateId, {
    id: 7,
    entries: 1,
    ca_fingerprint_sha256: String(one.link['fingerprint_sha256']),
    ca_key: String(one.link['ca_key']),
    issuer_key: String(one.link['name_key']),
    ca_path: ca.der,
    this_update: NOW - 86_400,
  })
  const rows: readonly (readonly [table: string, row: Columns])[] = [
    ['accounts', account],
    ['zones', zone],
    ['credentials', credential],
    ['grants', { credential_id: String(credential['id']), account_id: accountId, permission: 'write' }],
    ['certificates', one.row],
    ['certificates', two.row],
    ['certificate_chain', one.link],
    ['certificate_chain', two.link],
    [
      'certificate_hostnames',
      hostnameRow(certificateId, { hostname: 'A.upgrade.example', hostname_ascii: 'a.upgrade.example' }),
    ],
    ['hostname_settings', settingRow(accountId, zoneId, 'a.upgrade.example', { by_account: 1 })],
    ['crls', crl],
    ['crl_authorities', { crl_id: 7, ca_key: String(one.link['ca_key']) }],
    ['crl_entries', { crl_id: 7, serial: REVOKED, revoked_at: NOW - 1_000, reason: 1 }],
    ['crl_garbage', { crl_id: 3, account_id: accountId }],
    ['revocation_policies', { certificate_id: certificateId, stale_crl: 'soft', uncovered: 'allow' }],
    ['blocked_serials', blockedRow(certificateId, { serial: BLOCKED })],
    ['hostname_modes', modeRow(accountId, zoneId, 'r.upgrade.example')],
  ]
  return { rows, accountId, zoneId, certificateId, ca, other }
}

type Sample = Awaited<ReturnType<typeof sampleRows>>

const columnsOf = async (table: string): Promise<ReadonlySet<unknown>> => {
  const { results } = await DB.prepare('SELECT name FROM pragma_table_info(?1)').bind(table).all<{ name: string }>()
  return new Set(results.map(({ name }) => name))
}

/** Inserts of each row what the schema has columns for; nothing of tables that it does not have. */
async function insertKnown({ rows }: Sample): Promise<void> {
  for (const [table, row] of rows) {
    const known = await columnsOf(table)
    const entries = Object.entries(row).filter(([column]) => known.has(column))
    if (known.size === 0) continue
    const names = entries.map(([column]) => column)
    await DB.prepare(`INSERT INTO ${table} (${names.join()}) VALUES (${names.map((_, i) => `?${i + 1}`).join()})`)
      .bind(...entries.map(([, value]) => value))
      .run()
  }
}

/** All records of all tables, but for what names versions. */
async function dump(): Promise<ReadonlyMap<string, readonly Columns[]>> {
  const { results } = await DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*' AND name <> 'd1_migrations'",
  ).all<{ name: string }>()
  const tables = await Promise.all(
    results.map(
      async ({ name }) => [name, (await DB.prepare(`SELECT * FROM ${name}`).all<Columns>()).results] as const,
    ),
  )
  return new Map(tables)
}

/** Columns whose values the schema makes by itself, anew each time. */
const OWN = new Set(['trust_version'])

/** Records of `before` without an equal in `after`, by the columns that both have. */
function lost(before: ReadonlyMap<string, readonly Columns[]>, after: ReadonlyMap<string, readonly Columns[]>) {
  return [...before].flatMap(([table, rows]) => {
    const left = after.get(table) ?? []
    return rows.filter((row) => {
      const isKept = (other: Columns) =>
        Object.entries(row).every(
          ([column, value]) =>
            OWN.has(column) || !(column in other) || JSON.stringify(other[column]) === JSON.stringify(value),
        )
      return !left.some(isKept)
    })
  })
}

async function emptyDatabase(): Promise<void> {
  await Promise.all([env.DB, DB].map((database) => database.prepare('SELECT 1').run()))
  await reset()
}

const upTo = (version: string) => env.TEST_MIGRATIONS.filter(({ name }) => name <= version)

/** What the API says of all that is stored, each answer by its path without the prefix. */
async function answersOf({ accountId, zoneId, certificateId }: Sample): Promise<ReadonlyMap<string, Answer>> {
  const edge = `/edge/v1/accounts/${accountId}`
  const paths = {
    certificates: `/accounts/${accountId}/access/certificates`,
    zone: `/zones/${zoneId}/access/certificates`,
    certificate: `/accounts/${accountId}/access/certificates/${certificateId}`,
    hostname_settings: `/accounts/${accountId}/access/certificates/settings`,
    hostname_modes: `${edge}/hostnames`,
    crls: `${edge}/certificates/${certificateId}/crl`,
    revocation_policies: `${edge}/certificates/${certificateId}/revocation`,
    blocked_serials: `${edge}/certificates/${certificateId}/blocked_serials`,
    token: '/user/tokens/verify',
  }
  const answers = Object.entries(paths).map(
    async ([name, path]) => [name, await get(path, `Bearer ${TOKEN}`, options)] as const,
  )
  return new Map(await Promise.all(answers))
}

/** What becomes of clients with these serial numbers. */
async function decisionsOn({ accountId, ca }: Sample, serials: readonly string[]): Promise<readonly unknown[]> {
  const decided = serials.map(async (serial) => {
    const { der } = await client(ca, { serial: int(Number.parseInt(serial, 16)) })
    const { body } = await call(`/edge/v1/accounts/${accountId}/verify`, {
      ...options,
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ hostname: 'a.upgrade.example', certificate: pem(der) }),
    })
    return body.result?.['accepted'] === true ? 'accepted' : body.result?.['code']
  })
  return await Promise.all(decided)
}

let sample: Sample
let expected: ReadonlyMap<string, Answer>
beforeAll(async () => {
  sample = await sampleRows()
  await emptyDatabase()
  await applyD1Migrations(DB, env.TEST_MIGRATIONS)
  await insertKnown(sample)
  expected = await answersOf(sample)
})
afterAll(emptyDatabase)

it('the newest version serves the data', () => {
  expect([...expected].map(([name, { status }]) => [name, status])).toEqual([...expected].map(([name]) => [name, 200]))
  const empty = [...expected].filter(([, { body }]) => Array.isArray(body.result) && body.result.length === 0)
  expect(empty).toEqual([])
})

it('a record that is gone or changed is found', async () => {
  const before = await dump()
  expect(lost(before, before)).toEqual([])
  await DB.prepare("UPDATE certificates SET name = 'changed' WHERE name = 'of the zone'").run()
  await DB.prepare('DELETE FROM crl_entries').run()
  expect(lost(before, await dump())).toMatchObject([{ name: 'of the zone' }, { serial: REVOKED }])
})

/** The table that has what an answer is about. */
const needs = (name: string) => (name === 'zone' || name === 'certificate' || name === 'token' ? 'certificates' : name)

describe.each(VERSIONS.filter((version) => version < NEWEST))('from %s', (version) => {
  let before: ReadonlyMap<string, readonly Columns[]>
  beforeAll(async () => {
    await emptyDatabase()
    await applyD1Migrations(DB, upTo(version))
    await insertKnown(sample)
    before = await dump()
    await applyD1Migrations(DB, env.TEST_MIGRATIONS)
  })

  it('nothing is lost', async () => {
    expect(before.get('accounts')).toHaveLength(1)
    expect(lost(before, await dump())).toEqual([])
    const { results } = await DB.prepare('PRAGMA foreign_key_check').all()
    expect(results).toEqual([])
    await expectCounted(DB)
  })

  // Before that, there were accounts, zones and credentials only.
  if (version < FIRST_WITH_CERTIFICATES) return

  it('hostnames are known as those that had certificates', async () => {
    const { results } = await DB.prepare('SELECT hostname_ascii, certificates, bytes FROM hostnames').all()
    expect(results).toEqual([{ hostname_ascii: 'a.upgrade.example', certificates: 1, bytes: sample.ca.der.length }])
  })

  it('the API answers as if the newest version had stored it', async () => {
    const answers = await answersOf(sample)
    const kept = [...expected].filter(([name]) => before.has(needs(name)))
    expect(kept.length).toBeGreaterThan(3)
    for (const [name, { status, text }] of kept) {
      const answer = answers.get(name)
      expect([name, answer?.status, comparable(String(answer?.text))]).toEqual([name, status, comparable(text)])
    }
  })

  it('clients are decided on as before', async () => {
    const [good, revoked, blocked] = await decisionsOn(sample, ['0b', REVOKED, BLOCKED])
    const isRevocable = before.has('crls')
    expect([good, revoked, blocked]).toEqual([
      'accepted',
      ...(isRevocable ? ['revoked', 'blocked'] : ['accepted', 'accepted']),
    ])
  })

  it('data can be changed, and a newer CRL takes the place of the old one', async () => {
    const { accountId, certificateId, ca } = sample
    const authorization = `Bearer ${TOKEN}`
    const path = `/accounts/${accountId}/access/certificates`
    const body = { name: 'renamed', associated_hostnames: ['a.upgrade.example', 'b.upgrade.example'] }
    expect((await put(`${path}/${certificateId}`, authorization, body, options)).status).toBe(200)
    const added = await call(path, {
      ...options,
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(soundBody()),
    })
    expect(added.status).toBe(201)
    const crlPath = `/edge/v1/accounts/${accountId}/certificates/${certificateId}/crl`
    const uploaded = await putCrl({ crlPath, authorization }, await issueCrl(ca, { number: 2 }), options)
    expect([uploaded.status, uploaded.text]).toEqual([200, uploaded.text])
    const listed = await get(crlPath, authorization, options)
    expect(JSON.parse(listed.text).result).toMatchObject([{ number: '2' }])
    expect(await decisionsOn(sample, [REVOKED])).toEqual(['accepted'])
    await expectCounted(DB)
  })
})

/** Report modes from before they had an end got one, at the time of the migration. */
function comparable(text: string): string {
  return text.replace(/"until":"[^"]*"/g, '"until":""')
}
