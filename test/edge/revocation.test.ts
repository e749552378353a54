import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadRevocation, type RevocationScope, revocationBytes } from '../../src/edge/revocation.ts'
import { int } from '../../src/testing/der.ts'
import type { Certificate } from '../../src/x509/certificate/certificate.ts'
import { caPathDer } from '../../src/x509/issuer/ca-path.ts'
import { NOTHING_REVOKED } from '../../src/x509/path/revocation/revocation.ts'
import { countingDatabase } from '../support/counting-db.ts'
import { type CrlTenant, crlTenant, putCrl } from '../support/crl.ts'
import { loadHostname } from '../support/edge.ts'
import { edgePath } from '../support/edge-routes.ts'
import { put } from '../support/family.ts'
import { NOW } from '../support/pki.ts'
import { freshId } from '../support/requests.ts'
import { issue } from '../support/x509/chain.ts'
import { issueCrl } from '../support/x509/make-crl.ts'
import { certificateOf } from '../support/x509/revocations.ts'

/** What a decision gets: rows of the database, with the CAs that they name. */

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

async function scope(): Promise<RevocationScope> {
  const { facts, records = [] } = await loadHostname(tenant.domain)
  return { accountId: facts.accountId, records: records.map(({ chain = [], ...record }) => ({ ...record, chain })) }
}

/** A path of certificates with these serial numbers, and the tenant's second CA above them. */
async function pathOf(...serials: readonly number[]): Promise<readonly Certificate[]> {
  const below = serials.map(async (serial) => certificateOf(await issue({ serial: int(serial) })))
  return [...(await Promise.all(below)), ...tenant.cas.slice(1).map(certificateOf)]
}

const load = async (...serials: readonly number[]) => loadRevocation(env.DB, await scope(), await pathOf(...serials))

describe('loadRevocation', () => {
  it('returns the CRL with its CA and the requested entries', async () => {
    const { crls, blocked, cas } = await load(7, 9)
    expect(crls).toMatchObject([
      { certificateId: tenant.id, number: '20', covers: 'all', whenStale: 'hard', thisUpdate: 1_780_185_600 },
    ])
    expect(crls[0]?.caPath.map(({ der }) => der)).toEqual([tenant.cas[1]?.der])
    expect(crls[0]?.revoked).toEqual(new Map([['07', { revokedAt, reason: 1 }]]))
    expect([blocked, cas]).toEqual([[], new Map()])
  })

  it('counts the certificates of the record too, with eight bytes for each byte of DER', async () => {
    const none = revocationBytes(NOTHING_REVOKED)
    expect(none).toBe(4_000)
    const [, second] = tenant.cas
    expect(revocationBytes(await load(7)) - none).toBe(none + 8 * (second?.der.length ?? 0))
    const all = tenant.cas.reduce((sum, { der }) => sum + der.length, 0)
    expect(revocationBytes(await load(10)) - none).toBe(none + 8 * ((second?.der.length ?? 0) + all))
  })

  it('returns blocked serial numbers, with all CAs of their record', async () => {
    const { blocked, cas } = await load(10)
    expect(blocked).toEqual([{ certificateId: tenant.id, serial: '0a', blockedAt: NOW }])
    expect([...cas.keys()]).toEqual([tenant.id])
    expect(cas.get(tenant.id)?.map(({ der }) => der)).toEqual(tenant.cas.map(({ der }) => der))
  })

  it('returns nothing if there is nothing', async () => {
    const nowhere = { accountId: freshId(), records: [] }
    expect(await loadRevocation(env.DB, nowhere, await pathOf(7, 10))).toEqual(NOTHING_REVOKED)
  })

  it('says which records no longer exist', async () => {
    const { accountId, records } = await scope()
    const gone = records.map((record) => ({ ...record, id: crypto.randomUUID() }))
    const all = { accountId, records: [...gone, ...records] }
    expect((await loadRevocation(env.DB, all, await pathOf(7))).removed).toEqual(new Set(gone.map(({ id }) => id)))
  })

  it('leaves out CRLs of CAs that are not on the path', async () => {
    const [first] = tenant.cas.map(certificateOf)
    const path = [...(await pathOf(7)).slice(0, 1), ...(first ? [first] : [])]
    expect((await loadRevocation(env.DB, await scope(), path)).crls).toEqual([])
  })

  it('leaves out CRLs of a CA that is the leaf itself: it issued nothing on the path', async () => {
    const [first, second] = tenant.cas.map(certificateOf)
    const path = [second, first].filter((one) => one !== undefined)
    expect((await loadRevocation(env.DB, await scope(), path)).crls).toEqual([])
  })

  it('leaves out a CRL whose CA cannot be read any more', async () => {
    const [path, given] = [await pathOf(7), await scope()]
    const { crls } = await loadRevocation(env.DB, given, path)
    expect(crls).toHaveLength(1)
    await env.DB.prepare("UPDATE crls SET ca_path = x'3000' WHERE account_id = ?1").bind(given.accountId).run()
    expect((await loadRevocation(env.DB, given, path)).crls).toEqual([])
    const [caPath] = crls.map((crl) => caPathDer(crl.caPath))
    await env.DB.prepare('UPDATE crls SET ca_path = ?2 WHERE account_id = ?1').bind(given.accountId, caPath).run()
    expect((await loadRevocation(env.DB, given, path)).crls).toEqual(crls)
  })

  it('gives each CRL its own entries, and not those of another CA on the path', async () => {
    const both = await crlTenant(2)
    for (const [i, ca] of both.cas.entries())
      expect((await putCrl(both, await issueCrl(ca, { revoked: [{ serial: 7 + i }, { serial: 9 }] }))).status).toBe(200)
    const leaf = await Promise.all([7, 8].map(async (serial) => certificateOf(await issue({ serial: int(serial) }))))
    const path = [...leaf, ...both.cas.map(certificateOf)]
    const { crls } = await loadRevocation(env.DB, { accountId: both.accountId, records: [] }, path)
    const own = crls.map(({ caPath, revoked }) => [caPath[0].der, [...revoked.keys()]])
    expect(new Map(own as [Uint8Array, string[]][])).toEqual(
      new Map(both.cas.map(({ der }, i) => [der, [`0${7 + i}`]])),
    )
  })

  it('takes one call, and rejects if the database is away', async () => {
    const [given, path] = [await scope(), await pathOf(7)]
    const { db, calls } = countingDatabase(env.DB)
    await loadRevocation(db, given, path)
    expect(calls).toEqual(['batch'])
    const away = countingDatabase(env.DB, () => Promise.reject(new Error('D1 is away')))
    await expect(loadRevocation(away.db, given, path)).rejects.toThrow('D1 is away')
  })
})
