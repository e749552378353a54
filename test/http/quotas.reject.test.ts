import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Answer } from '../support/api.ts'
import { limit } from '../support/tenants.ts'
import { type CrlTenant, crlTenant } from './crl.ts'
import { edgeOf } from './edge.ts'
import { faults, outcome, put } from './family.ts'

/** What has no room is refused with 12130, and leaves nothing behind. */

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

/** All rows that a request may leave. */
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
  ])('%s', async (_, fill, send, expected) => {
    await fill()
    await limit(tenant.accountId, { settings: 3, modes: 1, blockedSerials: 1 })
    const before = await rows()
    expect(faults(await send())).toEqual(expected)
    expect(await rows()).toEqual(before)
  })
})

describe('what is refused for another reason is told so first:', () => {
  beforeEach(() => limit(tenant.accountId, { settings: 0, modes: 0, blockedSerials: 0 }))

  it('a hostname of a setting that is not theirs', async () => {
    expect(outcome(await forward(1, [{ hostname: 'a.example.org', client_certificate_forwarding: true }]))).toEqual([
      400, 12036,
    ])
  })

  it('a hostname of a mode that is not theirs, or a mode that is none', async () => {
    const path = `${edgeOf('accounts', tenant.accountId)}/hostnames`
    const foreign = await put(`${path}/a.example.org`, tenant.authorization, { mode: 'report' })
    expect(faults(foreign)).toEqual([[undefined, expect.stringContaining('does not belong to zone')]])
    const none = await put(`${path}/a.${tenant.domain}`, tenant.authorization, { mode: 'off' })
    expect(faults(none)).toEqual([['/mode', expect.stringContaining('must be "required" or "report"')]])
  })

  it('a serial number that is none', async () => {
    const answer = await put(`${tenant.edge}/blocked_serials/xyz`, tenant.authorization, '')
    expect(faults(answer)).toEqual([[undefined, expect.stringContaining('serial must be a serial number')]])
  })
})
