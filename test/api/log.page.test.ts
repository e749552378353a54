import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import page from '../../docs/operate.md?raw'
import { newIsolate } from '../../src/api/router.ts'
import type { LogEntry } from '../../src/core/log.ts'
import { runJobs } from '../../src/jobs/index.ts'
import { type Afterwards, call, post } from '../support/api.ts'
import { awayDatabase } from '../support/away-db.ts'
import { crlTenantInUse } from '../support/crl.ts'
import { jobAmbient } from '../support/jobs.ts'
import { NOW } from '../support/pki.ts'
import { client, origin, setUp, tlsClientAuth } from '../support/protected.ts'
import { soundBody } from '../support/requests.ts'
import { issue } from '../support/x509/chain.ts'
import { issueCrl } from '../support/x509/make-crl.ts'

/** docs/operate.md has every event and every field of the log, and no other. */

/** The names in the first column of the table below a heading. */
function listed(heading: string): readonly string[] {
  const [, section = ''] = page.split(`### ${heading}\n`)
  const rows = section.slice(0, section.indexOf('\n#')).matchAll(/^\| (`.*?) \|/gm)
  return [...rows].flatMap(([, names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
}

/** Lines of every event, but for that of the service binding. */
async function lines(): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const log: LogEntry[] = []
  const gateway = await setUp('page.example')
  const { accountId, authorization } = gateway.tenant
  const path = `/accounts/${accountId}/access/certificates`
  await call(`${path}/${gateway.id}`, { headers: { authorization }, log, address: '192.0.2.7' })
  await post(path, authorization, soundBody({ name: '' }), { log })
  await post(path, authorization, soundBody(), { log, env: {} })
  const afterwards: Afterwards[] = []
  const RATE_LIMITER = { limit: () => Promise.resolve({ success: false }) }
  const away = { DB: awayDatabase(env.DB).db, RATE_LIMITER }
  await post(path, authorization, soundBody(), { log, env: away, isolate: newIsolate(), afterwards })
  for (const { work } of afterwards) await work()
  const OPERATOR = {
    CRL_SOURCE_HOSTS: 'crl.example.com',
    WEBHOOK_URL: 'https://x.example/',
    WEBHOOK_SECRET: 's'.repeat(32),
  }
  const tenant = await crlTenantInUse()
  const policy = { crl_url: 'https://crl.example.com/' }
  await post(`${tenant.edge}/revocation`, tenant.authorization, policy, { method: 'PUT', env: { ...env, ...OPERATOR } })
  const crl = await issueCrl(tenant.ca)
  // The first run finds nobody; a month later, what goes stale is told.
  for (const [now, fetcher] of [
    [NOW, () => Promise.reject(new Error('x'))],
    [NOW + 300, () => Promise.resolve(new Response(crl))],
    [NOW + 35 * 86_400, () => Promise.reject(new Error('x'))],
    [NOW + 36 * 86_400, () => Promise.resolve(new Response(crl))],
  ] as const) {
    await runJobs({ ...env, ...OPERATOR }, jobAmbient(now, { fetcher, log: (entry) => log.push(entry) }))
  }
  const auth = tlsClientAuth(await client(gateway.root))
  await gateway.send({ auth, headers: { 'cf-connecting-ip': '192.0.2.7' } })
  const stranger = tlsClientAuth(await client(await issue({ cn: 'stranger' })))
  await gateway.send({ auth: stranger })
  await gateway.send({ auth, env: { ORIGIN: origin(() => Promise.reject(new Error('x'))).binding } })
  const mode = `/edge/v1/accounts/${accountId}/hostnames/${gateway.hostname}`
  await post(mode, authorization, { mode: 'report' }, { method: 'PUT' })
  await gateway.send({ auth: tlsClientAuth(), at: 1_780_272_000_000 + 10_000 })
  await post(`${mode}?dry_run=true`, authorization, { mode: 'required' }, { method: 'PUT', log })
  const stale = await setUp('page-stale.example')
  const trust = awayDatabase(env.DB)
  trust.away.now = false
  const known = tlsClientAuth(await client(stale.root))
  for (const at of [NOW * 1_000, (NOW + 20) * 1_000]) {
    await stale.send({ auth: known, at, env: { DB: trust.db, TRUST_STALE_IF_ERROR_SECONDS: '60' } })
    trust.away.now = true
  }
  const CLIENT_EVENTS = {
    writeDataPoint: () => {
      throw new Error('too many')
    },
  }
  await gateway.send({ auth, env: { CLIENT_EVENTS } })
  return [...log, ...gateway.log, ...stale.log]
}

it('has the events and fields that are written', async () => {
  const written = await lines()
  const events = new Set(written.map(({ event }) => event))
  expect(listed('Events').toSorted()).toEqual([...events, 'trust_unavailable'].toSorted())
  const fields = written.flatMap((line) => Object.keys(line).filter((key) => line[key] !== undefined))
  expect(listed('Fields').toSorted()).toEqual([...new Set(['time', ...fields])].toSorted())
})
