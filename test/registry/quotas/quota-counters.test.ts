import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Claim } from '../../../src/core/model.ts'
import { sha256Hex } from '../../../src/core/sha256.ts'
import { deleteBlockedSerial, insertBlockedSerial } from '../../../src/registry/blocked-serials/sql.ts'
import { sweepLeftovers } from '../../../src/registry/crls/leftovers-sql.ts'
import { deleteCrls } from '../../../src/registry/crls/sql.ts'
import { uploadCrls } from '../../../src/registry/crls/upload-sql.ts'
import { putHostnameMode } from '../../../src/registry/modes/sql.ts'
import { putHostnameSettings } from '../../../src/registry/settings/sql.ts'
import { expectCounted } from '../../support/counters.ts'
import { NOW } from '../../support/pki.ts'
import { freshTenant } from '../../support/requests.ts'
import { blockedRow, certificateRow, insertCrl, insertRow, modeRow, settingRow } from '../../support/rows.ts'
import { limit } from '../../support/tenants.ts'

/** Each counter equals the number of rows, whatever is added, replaced, moved or deleted, by our code or in raw SQL. */

interface World {
  readonly tenants: readonly (Awaited<ReturnType<typeof freshTenant>> & { readonly claim: Claim })[]
  readonly certificates: string[]
}

type Operation = (world: World) => Promise<unknown>

const run = (sql: string, ...params: readonly (string | number | null)[]) =>
  env.DB.prepare(sql)
    .bind(...params)
    .run()

const tenantOf = ({ tenants }: World, pick: number) =>
  tenants[pick % tenants.length] ?? Promise.reject(new Error('none'))
const certificateOf = ({ certificates }: World, pick: number) =>
  certificates[pick % Math.max(1, certificates.length)] ?? ''
const claimOf = async (world: World, certificateId: string): Promise<Claim> => {
  const row = env.DB.prepare('SELECT account_id FROM certificates WHERE id = ?1').bind(certificateId)
  const account = await row.first<string>('account_id')
  return (world.tenants.find(({ accountId }) => accountId === account) ?? (await tenantOf(world, 0))).claim
}

const pick = fc.nat({ max: 5 })
/** Pairs of a number and its negative twin, and numbers without a twin. */
const serial = fc.constantFrom('0a', '0b', 'ee', '00ee', '0000ee', 'ff01', '00ff01')
const caKey = fc.constantFrom('a', 'b', 'c').map((digit) => digit.repeat(64))
const entries = fc.nat({ max: 9 })
const hostname = fc.nat({ max: 5 })
const settings = fc.uniqueArray(fc.tuple(hostname, fc.boolean()), { selector: ([name]) => name, maxLength: 4 })
const table = fc.constantFrom('hostname_settings', 'hostname_modes', 'certificates', 'crls')

let uploads = 0
const upload = (certificateId: string, claim: Claim, ca: string, count: number) => {
  uploads += 1
  const row = {
    uploadId: crypto.randomUUID(),
    issuer: 'CN=CA',
    caFingerprintSha256: ca,
    issuerKey: 'e'.repeat(64),
    caKey: ca,
    caPath: Uint8Array.of(0x30, 0x00),
    authorities: [ca],
    contentSha256: uploads.toString(16).padStart(64, '0'),
    number: null,
    thisUpdate: uploads,
    nextUpdate: uploads + 1,
    covers: 'all',
    part: '',
    entries: count,
  } as const
  const list = Array.from({ length: count }, (_, i) => [`0${i}`, 1, 0] as const)
  return uploadCrls(env.DB, claim, certificateId, [{ row, entries: list }], () => NOW)
}

/** An operation with its generated arguments. */
const operation = <T>(drawn: fc.Arbitrary<T>, act: (world: World, drawn: T) => Promise<unknown>) =>
  drawn.map(
    (value): Operation =>
      (world) =>
        act(world, value),
  )

const operations: fc.Arbitrary<Operation> = fc.oneof(
  operation(fc.tuple(pick, fc.boolean()), async (world, [who, inZone]) => {
    const { accountId, zoneId } = await tenantOf(world, who)
    await addCertificate(world, accountId, inZone ? zoneId : null)
  }),
  operation(pick, (world, which) => run('DELETE FROM certificates WHERE id = ?1', certificateOf(world, which))),
  operation(pick, async (world, which) => {
    const id = certificateOf(world, which)
    const claim = await claimOf(world, id)
    const zoneId = world.tenants.find((tenant) => tenant.claim === claim)?.zoneId ?? null
    await run('UPDATE certificates SET zone_id = iif(zone_id IS NULL, ?2, NULL) WHERE id = ?1', id, zoneId)
  }),
  operation(fc.tuple(pick, settings), async (world, [who, list]) => {
    const { claim, domain } = await tenantOf(world, who)
    const named = list.map(([name, clientCertificateForwarding]) => {
      const text = `${name}.${domain}`
      return { text, ascii: text, chinaNetwork: false, clientCertificateForwarding }
    })
    await putHostnameSettings(env.DB, claim, named, crypto.randomUUID())
  }),
  operation(
    fc.tuple(
      pick,
      hostname,
      fc.constantFrom('report', 'open', 'required'),
      fc.constantFrom(undefined, null, '[{"dns": "a.example"}]'),
    ),
    async (world, [who, name, mode, identities]) => {
      const { claim, domain } = await tenantOf(world, who)
      const text = `${name}.${domain}`
      const until = mode === 'report' ? { until: NOW + 9 } : {}
      const setting = { mode, ...until, identities }
      await putHostnameMode(env.DB, claim, { text, ascii: text }, setting)
    },
  ),
  operation(fc.tuple(pick, serial), async (world, [which, value]) => {
    const id = certificateOf(world, which)
    const twin = value.startsWith('00') ? [value.slice(2)] : []
    const change = { serials: [value, ...twin], askKnown: false } as const
    await insertBlockedSerial(env.DB, await claimOf(world, id), id, change)
  }),
  operation(fc.tuple(pick, serial), async (world, [which, value]) => {
    const id = certificateOf(world, which)
    await deleteBlockedSerial(env.DB, await claimOf(world, id), id, [value])
  }),
  operation(fc.tuple(pick, serial), (world, [which, value]) =>
    insertRow('blocked_serials', blockedRow(certificateOf(world, which), { serial: value })),
  ),
  operation(fc.tuple(pick, caKey, entries), async (world, [which, ca, count]) => {
    const id = certificateOf(world, which)
    await upload(id, await claimOf(world, id), ca, count)
  }),
  operation(
    fc.tuple(pick, caKey, entries, fc.constantFrom('loading', 'current')),
    (world, [which, ca, count, state]) => {
      const serials = Array.from({ length: count }, (_, i) => `0${i}`)
      return insertCrl(certificateOf(world, which), serials, { ca_key: ca, ca_fingerprint_sha256: ca, state })
    },
  ),
  operation(pick, async (world, which) => {
    const id = certificateOf(world, which)
    await deleteCrls(env.DB, await claimOf(world, id), id, null)
  }),
  operation(fc.constant(NOW + 1000), (_, now) => sweepLeftovers(env.DB, now)),
  operation(fc.tuple(pick, table), async (world, [who, name]) => {
    const { accountId } = await tenantOf(world, who)
    await run(`DELETE FROM ${name} WHERE account_id = ?1`, accountId)
  }),
)

/** Errors of the database if there is no room or no record, or if there is such a row already. */
const REFUSED = /quota reached|UNIQUE constraint failed|FOREIGN KEY constraint failed|the CRL was not stored/

it('counters equal the numbers of rows after each operation of any sequence', async () => {
  const property = fc.asyncProperty(fc.array(operations, { minLength: 10, maxLength: 40 }), async (sequence) => {
    const world: World = { tenants: [await tenant(), await tenant()], certificates: [] }
    for (const { accountId } of world.tenants) await addCertificate(world, accountId, null)
    for (const operate of sequence) {
      await operate(world).catch((error: Error) => {
        expect(error.message).toMatch(REFUSED)
      })
      await expectCounted()
    }
    for (const { accountId } of world.tenants) await expectWithinQuotas(accountId)
  })
  await fc.assert(property, { numRuns: env.TEST_LONG === '' ? 60 : 1_000 })
}, 60_000)

async function addCertificate({ certificates }: World, accountId: string, zoneId: string | null): Promise<void> {
  const row = certificateRow(accountId, { zone_id: zoneId })
  await insertRow('certificates', row)
  certificates.push(String(row['id']))
}

async function tenant() {
  const one = await freshTenant({ certificateQuota: 3 })
  await run(
    `UPDATE accounts SET hostname_setting_quota = 3, hostname_mode_quota = 2, blocked_serial_quota = 2, crl_quota = 1,
      crl_entry_quota = 12 WHERE id = ?1`,
    one.accountId,
  )
  const claim: Claim = {
    credential: { kind: 'token', secretSha256: await sha256Hex(one.authorization.replace('Bearer ', '')) },
    scope: { kind: 'accounts', id: one.accountId },
    permission: 'write',
    now: NOW,
  }
  return { ...one, claim }
}

async function expectWithinQuotas(accountId: string): Promise<void> {
  const row = await env.DB.prepare(
    `SELECT certificates <= certificate_quota AND hostname_settings <= hostname_setting_quota
        AND hostname_modes <= hostname_mode_quota AND blocked_serials <= blocked_serial_quota
        AND crls <= crl_quota AND crl_entries <= crl_entry_quota AS within
      FROM accounts WHERE id = ?1`,
  )
    .bind(accountId)
    .first('within')
  expect(row).toBe(1)
}

/** The last defence, against rows that are inserted in raw SQL. */
describe('a trigger refuses', () => {
  const own = (digit: string) => ({ ca_key: digit.repeat(64), ca_fingerprint_sha256: digit.repeat(64) })

  it.each<[string, (accountId: string, id: string, zoneId: string) => readonly (() => Promise<unknown>)[], string]>([
    [
      'a certificate',
      (accountId) => [() => insertRow('certificates', certificateRow(accountId))],
      'certificate quota reached',
    ],
    [
      'a setting',
      (accountId) =>
        ['a.example', 'b.example'].map(
          (name) => () => insertRow('hostname_settings', settingRow(accountId, null, name)),
        ),
      'setting quota reached',
    ],
    [
      'a mode',
      (accountId, _, zoneId) =>
        ['a.example', 'b.example'].map((name) => () => insertRow('hostname_modes', modeRow(accountId, zoneId, name))),
      'mode quota reached',
    ],
    [
      'a blocked serial number',
      (_, id) => ['0a', '0b'].map((value) => () => insertRow('blocked_serials', blockedRow(id, { serial: value }))),
      'blocked serial quota reached',
    ],
    ['a CRL', (_, id) => ['a', 'b'].map((digit) => () => insertCrl(id, [], own(digit))), 'CRL quota reached'],
    [
      'a CRL that becomes current',
      (_, id) => [
        () => insertCrl(id, [], own('a')),
        async () => {
          await insertCrl(id, [], { ...own('b'), state: 'loading' })
          await run("UPDATE crls SET state = 'current' WHERE certificate_id = ?1", id)
        },
      ],
      'CRL quota reached',
    ],
    [
      'the entries of a CRL, while they come in',
      (_, id) => ['a', 'b'].map((digit) => () => insertCrl(id, ['0a'], { ...own(digit), state: 'loading' })),
      'CRL entry quota reached',
    ],
  ])('%s that has no room', async (_, inserts, message) => {
    const { accountId, zoneId } = await freshTenant({ certificateQuota: 1 })
    await limit(accountId, { settings: 1, modes: 1, blockedSerials: 1, crls: 1, crlEntries: 1 })
    const row = certificateRow(accountId)
    await insertRow('certificates', row)
    const all = inserts(accountId, String(row['id']), zoneId)
    for (const insert of all.slice(0, -1)) await insert()
    await expect(all.at(-1)?.()).rejects.toThrow(message)
    await expectCounted()
  })
})

it.each([
  ['certificates', 'account_id'],
  ['hostname_settings', 'account_id'],
  ['hostname_modes', 'account_id'],
  ['blocked_serials', 'certificate_id'],
  ['crls', 'entries'],
])('the database refuses to change a counted row: %s.%s', async (name, column) => {
  const { accountId, zoneId, domain } = await freshTenant()
  const row = certificateRow(accountId)
  await insertRow('certificates', row)
  await insertRow('hostname_settings', settingRow(accountId, zoneId, domain))
  await insertRow('hostname_modes', modeRow(accountId, zoneId, domain))
  await insertRow('blocked_serials', blockedRow(String(row['id'])))
  await insertCrl(String(row['id']), ['0a'])
  const other = column === 'entries' ? 5 : 'f'.repeat(32)
  await expect(run(`UPDATE ${name} SET ${column} = ?1`, other)).rejects.toThrow(/ stays /)
})
