import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../support/api.ts'
import { awayDatabase } from '../support/away-db.ts'
import { issue } from '../x509/path/chain.ts'
import { client, setUp, T, tlsClientAuth } from './protected.ts'

type Protected = Awaited<ReturnType<typeof setUp>>

/** Sets a hostname's mode through the API. */
async function setMode({ tenant, hostname }: Protected, mode: string) {
  const answer = await call(`/edge/v1/accounts/${tenant.accountId}/hostnames/${hostname}`, {
    method: 'PUT',
    headers: { authorization: tenant.authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ mode }),
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
    ['nobody’s', async () => tlsClientAuth(), 'no_certificate'],
    ['a stranger’s', async () => tlsClientAuth(await client(await issue({ cn: 'stranger' }))), 'no_issuer'],
    [
      'what is no certificate',
      async () => tlsClientAuth(undefined, [], { certPresented: '1', certRFC9440: ':x:' }),
      'certificate_unreadable',
    ],
  ])('passes %s request, and logs what it would have refused', async (_, auth, code) => {
    const { send, behind, log } = gateway
    const before = log.length
    const answer = await send({ auth: await auth(), headers: { 'client-cert': ':AAAA:' } })
    expect([answer.status, await answer.text()]).toEqual([200, 'origin'])
    // Nothing was proven, so nothing is told.
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

  it('is 503 all the same while the database is away: which mode it has is not known', async () => {
    const away = { ...gateway, ...(await setUp('report-away.example')) }
    await setMode(away, 'report')
    const { db } = awayDatabase(env.DB)
    expect((await away.send({ env: { DB: db } })).status).toBe(503)
  })

  it('refuses again within 10 seconds of being set back', async () => {
    const other = await setUp('report-back.example')
    await setMode(other, 'report')
    expect((await other.send()).status).toBe(200)
    await setMode(other, 'required')
    expect((await other.send({ at: T + 9_999 })).status).toBe(200)
    expect((await other.send({ at: T + 10_000 })).status).toBe(403)
  })

  it('is of that hostname alone', async () => {
    const { send } = await setUp('report-alone.example')
    expect((await send()).status).toBe(403)
  })
})
