import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { selectHostname } from '../../src/edge/hostname-sql.ts'
import { type CallOptions, post } from '../support/api.ts'
import { type CrlTenant, crlTenantInUse } from '../support/crl.ts'
import { edgeOf } from '../support/edge-routes.ts'
import { add, get, put, remove } from '../support/family.ts'
import { fill } from '../support/fill.ts'
import { meteredD1 } from '../support/metered-db.ts'
import { pem } from '../support/pki.ts'
import { soundBody } from '../support/requests.ts'
import { addZone, limit } from '../support/tenants.ts'
import { issue } from '../support/x509/chain.ts'

/** The rows that a request reads do not depend on the size of its account. */

let tenant: CrlTenant
/** The number that is added each time. */
const MORE = { certificates: 1_000, zones: 20 }

/** Adds this number of certificates and zones to the account once more. */
async function grow(time: number): Promise<void> {
  await fill(tenant.accountId, null, MORE.certificates, time * MORE.certificates + 1)
  for (let i = 0; i < MORE.zones; i += 1) await addZone(tenant.accountId, `z${time}-${i}.example`)
}

type Options = Pick<CallOptions, 'env'>
interface Operation {
  readonly what: string
  readonly status: number
  readonly send: (options: Options) => Promise<{ readonly status: number }>
}

const hostnames = () => [tenant.domain, `a.${tenant.domain}`]

const OPERATIONS: readonly Operation[] = [
  {
    what: 'POST',
    status: 201,
    send: (options) =>
      post(tenant.accountPath, tenant.authorization, soundBody({ associated_hostnames: hostnames() }), options),
  },
  { what: 'GET of the list', status: 200, send: (options) => get(tenant.accountPath, tenant.authorization, options) },
  { what: 'GET', status: 200, send: (options) => get(tenant.record, tenant.authorization, options) },
  {
    what: 'PUT',
    status: 200,
    send: (options) => put(tenant.record, tenant.authorization, { associated_hostnames: [tenant.domain] }, options),
  },
  {
    what: 'PUT of settings',
    status: 202,
    send: (options) => {
      const settings = [{ hostname: tenant.domain, client_certificate_forwarding: true }]
      return put(`${tenant.accountPath}/settings`, tenant.authorization, { settings }, options)
    },
  },
  {
    what: 'GET of a hostname',
    status: 200,
    send: (options) =>
      get(`${edgeOf('accounts', tenant.accountId)}/hostnames/${tenant.domain}`, tenant.authorization, options),
  },
  {
    what: 'GET of quotas',
    status: 200,
    send: (options) => get(`${edgeOf('accounts', tenant.accountId)}/quotas`, tenant.authorization, options),
  },
  {
    what: 'verify',
    status: 200,
    send: async (options) => {
      const { der } = await issue({ by: tenant.ca })
      const body = { hostname: tenant.domain, certificate: pem(der) }
      return post(`${edgeOf('accounts', tenant.accountId)}/verify`, tenant.authorization, body, options)
    },
  },
  {
    what: "the edge's look-up",
    status: 0,
    send: async ({ env: bindings }) => {
      if (bindings?.DB === undefined) throw new Error('a database is wanted')
      await selectHostname(bindings.DB, { ascii: tenant.domain, records: true, version: undefined, known: [] })
      return { status: 0 }
    },
  },
]

const NEWEST = '(SELECT id FROM certificates ORDER BY sequence DESC LIMIT 1)'
const WITHOUT_NEWEST = [
  `DELETE FROM certificate_hostnames WHERE certificate_id = ${NEWEST}`,
  `DELETE FROM certificates WHERE id = ${NEWEST}`,
] as const

/** Rows that each statement of a request read. */
async function rowsRead({ what, status, send }: Operation): Promise<readonly number[]> {
  const { db, carried } = meteredD1()
  expect((await send({ env: { ...env, DB: db } })).status).toBe(status)
  // Deleted again, so that the hostname has as many certificates as before.
  if (what === 'POST') await env.DB.batch(WITHOUT_NEWEST.map((sql) => env.DB.prepare(sql)))
  return carried.map((statement) => statement.rowsRead)
}

beforeAll(async () => {
  tenant = await crlTenantInUse()
  await limit(tenant.accountId, { certificates: 10_000 })
  await grow(0)
})

describe('an account that grows from 1,000 certificates to 2,000', () => {
  const before = new Map<string, readonly number[]>()
  beforeAll(async () => {
    for (const operation of OPERATIONS) {
      // The first request leaves what later ones find: a setting, and former hostnames of the account.
      await rowsRead(operation)
      before.set(operation.what, await rowsRead(operation))
    }
    await grow(1)
  })

  it.each(OPERATIONS)('reads no more for $what', async (operation) => {
    const rows = await rowsRead(operation)
    const earlier = before.get(operation.what) ?? []
    expect(rows).toHaveLength(earlier.length)
    // A search by a key that is not there also reads the entry after its place, if there is one.
    for (const [i, count] of rows.entries()) expect(count).toBeLessThanOrEqual((earlier[i] ?? 0) + 1)
    expect(rows.every((count) => count > 0)).toBe(true)
  })

  it('reads no more for DELETE', async () => {
    const removed: (readonly number[])[] = []
    for (const time of [2, 3]) {
      const { path } = await add(tenant.accountPath, tenant.authorization)
      const send = (options: Options) => remove(path, tenant.authorization, options)
      removed.push(await rowsRead({ what: 'DELETE', status: 200, send }))
      await grow(time)
    }
    const [first = [], second = []] = removed
    expect(second).toHaveLength(first.length)
    // In two indexes, SQLite also reads the next entry. Whether there is one depends on the ids, which are random.
    for (const [index, rows] of second.entries()) expect(Math.abs(rows - (first[index] ?? 0))).toBeLessThanOrEqual(2)
  })
})
