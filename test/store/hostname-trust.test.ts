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

describe('a hostname', () => {
  it('in no zone is nobody’s', async () => {
    const trust = await selectHostnameTrust(env.DB, 'a.nobody.example')
    expect(trust).toEqual({ ...NOTHING, owned: false, enabled: false })
  })

  it('of a zone without anything has the defaults', async () => {
    expect(await selectHostnameTrust(env.DB, host)).toEqual(NOTHING)
  })

  it.each(['accounts', 'zones'])('is owned, but not enabled, where Access is off in %s', async (table) => {
    const id = table === 'accounts' ? tenant.accountId : tenant.zoneId
    await env.DB.prepare(`UPDATE ${table} SET enabled = 0 WHERE id = ?1`).bind(id).run()
    await addRecord(tenant.accountId, host)
    expect(await selectHostnameTrust(env.DB, host)).toEqual({ ...NOTHING, enabled: false })
  })

  it('has the mode and the forwarding of its owner', async () => {
    await putMode(tenant.accountId, host)
    await putSetting(tenant.accountId, host, 1)
    expect(await selectHostnameTrust(env.DB, host)).toEqual({ ...NOTHING, mode: 'report', forwarding: true })
    expect(await selectHostnameTrust(env.DB, `b.${host}`)).toEqual(NOTHING)
  })

  it('is not forwarded by a setting for something else', async () => {
    await putSetting(tenant.accountId, host, 0)
    expect(await selectHostnameTrust(env.DB, host)).toEqual(NOTHING)
  })

  it('loses what was set when another account takes it over with a more specific zone', async () => {
    await putMode(tenant.accountId, host)
    await putSetting(tenant.accountId, host, 1)
    const id = await addRecord(tenant.accountId, host)
    await insertCrl(id, [])
    await addZone((await freshTenant()).accountId, host, { id: freshId() })
    expect(await selectHostnameTrust(env.DB, host)).toEqual(NOTHING)
  })
})

describe('a hostname is revocable', () => {
  it.each<[string, (id: string) => Promise<unknown>, boolean]>([
    ['with a current CRL', (id) => insertCrl(id, []), true],
    ['with one that is loading', (id) => insertCrl(id, [], { state: 'loading' }), true],
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

  it('by a record of its own zone', async () => {
    await insertCrl(await addRecord(tenant.accountId, host, { zone_id: tenant.zoneId }), [])
    expect(await selectHostnameTrust(env.DB, host)).toMatchObject({ revocable: true })
  })

  it("not by records of another name, another zone or another account's", async () => {
    const sibling = await addZone(tenant.accountId, `x.${tenant.domain}`, { id: freshId() })
    const other = await freshTenant()
    await insertCrl(await addRecord(tenant.accountId, `b.${tenant.domain}`), [])
    await insertCrl(await addRecord(tenant.accountId, host, { zone_id: sibling }), [])
    await insertCrl(await addRecord(other.accountId, host), [])
    await addRecord(tenant.accountId, host)
    expect(await selectHostnameTrust(env.DB, host)).toMatchObject({ revocable: false, bundles: [{}] })
  })
})
