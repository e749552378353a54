import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { countingDatabase } from '../../support/counting-db.ts'
import { type CrlTenant, crlTenant, issueCa, numbersOf, putCrl } from '../../support/crl.ts'
import { edgePath } from '../../support/edge-routes.ts'
import { add, outcome } from '../../support/family.ts'
import { NOW, pem } from '../../support/pki.ts'
import { issueCrl, manyEntries } from '../../support/x509/make-crl.ts'

/** What uploads leave behind is swept out by the next ones of the account; what is still coming in is not. */

/** Entries that take three batches to come in, each of some 19,000. */
const ENTRIES = 45_000

let tenant: CrlTenant
/** Another record of the account. */
let other: CrlTenant
beforeEach(async () => {
  tenant = await crlTenant()
  const ca = await issueCa()
  const { id, path } = await add(tenant.accountPath, tenant.authorization, { certificate: pem(ca.der) })
  other = { ...tenant, id, ca, record: path, edge: edgePath(path), crlPath: `${edgePath(path)}/crl` }
})

/** CRLs that are loading, and entries that belong to none, of the tenant. */
async function left() {
  const row = await env.DB.prepare(
    `SELECT (SELECT count(*) FROM crls WHERE account_id = ?1 AND state = 'loading') AS loading,
      (SELECT count(*) FROM crl_entries WHERE crl_id IN (SELECT crl_id FROM crl_garbage WHERE account_id = ?1)) AS entries`,
  )
    .bind(tenant.accountId)
    .first()
  return row
}

/**
 * Uploads a large CRL that takes so many seconds from one call to the database to the next. `between` is awaited before each
 * call; it is told its index, from 0, and the time.
 */
async function slowUpload(seconds: number, between: (call: number, clock: number) => Promise<unknown>) {
  let clock = NOW
  const { db } = countingDatabase(env.DB, async (call) => {
    await between(call, clock)
    clock = NOW + (call + 1) * seconds
  })
  const der = await issueCrl(tenant.ca, { number: 2, revoked: manyEntries(ENTRIES) })
  return putCrl(tenant, der, { env: { DB: db }, clock: () => clock })
}

const small = async (to: CrlTenant, now: number) => {
  expect((await putCrl(to, await issueCrl(to.ca, { number: now }), { now })).status).toBe(200)
}

describe('an upload that takes minutes', () => {
  it('is left alone by others of the account, while it goes on', async () => {
    const answer = await slowUpload(110, async (call, clock) => {
      if (call > 0) await small(other, clock)
    })
    expect(answer.status).toBe(200)
    expect(await numbersOf(tenant)).toEqual(['2'])
  })

  it('is swept out where it was not heard of for more than two minutes, and leaves nothing', async () => {
    const answer = await slowUpload(0, async (call) => {
      if (call === 2) await small(other, NOW + 121)
    })
    expect(outcome(answer)).toEqual([500, 10001])
    expect(await numbersOf(tenant)).toEqual([])
    await small(other, NOW + 122)
    expect(await left()).toEqual({ loading: 0, entries: 0 })
  })

  it('is told as uploaded when its request came', async () => {
    await slowUpload(50, async () => undefined)
    const row = env.DB.prepare('SELECT uploaded_at FROM crls WHERE certificate_id = ?1').bind(tenant.id)
    expect(await row.first('uploaded_at')).toBe(NOW)
  })
})

describe('what an upload left that broke off', () => {
  beforeEach(async () => {
    const answer = await slowUpload(0, async (call) => {
      if (call === 3) throw new Error('D1 is away')
    })
    expect(outcome(answer)).toEqual([500, 10001])
    expect(await left()).toMatchObject({ loading: 1 })
  })

  it('is swept out at once by the next upload of the account, to whatever record', async () => {
    await small(other, NOW + 121)
    expect(await left()).toEqual({ loading: 0, entries: 0 })
  })

  it('is not swept out by another account', async () => {
    await small(await crlTenant(), NOW + 3_600)
    expect(await left()).toMatchObject({ loading: 1 })
  })

  it('keeps room of the quota no longer than that', async () => {
    const used = () =>
      env.DB.prepare('SELECT crl_entries FROM accounts WHERE id = ?1').bind(tenant.accountId).first('crl_entries')
    expect(await used()).toBe(ENTRIES)
    await small(other, NOW + 121)
    expect(await used()).toBe(0)
  })
})
