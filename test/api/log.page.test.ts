import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import page from '../../docs/operate.md?raw'
import { newIsolate } from '../../src/api/router.ts'
import type { LogEntry } from '../../src/core/log.ts'
import { runJobs } from '../../src/jobs/index.ts'
import { type Afterwards, call, post } from '../support/api.ts'
import { awayDatabase } from '../support/away-db.ts'
import { jobAmbient } from '../support/jobs.ts'
import { client, origin, setUp, tlsClientAuth } from '../support/protected.ts'
import { soundBody } from '../support/requests.ts'
import { issue } from '../support/x509/chain.ts'

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
  await runJobs(env, jobAmbient(0, { log: (entry) => log.push(entry) }))
  const auth = tlsClientAuth(await client(gateway.root))
  await gateway.send({ auth, headers: { 'cf-connecting-ip': '192.0.2.7' } })
  const stranger = tlsClientAuth(await client(await issue({ cn: 'stranger' })))
  await gateway.send({ auth: stranger })
  await gateway.send({ auth, env: { ORIGIN: origin(() => Promise.reject(new Error('x'))).binding } })
  const mode = `/edge/v1/accounts/${accountId}/hostnames/${gateway.hostname}`
  await post(mode, authorization, { mode: 'report' }, { method: 'PUT' })
  await gateway.send({ auth: tlsClientAuth(), at: 1_780_272_000_000 + 10_000 })
  return [...log, ...gateway.log]
}

it('has the events and fields that are written', async () => {
  const written = await lines()
  const events = new Set(written.map(({ event }) => event))
  expect(listed('Events').toSorted()).toEqual([...events, 'trust_unavailable'].toSorted())
  const fields = written.flatMap((line) => Object.keys(line).filter((key) => line[key] !== undefined))
  expect(listed('Fields').toSorted()).toEqual([...new Set(['time', ...fields])].toSorted())
})
