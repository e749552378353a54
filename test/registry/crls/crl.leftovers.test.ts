import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { countingDatabase } from '../../support/counting-db.ts'
import { type CrlTenant, crlTenant, issueCa, numbersOf, putCrl } from '../../support/crl.ts'
import { edgePath } from '../../support/edge-routes.ts'
import { add, outcome } from '../../support/family.ts'
import { NOW, pem } from '../../support/pki.ts'
import { issueCrl, manyEntries } from '../../support/x509/make-crl.ts'

/** The account's next upload deletes what broken-off uploads left, but not an upload that is still going on. */

/** Entries for three batches of some 19,000 each. */
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

/** The tenant's CRLs that are loading, and its entries without a CRL. */
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
 * Uploads a large CRL with this number of seconds between two calls to the database. `between` is awaited before each call,
 * with the index of the call, from 0, and the time.
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
  it('is not touched by other uploads of the account while it goes on', async () => {
    const answer = await slowUpload(110, async (call, clock) => {
      if (call > 0) await small(other, clock)
    })
    expect(answer.status).toBe(200)
    expect(await numbersOf(tenant)).toEqual(['2'])
  })

  it('is deleted after a pause of more than two minutes, and leaves nothing', async () => {
    const answer = await slowUpload(0, async (call) => {
      if (call === 2) await small(other, NOW + 121)
    })
    expect(outcome(answer)).toEqual([500, 10001])
    expect(await numbersOf(tenant)).toEqual([])
    await small(other, NOW + 122)
    expect(await left()).toEqual({ loading: 0, entries: 0 })
  })

  it('has the time of its request as uploaded_at', async () => {
    await slowUpload(50, async () => undefined)
    const row = env.DB.prepare('SELECT uploaded_at FROM crls WHERE certificate_id = ?1').bind(tenant.id)
    expect(await row.first('uploaded_at')).toBe(NOW)
  })
})

describe('what a broken-off upload left', () => {
  beforeEach(async () => {
    const answer = await slowUpload(0, async (call) => {
      if (call === 3) throw new Error('D1 is away')
    })
    expect(outcome(answer)).toEqual([500, 10001])
    expect(await left()).toMatchObject({ loading: 1 })
  })

  it('is deleted by the next upload of the account, to any record', async () => {
    await small(other, NOW + 121)
    expect(await left()).toEqual({ loading: 0, entries: 0 })
  })

  it('is not deleted by another account', async () => {
    await small(await crlTenant(), NOW + 3_600)
    expect(await left()).toMatchObject({ loading: 1 })
  })

  it('counts for the quota until then only', async () => {
    const used = () =>
      env.DB.prepare('SELECT crl_entries FROM accounts WHERE id = ?1').bind(tenant.accountId).first('crl_entries')
    expect(await used()).toBe(ENTRIES)
    await small(other, NOW + 121)
    expect(await used()).toBe(0)
  })
})
