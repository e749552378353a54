import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { selectHostnameTrust } from '../../src/store/trust-anchors.ts'
import { freshId, freshTenant } from '../support/requests.ts'
import {
  blockedRow,
  type Columns,
  certificateRow,
  hostnameRow,
  insertCrl,
  insertRow,
  linkRow,
} from '../support/rows.ts'
import { addZone } from '../support/tenants.ts'

/** What the edge learns of a hostname in one look-up. */

type Tenant = Awaited<ReturnType<typeof freshTenant>>
let tenant: Tenant
let host: string
beforeEach(async () => {
  tenant = await freshTenant()
  host = `a.${tenant.domain}`
})

/** A record of an account that is associated with a name. */
async function addRecord(accountId: string, ascii: string, more: Columns = {}): Promise<string> {
  const row = certificateRow(accountId, more)
  const id = String(row['id'])
  await insertRow('certificates', row)
  await insertRow('certificate_chain', linkRow(id))
  await insertRow('certificate_hostnames', hostnameRow(id, { hostname: ascii, hostname_ascii: ascii }))
  return id
}

const putMode = (accountId: string, ascii: string) =>
  insertRow('hostname_modes', { account_id: accountId, hostname_ascii: ascii, hostname: ascii, mode: 'report' })

const putSetting = (accountId: string, ascii: string, forwarding: 0 | 1) =>
  insertRow('hostname_settings', {
    account_id: accountId,
    hostname_ascii: ascii,
    hostname: ascii,
    china_network: 1,
    client_certificate_forwarding: forwarding,
  })

const NOTHING = { owned: true, enabled: true, mode: 'required', forwarding: false, bundles: [], revocable: false }
const nothing = (more: object = {}) => ({ ...NOTHING, accountId: tenant.accountId, ...more })

describe('a hostname', () => {
  it('in no zone is nobody’s', async () => {
    const trust = await selectHostnameTrust(env.DB, 'a.nobody.example')
    expect(trust).toEqual({ ...NOTHING, accountId: '', owned: false, enabled: false })
  })

  it('of a zone without anything has the defaults', async () => {
    expect(await selectHostnameTrust(env.DB, host)).toEqual(nothing())
  })

  it.each(['accounts', 'zones'])('is owned, but not enabled, where Access is off in %s', async (table) => {
    const id = table === 'accounts' ? tenant.accountId : tenant.zoneId
    await env.DB.prepare(`UPDATE ${table} SET enabled = 0 WHERE id = ?1`).bind(id).run()
    await addRecord(tenant.accountId, host)
    expect(await selectHostnameTrust(env.DB, host)).toEqual(nothing({ enabled: false }))
  })

  it('has the mode and the forwarding of its owner', async () => {
    await putMode(tenant.accountId, host)
    await putSetting(tenant.accountId, host, 1)
    expect(await selectHostnameTrust(env.DB, host)).toEqual(nothing({ mode: 'report', forwarding: true }))
    expect(await selectHostnameTrust(env.DB, `b.${host}`)).toEqual(nothing())
  })

  it('is not forwarded by a setting for something else', async () => {
    await putSetting(tenant.accountId, host, 0)
    expect(await selectHostnameTrust(env.DB, host)).toEqual(nothing())
  })

  it('loses what was set when another account takes it over with a more specific zone', async () => {
    await putMode(tenant.accountId, host)
    await putSetting(tenant.accountId, host, 1)
    const id = await addRecord(tenant.accountId, host)
    await insertCrl(id, [])
    const { accountId } = await freshTenant()
    await addZone(accountId, host, { id: freshId() })
    expect(await selectHostnameTrust(env.DB, host)).toEqual(nothing({ accountId }))
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
    const trust = await selectHostnameTrust(env.DB, host)
    expect(trust).toMatchObject({ revocable, bundles: [{}] })
  })

  it.each<[string, () => Promise<string>]>([
    ['its own zone', () => addRecord(tenant.accountId, host, { zone_id: tenant.zoneId })],
    ['another name', () => addRecord(tenant.accountId, `b.${tenant.domain}`)],
    ['another zone of the account', async () => addRecord(tenant.accountId, `b.${host}`, { zone_id: await sibling() })],
  ])('by a CRL of a record of %s', async (_, add) => {
    await insertCrl(await add(), [])
    expect(await selectHostnameTrust(env.DB, host)).toMatchObject({ revocable: true })
  })

  const sibling = () => addZone(tenant.accountId, `x.${tenant.domain}`, { id: freshId() })

  it("not by another account's CRL, nor by a block of a record of another name or zone", async () => {
    const other = await freshTenant()
    await insertCrl(await addRecord(other.accountId, host), [])
    for (const id of [
      await addRecord(tenant.accountId, `b.${tenant.domain}`),
      await addRecord(tenant.accountId, host, { zone_id: await sibling() }),
    ]) {
      await insertRow('blocked_serials', blockedRow(id))
    }
    await addRecord(tenant.accountId, host)
    expect(await selectHostnameTrust(env.DB, host)).toMatchObject({ revocable: false, bundles: [{}] })
  })
})
