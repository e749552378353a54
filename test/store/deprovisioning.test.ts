import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { runBatch } from '../../src/store/d1.ts'
import { deleteUnused, selectUses } from '../../src/store/deprovisioning.ts'
import { rotateCredential, setEnabled } from '../../src/store/provisioning.ts'
import { NOW } from '../support/pki.ts'
import { freshId, freshToken } from '../support/requests.ts'
import { certificateRow, hostnameRow, insertRow, modeRow, settingRow } from '../support/rows.ts'
import { account, addAccount, addCredential, addZone, zone } from '../support/tenants.ts'

type Table = 'accounts' | 'zones'

/** Tries to delete; returns what depends on it, and whether it was deleted. */
async function remove(table: Table, id: string) {
  const [uses, deleted] = await runBatch(env.DB, [selectUses(table, id), deleteUnused(table, id)])
  const left = await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE id = ?1`).bind(id).first('n')
  const counts = Object.fromEntries(Object.entries(uses?.[0] ?? {}).filter(([, count]) => count !== 0))
  expect(left).toBe(deleted?.length === 1 ? 0 : 1)
  return { counts, gone: left === 0 }
}

/** A certificate of an account, or of a zone, with these hostnames. */
async function addCertificate(accountId: string, hostnames: readonly string[], zoneId: string | null = null) {
  const row = certificateRow(accountId, { zone_id: zoneId })
  await insertRow('certificates', row)
  for (const [position, hostname] of hostnames.entries()) {
    await insertRow(
      'certificate_hostnames',
      hostnameRow(String(row['id']), { position, hostname, hostname_ascii: hostname }),
    )
  }
}

async function tenant() {
  const accountId = await addAccount({ id: freshId() })
  const domain = `${freshId()}.example`
  return { accountId, domain, zoneId: await addZone(accountId, domain, { id: freshId() }) }
}

describe('an account is deleted only if nothing depends on it:', () => {
  it('nothing does', async () => {
    expect(await remove('accounts', await addAccount({ id: freshId() }))).toEqual({ counts: {}, gone: true })
  })

  it.each<[string, (accountId: string) => Promise<unknown>]>([
    ['zones', (accountId) => addZone(accountId, `${freshId()}.example`, { id: freshId() })],
    ['certificates', (accountId) => addCertificate(accountId, [])],
    ['hostname_settings', (accountId) => insertRow('hostname_settings', settingRow(accountId, null, 'a.example'))],
    [
      'hostname_modes',
      async (accountId) => insertRow('hostname_modes', modeRow(accountId, (await tenant()).zoneId, 'a.example')),
    ],
    ['grants', (accountId) => freshToken([account(accountId)])],
  ])('%s', async (table, add) => {
    const accountId = await addAccount({ id: freshId() })
    await add(accountId)
    expect(await remove('accounts', accountId)).toEqual({ counts: { [table]: 1 }, gone: false })
  })

  it('what depends on another account does not count', async () => {
    const { accountId } = await tenant()
    await addCertificate(accountId, ['a.example'])
    expect(await remove('accounts', await addAccount({ id: freshId() }))).toEqual({ counts: {}, gone: true })
  })
})

describe('a zone is deleted only if nothing depends on it:', () => {
  it('nothing does, although its account, an outer and an inner zone have more', async () => {
    const { accountId, zoneId, domain } = await tenant()
    const inner = await addZone(accountId, `inner.${domain}`, { id: freshId() })
    const innermost = await addZone(accountId, `most.inner.${domain}`, { id: freshId() })
    const names = [
      domain,
      `a.${domain}`,
      `xinner.${domain}`,
      `most.inner.${domain}`,
      `a.most.inner.${domain}`,
      'b.example',
    ]
    await addCertificate(accountId, names)
    for (const name of names.slice(0, 5)) {
      const owner = name.includes('most') ? innermost : zoneId
      await insertRow('hostname_settings', settingRow(accountId, owner, name))
      await insertRow('hostname_modes', modeRow(accountId, owner, name))
    }
    expect(await remove('zones', inner)).toEqual({ counts: {}, gone: true })
    expect(await remove('zones', innermost)).toMatchObject({ counts: { certificate_hostnames: 2 }, gone: false })
    expect(await remove('zones', zoneId)).toEqual({
      counts: { certificate_hostnames: 3, hostname_settings: 3, hostname_modes: 3 },
      gone: false,
    })
  })

  it.each<[string, (zone: Awaited<ReturnType<typeof tenant>>) => Promise<unknown>]>([
    ['certificates', ({ accountId, zoneId }) => addCertificate(accountId, [], zoneId)],
    ['certificate_hostnames', ({ accountId, domain }) => addCertificate(accountId, [`a.b.${domain}`])],
    [
      'hostname_settings',
      ({ accountId, zoneId, domain }) => insertRow('hostname_settings', settingRow(accountId, zoneId, domain)),
    ],
    [
      'hostname_modes',
      ({ accountId, zoneId, domain }) => insertRow('hostname_modes', modeRow(accountId, zoneId, `a.${domain}`)),
    ],
    ['grants', ({ zoneId }) => freshToken([zone(zoneId)])],
  ])('%s', async (table, add) => {
    const one = await tenant()
    await add(one)
    expect(await remove('zones', one.zoneId)).toEqual({ counts: { [table]: 1 }, gone: false })
  })

  it('hostnames of another account do not count, since this zone does not decide on them', async () => {
    const { zoneId, domain } = await tenant()
    const other = await addAccount({ id: freshId() })
    await addCertificate(other, [`a.${domain}`])
    await insertRow('hostname_settings', settingRow(other, null, `a.${domain}`))
    expect(await remove('zones', zoneId)).toEqual({ counts: {}, gone: true })
  })
})

it('every table that refers to an account or a zone is listed as dependent', async () => {
  const { results } = await env.DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{
    name: string
  }>()
  for (const { name } of results.filter((row) => !/^(?:_cf_|d1_|sqlite_)/.test(row.name))) {
    const keys = await env.DB.prepare(`PRAGMA foreign_key_list(${name})`).all<{ table: string; on_delete: string }>()
    for (const { table, on_delete } of keys.results) {
      if (on_delete === 'CASCADE' || (table !== 'accounts' && table !== 'zones')) continue
      const [uses] = await runBatch(env.DB, [selectUses(table, freshId())])
      expect(Object.keys(uses?.[0] ?? {}), `${name} refers to ${table}`).toContain(name)
    }
  }
})

it.each(['accounts', 'zones'] as const)('%s are switched off and on; an unknown id is reported', async (table) => {
  const { accountId, zoneId } = await tenant()
  const id = table === 'accounts' ? accountId : zoneId
  const enabled = () => env.DB.prepare(`SELECT enabled FROM ${table} WHERE id = ?1`).bind(id).first('enabled')
  for (const on of [false, true]) {
    expect(await runBatch(env.DB, [setEnabled(table, id, on)])).toEqual([[{ id }]])
    expect(await enabled()).toBe(on ? 1 : 0)
  }
  expect(await runBatch(env.DB, [setEnabled(table, freshId(), false)])).toEqual([[]])
})

describe('a credential that is rotated', () => {
  const secret = () => freshId() + freshId()
  const add = (expiresOn: number | null) => addCredential(freshId(), [], { id: freshId(), expiresOn })
  const rotated = async (id: string, expiresOn?: number | null) =>
    (await runBatch(env.DB, [rotateCredential(id, 'token', secret(), expiresOn, NOW)]))[0]

  it.each([
    ['keeps its expiry', NOW + 1, undefined, NOW + 1],
    ['still has no expiry', null, undefined, null],
    ['gets another expiry', NOW + 1, NOW + 9, NOW + 9],
    ['loses its expiry', NOW + 1, null, null],
    ['is renewed after its expiry', NOW, NOW + 9, NOW + 9],
  ])('%s', async (_, before, given, after) => {
    const id = await add(before)
    expect(await rotated(id, given)).toEqual([{ id, email: null, status: 'active', expires_on: after }])
  })

  it('is refused if it has expired and gets no new expiry, or if it is a key', async () => {
    expect(await rotated(await add(NOW))).toEqual([])
    const email = `${freshId()}@example.com`
    expect(await rotated(await addCredential(freshId(), [], { id: freshId(), kind: 'key', email }))).toEqual([])
  })
})
