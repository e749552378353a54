import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { toHex } from '../../../src/core/bytes.ts'
import { manySerial } from '../../../src/testing/crl.ts'
import { countingDatabase } from '../../support/counting-db.ts'
import { type CrlTenant, crlTenant, issueCa, putCrl } from '../../support/crl.ts'
import { edgePath } from '../../support/edge-routes.ts'
import { add, outcome, remove } from '../../support/family.ts'
import { NOW, pem } from '../../support/pki.ts'
import { revocationOf } from '../../support/revocation.ts'
import { issueCrl, manyEntries } from '../../support/x509/make-crl.ts'

/** Requests during the upload of a CRL, which takes several batches. */

let tenant: CrlTenant
beforeEach(async () => {
  // What earlier tests left would be deleted in this one.
  await run("DELETE FROM crls WHERE state = 'loading'")
  await run('DELETE FROM crl_entries WHERE crl_id IN (SELECT crl_id FROM crl_garbage)')
  await run('DELETE FROM crl_garbage')
  tenant = await crlTenant()
})

/** Entries for three batches of some 19,000 each. */
const ENTRIES = 45_000

/** A large CRL. CRLs of different numbers have serial numbers of different lengths, hence none in common. */
const large = (number: number) =>
  issueCrl(tenant.ca, { number, revoked: manyEntries(ENTRIES, { serialBytes: 14 + number }) })
const serialsOf = (number: number) => [0, 1, ENTRIES - 1].map((i) => toHex(manySerial(i, 14 + number)))

/** Uploads a CRL; `between` is awaited before each call to the database, with the index of the call, from 0. */
function upload(der: Uint8Array, between: (call: number) => Promise<unknown>, now = NOW) {
  const { db, calls } = countingDatabase(env.DB, async (call) => {
    await between(call)
  })
  return putCrl(tenant, der.slice(), { env: { DB: db }, now }).then((answer) => ({ answer, calls }))
}

/** The CRL numbers whose entries decisions find, and the number of the CRL that they find. */
async function seen(...numbers: readonly number[]) {
  const { crls, entries } = await revocationOf([tenant.id], numbers.flatMap(serialsOf))
  const found = new Set(entries.map(({ serial }) => serial))
  return {
    current: crls.map(({ number = '' }) => Number.parseInt(number, 16)),
    entries: numbers.map((number) => serialsOf(number).filter((serial) => found.has(serial)).length),
  }
}

const run = (sql: string, ...params: readonly (string | number)[]) =>
  env.DB.prepare(sql)
    .bind(...params)
    .run()

/** Entries without a CRL, and notes of deleted CRLs. */
async function leftovers() {
  const [crls, entries, garbage] = await env.DB.batch<{ n: number }>(
    [
      'SELECT count(*) AS n FROM crls WHERE certificate_id = ?1',
      'SELECT count(*) AS n FROM crl_entries WHERE crl_id NOT IN (SELECT id FROM crls) AND ?1 = ?1',
      'SELECT count(*) AS n FROM crl_garbage WHERE ?1 = ?1',
    ].map((sql) => env.DB.prepare(sql).bind(tenant.id)),
  )
  return { crls: crls?.results[0]?.n, entries: entries?.results[0]?.n, garbage: garbage?.results[0]?.n }
}

/** An upload to another record of the account, which sweeps all of the account. */
async function sweep(now = NOW) {
  const ca = await issueCa()
  const { path } = await add(tenant.accountPath, tenant.authorization, { certificate: pem(ca.der) })
  const other = { ...tenant, crlPath: `${edgePath(path)}/crl` }
  expect((await putCrl(other, await issueCrl(ca), { now })).status).toBe(200)
}

describe('during the upload of a CRL', () => {
  it('decisions see all of the earlier CRL, and then all of the new one', async () => {
    await putCrl(tenant, await large(1))
    const during: unknown[] = []
    const { answer, calls } = await upload(await large(2), async (call) => {
      if (call > 0) during.push(await seen(1, 2))
    })
    expect(answer.status).toBe(200)
    expect(calls).toEqual(['batch', 'batch', 'batch', 'batch'])
    expect(during).toEqual(Array.from({ length: 3 }, () => ({ current: [1], entries: [3, 0] })))
    expect(await seen(1, 2)).toEqual({ current: [2], entries: [0, 3] })
  })

  it.each([0, 1, 2, 3])('another with a higher number, before call %i, remains', async (at) => {
    const higher = await large(2)
    const { answer } = await upload(await large(1), async (call) => {
      if (call === at) expect((await putCrl(tenant, higher)).status).toBe(200)
    })
    expect(outcome(answer)).toEqual([409, 12132])
    expect(await seen(1, 2)).toEqual({ current: [2], entries: [0, 3] })
  })

  it.each([0, 1, 2, 3])('another with a lower number, before call %i, is replaced', async (at) => {
    const lower = await large(1)
    const { answer } = await upload(await large(2), async (call) => {
      if (call === at) expect((await putCrl(tenant, lower)).status).toBe(200)
    })
    expect(answer.status).toBe(200)
    expect(await seen(1, 2)).toEqual({ current: [2], entries: [0, 3] })
  })

  it('four more at once leave all of the one with the highest number', async () => {
    const crls = await Promise.all([3, 1, 5, 2, 4].map((number) => large(number)))
    const answers = await Promise.all(crls.map((der) => putCrl(tenant, der)))
    expect(answers[2]?.status).toBe(200)
    for (const { status } of answers) expect([200, 409]).toContain(status)
    expect(await seen(1, 2, 3, 4, 5)).toEqual({ current: [5], entries: [0, 0, 0, 0, 3] })
  })

  it('the same at once is stored once, and answered twice', async () => {
    const der = await large(1)
    const { answer } = await upload(der, async (call) => {
      if (call === 2) expect((await putCrl(tenant, der)).body.messages.map(({ code }) => code)).toEqual([12929])
    })
    expect(answer.status).toBe(200)
    // Only the one that stored it says that it covers nothing in use.
    expect(answer.body.messages).toEqual([])
    expect(await seen(1)).toEqual({ current: [1], entries: [3] })
    expect((await leftovers()).crls).toBe(1)
  })

  it.each([1, 2, 3])('its record is deleted before call %i: it is not found, and nothing remains', async (at) => {
    const { answer } = await upload(await large(1), async (call) => {
      if (call === at) expect((await remove(tenant.record, tenant.authorization)).status).toBe(200)
    })
    expect(outcome(answer)).toEqual([404, 12135])
    await sweep()
    await sweep()
    expect(await leftovers()).toEqual({ crls: 0, entries: 0, garbage: 0 })
  })

  it.each([1, 2, 3])('the CRLs are deleted before call %i: it is stored afterwards', async (at) => {
    await putCrl(tenant, await large(1))
    const { answer } = await upload(await large(2), async (call) => {
      if (call === at) expect((await remove(tenant.crlPath, tenant.authorization)).body.result).toEqual({ deleted: 1 })
    })
    expect(answer.status).toBe(200)
    expect(await seen(1, 2)).toEqual({ current: [2], entries: [0, 3] })
  })

  it.each<[string, string, readonly number[]]>([
    ['the token is disabled', "UPDATE credentials SET status = 'disabled'", [401, 10000]],
    ['the grant is taken away', 'DELETE FROM grants', [403, 10000]],
    ['Access is switched off', 'UPDATE accounts SET enabled = 0', [403, 9999]],
  ])('%s: it does not become current', async (_, sql, expected) => {
    await putCrl(tenant, await large(1))
    const account = 'WHERE account_id = ?1'
    const condition = sql.includes('credentials')
      ? `WHERE id IN (SELECT credential_id FROM grants ${account})`
      : sql.includes('grants')
        ? account
        : 'WHERE id = ?1'
    const { answer } = await upload(await large(2), async (call) => {
      if (call === 3) await run(`${sql} ${condition}`, tenant.accountId)
    })
    expect(outcome(answer)).toEqual(expected)
    expect(await seen(1, 2)).toEqual({ current: [1], entries: [3, 0] })
    expect((await leftovers()).crls).toBe(1)
  })
})

describe('an upload that breaks off', () => {
  const breakOff = async (at: number) => {
    const { answer } = await upload(await large(2), async (call) => {
      if (call === at) throw new Error('D1 is away')
    })
    expect(outcome(answer)).toEqual([500, 10001])
  }

  it.each([1, 2, 3])('at call %i does not change the earlier CRL', async (at) => {
    await putCrl(tenant, await large(1))
    await breakOff(at)
    expect(await seen(1, 2)).toEqual({ current: [1], entries: [3, 0] })
    expect((await putCrl(tenant, await large(2))).status).toBe(200)
    expect(await seen(1, 2)).toEqual({ current: [2], entries: [0, 3] })
  })

  it('is deleted by the first upload of the account after two minutes, not earlier', async () => {
    await breakOff(3)
    const loading = () => leftovers().then(({ crls }) => crls)
    await sweep(NOW + 120)
    expect(await loading()).toBe(1)
    await sweep(NOW + 121)
    expect(await leftovers()).toEqual({ crls: 0, entries: 0, garbage: 0 })
  })
})

describe('the amount that is deleted', () => {
  it('is at most 40,000 entries a batch, and in the end all', async () => {
    await putCrl(tenant, await large(1))
    await run('DELETE FROM crls WHERE certificate_id = ?1', tenant.id)
    const left = async () => (await leftovers()).entries
    expect(await left()).toBe(ENTRIES)
    await remove(tenant.crlPath, tenant.authorization)
    expect(await leftovers()).toEqual({ crls: 0, entries: ENTRIES - 40_000, garbage: 1 })
    await remove(tenant.crlPath, tenant.authorization)
    expect(await leftovers()).toEqual({ crls: 0, entries: 0, garbage: 0 })
  })

  it('is never more than a CRL of the same size that was replaced', async () => {
    for (let number = 1; number <= 4; number += 1) {
      expect((await putCrl(tenant, await large(number))).status).toBe(200)
      expect((await leftovers()).entries).toBeLessThanOrEqual(ENTRIES - 40_000)
    }
  })
})
