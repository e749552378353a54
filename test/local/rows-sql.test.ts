import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { restoreSnapshot, takeSnapshot } from '../../src/local/rows-sql.ts'
import { dumpDatabase } from '../support/dump.ts'
import { fill } from '../support/fill.ts'
import { clientOf, newService } from '../support/local.ts'
import { freshTenant, soundBody } from '../support/requests.ts'

const schema = async () =>
  (await env.DB.prepare('SELECT type, name, sql FROM sqlite_master ORDER BY type, name').all()).results

it('rows come back as they were, whatever was added, changed and deleted, and the schema with its triggers too', async () => {
  const tenant = await freshTenant()
  const ask = clientOf(newService(), tenant.authorization)
  const path = `/accounts/${tenant.accountId}/access/certificates`
  const first = await ask('POST', path, soundBody({ associated_hostnames: [tenant.domain] }))
  expect(first.status).toBe(201)
  const snapshot = await takeSnapshot(env.DB)
  const before = { rows: await dumpDatabase(), schema: await schema() }

  const { id } = first.result as { readonly id: string }
  expect((await ask('PUT', `${path}/${id}`, {})).status).toBe(200)
  expect((await ask('DELETE', `${path}/${id}`)).status).toBe(200)
  expect((await ask('POST', path, soundBody())).status).toBe(201)
  const settings = [{ hostname: tenant.domain, client_certificate_forwarding: true }]
  expect((await ask('PUT', `${path}/settings`, { settings })).status).toBe(202)
  const { accountId } = await freshTenant()
  await fill(accountId, null, 1_000)
  expect(await dumpDatabase()).not.toEqual(before.rows)

  await restoreSnapshot(env.DB, snapshot)
  expect({ rows: await dumpDatabase(), schema: await schema() }).toEqual(before)
})

it('a snapshot has every table of the schema', async () => {
  const { tables, triggers } = await takeSnapshot(env.DB)
  const all = await schema()
  const names = (type: string) => all.filter((row) => row['type'] === type).map((row) => row['name'])
  const ours = names('table').filter((name) => !/^(?:_cf_|sqlite_|d1_)/.test(String(name)))
  expect(tables.map(({ name }) => name).sort()).toEqual(ours)
  expect(triggers.map(({ name }) => name).sort()).toEqual(names('trigger'))
})

it('a large row comes back, though its text would be longer than SQLite takes', async () => {
  const { accountId } = await freshTenant()
  await fill(accountId, null, 1)
  await env.DB.prepare('UPDATE certificate_chain SET der = zeroblob(200000)').run()
  const snapshot = await takeSnapshot(env.DB)
  const rows = await dumpDatabase()
  await restoreSnapshot(env.DB, snapshot)
  expect(await dumpDatabase()).toEqual(rows)
})
