import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../support/api.ts'
import { awayDatabase } from '../support/away-db.ts'
import { client, setUp, T, tlsClientAuth } from '../support/protected.ts'
import { freshId } from '../support/requests.ts'
import { addZone } from '../support/tenants.ts'
import { issue } from '../support/x509/chain.ts'

type Protected = Awaited<ReturnType<typeof setUp>>

/** Sets a hostname's mode through the API. */
async function setMode({ tenant, hostname }: Protected, mode: string, more: object = {}) {
  const answer = await call(`/edge/v1/accounts/${tenant.accountId}/hostnames/${hostname}`, {
    method: 'PUT',
    headers: { authorization: tenant.authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ mode, ...more }),
  })
  expect(answer.status).toBe(200)
}

describe('a hostname in report mode', () => {
  let gateway: Protected
  beforeAll(async () => {
    gateway = await setUp('report.example', true)
    await setMode(gateway, 'report')
  })

  it.each([
    ['without a certificate', async () => tlsClientAuth(), 'no_certificate'],
    [
      'with a certificate of another CA',
      async () => tlsClientAuth(await client(await issue({ cn: 'stranger' }))),
      'no_issuer',
    ],
    [
      'with a text that is not a certificate',
      async () => tlsClientAuth(undefined, [], { certPresented: '1', certRFC9440: ':x:' }),
      'certificate_unreadable',
    ],
  ])('passes a request %s, and logs what it would have refused', async (_, auth, code) => {
    const { send, behind, log } = gateway
    const before = log.length
    const answer = await send({ auth: await auth(), headers: { 'client-cert': ':AAAA:' } })
    expect([answer.status, await answer.text()]).toEqual([200, 'origin'])
    // The client has proven nothing, so the origin is told nothing.
    expect([...(behind.requests.at(-1)?.headers ?? [])]).toEqual([])
    expect(log.slice(before)).toMatchObject([
      { event: 'client_would_be_refused', hostname: 'admin.report.example', code },
    ])
  })

  it('passes a good client with what it has proven, and logs no refusal', async () => {
    const { root, send, behind, log } = gateway
    const before = log.length
    expect((await send({ auth: tlsClientAuth(await client(root)) })).status).toBe(200)
    expect(behind.requests.at(-1)?.headers.has('client-cert')).toBe(true)
    expect(log.slice(before)).toMatchObject([{ event: 'client_accepted' }])
  })

  it('answers 503 while the database is away, since its mode is not known', async () => {
    const away = { ...gateway, ...(await setUp('report-away.example')) }
    await setMode(away, 'report')
    const { db } = awayDatabase(env.DB)
    expect((await away.send({ env: { DB: db } })).status).toBe(503)
  })

  it('refuses again within 10 seconds after it is set back', async () => {
    const other = await setUp('report-back.example')
    await setMode(other, 'report')
    expect((await other.send()).status).toBe(200)
    await setMode(other, 'required')
    expect((await other.send({ at: T + 9_999 })).status).toBe(200)
    expect((await other.send({ at: T + 10_000 })).status).toBe(403)
  })

  it('does not affect other hostnames', async () => {
    const { send } = await setUp('report-alone.example')
    expect((await send()).status).toBe(403)
  })

  it('refuses from its end on, also if the mode is in the cache', async () => {
    const ending = await setUp('report-ends.example')
    await setMode(ending, 'report', { until: '2026-06-01T00:00:05Z' })
    expect((await ending.send({ at: T + 4_999 })).status).toBe(200)
    expect((await ending.send({ at: T + 5_000 })).status).toBe(403)
  })

  it.each(['accounts', 'zones'])('refuses if Access is switched off in %s', async (table) => {
    const off = await setUp(`report-off-${table}.example`)
    await setMode(off, 'report')
    const id = table === 'accounts' ? off.tenant.accountId : off.tenant.zoneId
    await env.DB.prepare(`UPDATE ${table} SET enabled = 0 WHERE id = ?1`).bind(id).run()
    expect((await off.send()).status).toBe(403)
    expect(off.log).toMatchObject([{ event: 'client_refused', code: 'hostname_not_enabled' }])
  })

  it('refuses when a zone of the same account takes the hostname over', async () => {
    const taken = await setUp('report-taken.example')
    await setMode(taken, 'report')
    await addZone(taken.tenant.accountId, taken.hostname, { id: freshId() })
    expect((await taken.send()).status).toBe(403)
  })
})
