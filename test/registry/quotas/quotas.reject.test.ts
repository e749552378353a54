import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Answer } from '../../support/api.ts'
import { countingDatabase } from '../../support/counting-db.ts'
import { type CrlTenant, crlTenant, putCrl } from '../../support/crl.ts'
import { edgeOf } from '../../support/edge-routes.ts'
import { faults, outcome, put } from '../../support/family.ts'
import { pem } from '../../support/pki.ts'
import { limit } from '../../support/tenants.ts'
import { issueCrl, manyEntries } from '../../support/x509/make-crl.ts'

/** A request without room is refused with 12130, and leaves nothing behind. */

let tenant: CrlTenant
beforeEach(async () => {
  tenant = await crlTenant(3)
})

const reached = (what: string, quota: number, used: number, added: number) => [
  [
    undefined,
    `maximum number of ${what} has been reached: the account and its zones may have ${quota} and have ${used}, and this request adds ${added}; delete some, or have the quota raised`,
  ],
]

/** All rows that a request may add. */
async function rows(): Promise<unknown> {
  const tables = ['hostname_settings', 'hostname_modes', 'blocked_serials', 'crls', 'crl_authorities', 'crl_entries']
  const counts = tables.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`)
  const account = env.DB.prepare('SELECT * FROM accounts WHERE id = ?1').bind(tenant.accountId).first()
  return [await env.DB.prepare(`SELECT ${counts}`).first(), await account]
}

const forward = (count: number, more: readonly object[] = []) =>
  put(`${tenant.accountPath}/settings`, tenant.authorization, {
    settings: [
      ...Array.from({ length: count }, (_, i) => ({
        hostname: `h${i}.${tenant.domain}`,
        client_certificate_forwarding: true,
      })),
      ...more,
    ],
  })

const upload = async (by: number, number: number, entries: number) => {
  const ca = tenant.cas[by] ?? tenant.ca
  return putCrl(tenant, await issueCrl(ca, { number, revoked: manyEntries(entries) }))
}

describe('a quota that is reached refuses', () => {
  it.each<[string, () => Promise<unknown>, () => Promise<Answer>, unknown]>([
    ['a setting', () => forward(3), () => forward(4), reached('hostname settings', 3, 3, 1)],
    ['more settings than have room', () => forward(2), () => forward(5), reached('hostname settings', 3, 2, 3)],
    [
      'a mode',
      () =>
        put(`${edgeOf('zones', tenant.zoneId)}/hostnames/a.${tenant.domain}`, tenant.authorization, { mode: 'report' }),
      () =>
        put(`${edgeOf('zones', tenant.zoneId)}/hostnames/b.${tenant.domain}`, tenant.authorization, { mode: 'report' }),
      reached('hostname modes', 1, 1, 1),
    ],
    [
      'a serial number',
      () => put(`${tenant.edge}/blocked_serials/ff01`, tenant.authorization, ''),
      () => put(`${tenant.edge}/blocked_serials/0b`, tenant.authorization, ''),
      reached('blocked serial numbers', 1, 1, 1),
    ],
    ['a CRL', () => upload(0, 1, 3), () => upload(1, 1, 0), reached('CRLs', 1, 1, 1)],
    ['entries', () => upload(0, 1, 3), () => upload(0, 2, 3), reached('CRL entries', 5, 3, 3)],
  ])('%s', async (_, fill, send, expected) => {
    await fill()
    await limit(tenant.accountId, { settings: 3, modes: 1, blockedSerials: 1, crls: 1, crlEntries: 5 })
    const before = await rows()
    expect(faults(await send())).toEqual(expected)
    expect(await rows()).toEqual(before)
  })

  it('several CRLs at once, all of them', async () => {
    await limit(tenant.accountId, { crls: 2 })
    const ders = await Promise.all(tenant.cas.map((ca) => issueCrl(ca)))
    const body = new Blob(ders.map((der) => pem(der, 'X509 CRL')))
    const before = await rows()
    expect(faults(await putCrl(tenant, body))).toEqual(reached('CRLs', 2, 0, 3))
    expect(await rows()).toEqual(before)
  })
})

describe('another reason comes before the quota:', () => {
  beforeEach(() => limit(tenant.accountId, { settings: 0, modes: 0, blockedSerials: 0 }))

  it('a foreign hostname of a setting', async () => {
    expect(outcome(await forward(1, [{ hostname: 'a.example.org', client_certificate_forwarding: true }]))).toEqual([
      400, 12036,
    ])
  })

  it('a foreign hostname of a mode, or an unknown mode', async () => {
    const path = `${edgeOf('accounts', tenant.accountId)}/hostnames`
    const foreign = await put(`${path}/a.example.org`, tenant.authorization, { mode: 'report' })
    expect(faults(foreign)).toEqual([[undefined, expect.stringContaining('does not belong to zone')]])
    const none = await put(`${path}/a.${tenant.domain}`, tenant.authorization, { mode: 'off' })
    expect(faults(none)).toEqual([['/mode', expect.stringContaining('must be "required", "report" or "open"')]])
  })

  it('a malformed serial number', async () => {
    const answer = await put(`${tenant.edge}/blocked_serials/xyz`, tenant.authorization, '')
    expect(faults(answer)).toEqual([[undefined, expect.stringContaining('serial must be a serial number')]])
  })
})

/** The attack: a large CRL without room must cost no more than its first batch. */
it('of 100,000 entries without room, only 20,000 are sent to the database, and none is stored', async () => {
  await limit(tenant.accountId, { crlEntries: 99_999 })
  const der = await issueCrl(tenant.ca, { revoked: manyEntries(100_000) })
  const { db, calls } = countingDatabase(env.DB)
  const before = await rows()
  const answer = await putCrl(tenant, der, { env: { DB: db } })
  expect(faults(answer)).toEqual(reached('CRL entries', 99_999, 0, 100_000))
  // Access, the first entries, and the end; with room, there would be six calls.
  expect(calls).toEqual(['batch', 'batch', 'batch'])
  expect(await rows()).toEqual(before)
})

it('a CRL above the quota of CRLs is refused before its entries are sent', async () => {
  await limit(tenant.accountId, { crls: 0 })
  const der = await issueCrl(tenant.ca, { revoked: manyEntries(100_000) })
  const { db, calls } = countingDatabase(env.DB)
  expect(faults(await putCrl(tenant, der, { env: { DB: db } }))).toEqual(reached('CRLs', 0, 0, 1))
  expect(calls).toEqual(['batch'])
})
