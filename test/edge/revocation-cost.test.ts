import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../src/core/bytes.ts'
import { selectRevocation } from '../../src/edge/revocation-sql.ts'
import { manySerial } from '../../src/testing/crl.ts'
import { crlTenant, putCrl } from '../support/crl.ts'
import { loadHostname } from '../support/edge.ts'
import { counted } from '../support/edge-routes.ts'
import { put } from '../support/family.ts'
import { meteredDatabase, queryPlan } from '../support/metered-db.ts'
import { questionOf } from '../support/revocation.ts'
import { insertCrl, insertRow } from '../support/rows.ts'
import { issueCrl, manyEntries } from '../support/x509/make-crl.ts'

/** The cost of a look-up does not depend on the number of entries. */

const serial = (index: number) => toHex(manySerial(index))
/** No entry has this serial number: the index is past the last. */
const ABSENT = serial(2 ** 24)

describe('a look-up', () => {
  it('reads as many rows among 100,000 entries as among 10', async () => {
    const tenant = await crlTenant()
    const costs: unknown[] = []
    for (const [i, entries] of [10, 100_000].entries()) {
      const der = await issueCrl(tenant.ca, { number: i, revoked: manyEntries(entries, { reason: 1 }) })
      expect((await putCrl(tenant, der)).body.result).toMatchObject([{ entries }])
      const { db, carried } = meteredDatabase()
      const found = await selectRevocation(db, await questionOf([tenant.id], [serial(0), serial(entries - 1), ABSENT]))
      expect(found.entries).toHaveLength(2)
      costs.push(carried.map(({ rowsRead }) => rowsRead))
    }
    expect(costs[1]).toEqual(costs[0])
    // A row for each record, CRL, CA, requested serial number and matching entry, each with at most one more.
    for (const rows of costs.flat(2)) expect(rows).toBeLessThan(12)
  })

  it('stores 100,000 entries in six calls', async () => {
    const tenant = await crlTenant()
    const der = await issueCrl(tenant.ca, { revoked: manyEntries(100_000) })
    expect(await counted((options) => putCrl(tenant, der, options))).toEqual({
      status: 200,
      calls: Array.from({ length: 6 }, () => 'batch'),
    })
    const count = env.DB.prepare(
      'SELECT count(*) AS n FROM crls JOIN crl_entries ON crl_id = id WHERE certificate_id = ?1',
    ).bind(tenant.id)
    expect(await count.first('n')).toBe(100_000)
  })

  it('uses an index at each step', async () => {
    const tenant = await crlTenant()
    await insertCrl(tenant.id, [serial(0)])
    const { db, carried } = meteredDatabase()
    await selectRevocation(db, await questionOf([tenant.id], [serial(0)]))
    const plans = await Promise.all(carried.map(queryPlan))
    expect(plans).toEqual([
      [
        'SCAN w VIRTUAL TABLE INDEX 1:',
        'SEARCH c USING INDEX crls_by_issuer (account_id=? AND issuer_key=?)',
        'SEARCH p USING PRIMARY KEY (certificate_id=?) LEFT-JOIN',
        'USE TEMP B-TREE FOR ORDER BY',
      ],
      [
        'SCAN w VIRTUAL TABLE INDEX 1:',
        'SEARCH c USING COVERING INDEX crls_by_issuer (account_id=? AND issuer_key=?)',
        'SCAN s VIRTUAL TABLE INDEX 1:',
        'SEARCH e USING PRIMARY KEY (crl_id=? AND serial=?)',
      ],
      [
        'SCAN w VIRTUAL TABLE INDEX 1:',
        'SCAN s VIRTUAL TABLE INDEX 1:',
        'SEARCH b USING PRIMARY KEY (certificate_id=? AND serial=?)',
      ],
      ['SCAN w VIRTUAL TABLE INDEX 1:', 'SEARCH c USING COVERING INDEX sqlite_autoindex_certificates_1 (id=?)'],
    ])
  })

  it('of a hostname scans no revocation table', async () => {
    const tenant = await crlTenant()
    await put(tenant.record, tenant.authorization, { associated_hostnames: [tenant.domain] })
    await insertRow('blocked_serials', { certificate_id: tenant.id, serial: '0a', blocked_at: 1 })
    const { db, carried } = meteredDatabase()
    expect(await loadHostname(tenant.domain, db)).toMatchObject({ facts: { revocable: true } })
    const steps = (await Promise.all(carried.map(queryPlan))).flat()
    expect(steps.filter((step) => /^SCAN (?:crls|blocked_serials|hostname_modes|m|s|c|h)\b/.test(step))).toEqual([])
    expect(steps.join('\n')).toMatch(/SEARCH crls USING COVERING INDEX crls_by_issuer/)
  })
})
