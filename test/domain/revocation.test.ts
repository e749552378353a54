import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadRevocation } from '../../src/domain/revocation.ts'
import { selectHostnameTrust } from '../../src/store/trust-anchors.ts'
import { NOTHING_REVOKED } from '../../src/x509/path/revocation.ts'
import { type CrlTenant, crlTenant, putCrl } from '../http/crl.ts'
import { edgePath } from '../http/edge.ts'
import { put } from '../http/family.ts'
import { countingDatabase } from '../support/counting-db.ts'
import { int } from '../support/der.ts'
import { NOW } from '../support/pki.ts'
import { issueCrl } from '../x509/crl/make-crl.ts'
import { issue } from '../x509/path/chain.ts'
import { certificateOf } from '../x509/path/revocations.ts'

/** What a decision is told: rows of the database, with the CAs they speak of. */

let tenant: CrlTenant
const revokedAt = Date.parse('2026-05-01T12:00:00Z') / 1000
beforeAll(async () => {
  tenant = await crlTenant(2)
  await put(tenant.record, tenant.authorization, { associated_hostnames: [tenant.domain] })
  const [, second] = tenant.cas
  if (second === undefined) throw new Error('two CAs')
  await putCrl(tenant, await issueCrl(second, { number: 0x20, revoked: [{ serial: 7, reason: 1 }, { serial: 8 }] }))
  await put(`${edgePath(tenant.record)}/blocked_serials/0a`, tenant.authorization, '')
})

const bundlesOf = async () => (await selectHostnameTrust(env.DB, tenant.domain)).bundles

/** Certificates with these serial numbers. */
const withSerials = (...serials: readonly number[]) =>
  Promise.all(serials.map(async (serial) => certificateOf(await issue({ serial: int(serial) }))))

const load = async (...serials: readonly number[]) =>
  loadRevocation(env.DB, await bundlesOf(), await withSerials(...serials))

describe('loadRevocation', () => {
  it('gives the CRL with its CA and the entries asked for', async () => {
    const { crls, blocked, cas } = await load(7, 9)
    expect(crls).toMatchObject([
      { certificateId: tenant.id, number: '20', covers: 'all', whenStale: 'hard', thisUpdate: 1_780_185_600 },
    ])
    expect(crls[0]?.caPath.map(({ der }) => der)).toEqual([tenant.cas[1]?.der])
    expect(crls[0]?.revoked).toEqual(new Map([['07', { revokedAt, reason: 1 }]]))
    expect([blocked, cas]).toEqual([[], new Map()])
  })

  it('gives blocked serials, with all CAs of their record', async () => {
    const { blocked, cas } = await load(10)
    expect(blocked).toEqual([{ certificateId: tenant.id, serial: '0a', blockedAt: NOW }])
    expect([...cas.keys()]).toEqual([tenant.id])
    expect(cas.get(tenant.id)?.map(({ der }) => der)).toEqual(tenant.cas.map(({ der }) => der))
  })

  it('gives nothing for nothing', async () => {
    expect(await loadRevocation(env.DB, [], await withSerials(7, 10))).toEqual(NOTHING_REVOKED)
  })

  it('says which records are not there any more', async () => {
    const bundles = await bundlesOf()
    const gone = bundles.map((bundle) => ({ ...bundle, id: crypto.randomUUID() }))
    const { removed } = await loadRevocation(env.DB, [...gone, ...bundles], await withSerials(7))
    expect(removed).toEqual(new Set(gone.map(({ id }) => id)))
  })

  it('leaves out a CRL whose CA is not in the bundle that the decision was begun with', async () => {
    const shorter = (await bundlesOf()).map((bundle) => ({ ...bundle, chain: bundle.chain.slice(0, 1) }))
    expect((await loadRevocation(env.DB, shorter, await withSerials(7))).crls).toEqual([])
  })

  it('takes one call, and rejects when the database is away', async () => {
    const [bundles, path] = [await bundlesOf(), await withSerials(7)]
    const { db, calls } = countingDatabase(env.DB)
    await loadRevocation(db, bundles, path)
    expect(calls).toEqual(['batch'])
    const away = countingDatabase(env.DB, () => Promise.reject(new Error('D1 is away')))
    await expect(loadRevocation(away.db, bundles, path)).rejects.toThrow('D1 is away')
  })
})
