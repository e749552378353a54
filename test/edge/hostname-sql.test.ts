import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { selectHostname } from '../../src/edge/hostname-sql.ts'
import { loadHostname } from '../support/edge.ts'
import { NOW } from '../support/pki.ts'
import { freshId, freshTenant } from '../support/requests.ts'
import {
  blockedRow,
  type Columns,
  certificateRow,
  hostnameRow,
  insertCrl,
  insertRow,
  linkRow,
  modeRow,
  settingRow,
} from '../support/rows.ts'
import { addZone } from '../support/tenants.ts'

/** What the edge reads of a hostname in one look-up. */

type Tenant = Awaited<ReturnType<typeof freshTenant>>
let tenant: Tenant
let host: string
beforeEach(async () => {
  tenant = await freshTenant()
  host = `a.${tenant.domain}`
})

/** Adds a record of an account that is associated with a name. */
async function addRecord(accountId: string, ascii: string, more: Columns = {}): Promise<string> {
  const row = certificateRow(accountId, more)
  const id = String(row['id'])
  await insertRow('certificates', row)
  await insertRow('certificate_chain', linkRow(id))
  await insertRow('certificate_hostnames', hostnameRow(id, { hostname: ascii, hostname_ascii: ascii }))
  return id
}

const putMode = (more: Columns = {}) =>
  insertRow('hostname_modes', modeRow(tenant.accountId, tenant.zoneId, host, { until: NOW + 9, ...more }))

const putSetting = (more: Columns = {}) =>
  insertRow('hostname_settings', settingRow(tenant.accountId, tenant.zoneId, host, { china_network: 1, ...more }))

const nothing = (more: object = {}) => ({
  owned: true,
  enabled: true,
  accountId: tenant.accountId,
  zoneId: tenant.zoneId,
  mode: { mode: 'required' },
  everAssociated: false,
  forwarding: false,
  hasCertificates: false,
  revocable: false,
  version: expect.stringMatching(/^[0-9a-f]{32} [0-9a-f]{16}$/),
  ...more,
})

/** The facts of a name, and the ids of its records. */
async function known(ascii: string) {
  const { facts, records = [] } = await loadHostname(ascii)
  return { ...facts, ids: records.map(({ id }) => id) }
}

describe('a hostname', () => {
  it('in no zone is not owned', async () => {
    const nobodys = { owned: false, enabled: false, accountId: '', zoneId: '', version: '' }
    expect(await known('a.nobody.example')).toEqual(nothing({ ...nobodys, ids: [] }))
  })

  it('of a zone without anything has the defaults', async () => {
    expect(await known(host)).toEqual(nothing({ ids: [] }))
  })

  it.each(['accounts', 'zones'])('is owned, but not enabled, if Access is off in %s', async (table) => {
    const id = table === 'accounts' ? tenant.accountId : tenant.zoneId
    await env.DB.prepare(`UPDATE ${table} SET enabled = 0 WHERE id = ?1`).bind(id).run()
    await addRecord(tenant.accountId, host)
    expect(await known(host)).toEqual(nothing({ enabled: false, everAssociated: true, ids: [] }))
  })

  it('has the mode and the forwarding of its owner', async () => {
    await putMode()
    await putSetting()
    expect(await known(host)).toEqual(nothing({ mode: { mode: 'report', until: NOW + 9 }, forwarding: true, ids: [] }))
    expect(await known(`b.${host}`)).toEqual(nothing({ ids: [] }))
  })

  it('is not forwarded because of another setting', async () => {
    await putSetting({ client_certificate_forwarding: 0 })
    expect(await known(host)).toEqual(nothing({ ids: [] }))
  })

  it('loses its mode and setting if another account takes it over with a more specific zone', async () => {
    await putMode()
    await putSetting()
    const id = await addRecord(tenant.accountId, host)
    await insertCrl(id, [])
    const { accountId } = await freshTenant()
    const zoneId = await addZone(accountId, host, { id: freshId() })
    expect(await known(host)).toEqual(nothing({ accountId, zoneId, everAssociated: true, ids: [] }))
  })

  it('loses them for good if a zone of the same account takes it over, but not those of inner zones', async () => {
    const inner = await addZone(tenant.accountId, host, { id: freshId() })
    await putMode({ zone_id: inner })
    await putSetting({ zone_id: inner })
    const other = `b.${tenant.domain}`
    await insertRow('hostname_modes', modeRow(tenant.accountId, tenant.zoneId, other))
    const taken = await addZone(tenant.accountId, other, { id: freshId() })
    expect(await known(host)).toMatchObject({ mode: { mode: 'report' }, forwarding: true })
    expect(await known(other)).toMatchObject({ mode: { mode: 'required' } })
    await env.DB.prepare('DELETE FROM zones WHERE id = ?1').bind(taken).run()
    expect(await known(other)).toMatchObject({ owned: true, mode: { mode: 'required' } })
    await env.DB.prepare('DELETE FROM zones WHERE id = ?1').bind(inner).run()
    expect(await known(host)).toMatchObject({ mode: { mode: 'required' }, forwarding: false })
  })

  it.each([
    ['a certificate of the account', false, 0, undefined],
    ['a certificate of the account', true, 1, undefined],
    ['a certificate of the zone', true, 0, 'zone'],
  ])(
    'protected by %s keeps its mode and setting: %s, if set by the account: %s',
    async (_, counts, byAccount, owner) => {
      await putMode({ by_account: byAccount })
      await putSetting({ by_account: byAccount })
      await addRecord(tenant.accountId, host, owner === 'zone' ? { zone_id: tenant.zoneId } : {})
      expect(await known(host)).toMatchObject({ mode: { mode: counts ? 'report' : 'required' }, forwarding: counts })
    },
  )

  it('counts as associated before, also after its certificate and zone were deleted', async () => {
    const id = await addRecord(tenant.accountId, host)
    await env.DB.prepare('DELETE FROM certificate_hostnames WHERE certificate_id = ?1').bind(id).run()
    await env.DB.prepare('DELETE FROM certificates WHERE id = ?1').bind(id).run()
    expect(await known(host)).toMatchObject({ owned: true, hasCertificates: false, everAssociated: true })
    await env.DB.prepare('DELETE FROM zones WHERE id = ?1').bind(tenant.zoneId).run()
    expect(await known(host)).toMatchObject({ owned: false, everAssociated: true })
    expect(await known(`b.${tenant.domain}`)).toMatchObject({ owned: false, everAssociated: false })
  })
})

describe('a hostname is revocable', () => {
  it.each<[string, (id: string) => Promise<unknown>, boolean]>([
    ['with a current CRL', (id) => insertCrl(id, []), true],
    ['not with one that is loading', (id) => insertCrl(id, [], { state: 'loading' }), false],
    ['with a blocked serial', (id) => insertRow('blocked_serials', blockedRow(id)), true],
    [
      'not with a policy alone',
      (id) => insertRow('revocation_policies', { certificate_id: id, stale_crl: 'soft' }),
      false,
    ],
  ])('%s', async (_, add, revocable) => {
    await add(await addRecord(tenant.accountId, host))
    expect(await known(host)).toMatchObject({ revocable, ids: [expect.any(String)] })
  })

  it.each<[string, () => Promise<string>]>([
    ['its own zone', () => addRecord(tenant.accountId, host, { zone_id: tenant.zoneId })],
    ['another name', () => addRecord(tenant.accountId, `b.${tenant.domain}`)],
    ['another zone of the account', async () => addRecord(tenant.accountId, `b.${host}`, { zone_id: await sibling() })],
  ])('by a CRL of a record of %s', async (_, add) => {
    await insertCrl(await add(), [])
    expect(await known(host)).toMatchObject({ revocable: true })
  })

  const sibling = () => addZone(tenant.accountId, `x.${tenant.domain}`, { id: freshId() })

  it("not by another account's CRL, nor by a block for a record of another name or zone", async () => {
    const other = await freshTenant()
    await insertCrl(await addRecord(other.accountId, host), [])
    for (const id of [
      await addRecord(tenant.accountId, `b.${tenant.domain}`),
      await addRecord(tenant.accountId, host, { zone_id: await sibling() }),
    ]) {
      await insertRow('blocked_serials', blockedRow(id))
    }
    await addRecord(tenant.accountId, host)
    expect(await known(host)).toMatchObject({ revocable: false, ids: [expect.any(String)] })
  })
})

describe('what the edge already knows', () => {
  const question = (more: Partial<Parameters<typeof selectHostname>[1]> = {}) =>
    selectHostname(env.DB, { ascii: host, records: true, version: undefined, known: [], ...more })

  it('is not read again: known records, and no record at all if the version is the same', async () => {
    const ids = [await addRecord(tenant.accountId, host), await addRecord(tenant.accountId, host)]
    const first = await question()
    expect(first.records?.map(({ chain }) => chain?.length)).toEqual([1, 1])
    const [known = ''] = ids
    const second = await question({ known: [known] })
    expect(new Map(second.records?.map(({ id, chain }) => [id, chain?.length])).get(known)).toBeUndefined()
    expect((await question({ version: first.facts.version })).records).toBeUndefined()
    expect((await question({ records: false })).records).toBeUndefined()
  })

  const changes: readonly [string, (id: string) => Promise<unknown>][] = [
    ['a record is added', () => addRecord(tenant.accountId, host)],
    ['a record is changed', (id) => run('UPDATE certificates SET updated_at = updated_at + 1 WHERE id = ?1', id)],
    ['a policy is set', (id) => insertRow('revocation_policies', { certificate_id: id, stale_crl: 'soft' })],
    ['a serial number is blocked', (id) => insertRow('blocked_serials', blockedRow(id))],
    ['a block is lifted', (id) => run('DELETE FROM blocked_serials WHERE certificate_id = ?1', id)],
    ['a CRL becomes current', () => run("UPDATE crls SET state = 'current' WHERE account_id = ?1", tenant.accountId)],
    ['a CRL is deleted', () => run('DELETE FROM crls WHERE account_id = ?1', tenant.accountId)],
    [
      'a policy is changed',
      (id) => run("UPDATE revocation_policies SET uncovered = 'refuse' WHERE certificate_id = ?1", id),
    ],
    [
      'a record is deleted',
      async (id) => {
        await run('DELETE FROM certificate_hostnames WHERE certificate_id = ?1', id)
        await run('DELETE FROM certificates WHERE id = ?1', id)
      },
    ],
  ]

  it('has a new version after any change, and the same version otherwise', async () => {
    const id = await addRecord(tenant.accountId, host)
    await insertCrl(id, [], { state: 'loading' })
    let { version } = (await question()).facts
    for (const [what, change] of changes) {
      expect([what, (await question()).facts.version]).toEqual([what, version])
      await change(id)
      const next = (await question()).facts.version
      expect(next, what).not.toBe(version)
      version = next
    }
  })

  const run = (sql: string, value: string) => env.DB.prepare(sql).bind(value).run()
})
