import { describe, expect, it } from 'vitest'
import type { Database } from '../../../src/core/config.ts'
import type { Claim } from '../../../src/core/model.ts'
import { sha256Hex } from '../../../src/core/sha256.ts'
import { deleteCertificate, updateCertificate } from '../../../src/registry/certificates/writes-sql.ts'
import { selectCaCertificates } from '../../../src/registry/crls/ca-sql.ts'
import { selectLostWithHostnames } from '../../../src/registry/crls/coverage-sql.ts'
import { deleteCrls, selectUploadTarget } from '../../../src/registry/crls/sql.ts'
import { uploadCrls } from '../../../src/registry/crls/upload-sql.ts'
import { caKeys } from '../../../src/x509/certificate/ca-keys.ts'
import { readCertificate } from '../../../src/x509/certificate/certificate.ts'
import { type CrlTenant, crlTenantInUse, issueCa, putCrl } from '../../support/crl.ts'
import { edgePath } from '../../support/edge-routes.ts'
import { add } from '../../support/family.ts'
import { meteredDatabase, queryPlan } from '../../support/metered-db.ts'
import { NOW, pem } from '../../support/pki.ts'
import { freshTenant } from '../../support/requests.ts'
import { certificateRow, insertCrl, insertRow, linkRow } from '../../support/rows.ts'
import { issueCrl } from '../../support/x509/make-crl.ts'

/** Statements on CRLs in writes begin at the account, and use indexes from there. */

const claimOf = async ({
  accountId,
  authorization,
}: Pick<CrlTenant, 'accountId' | 'authorization'>): Promise<Claim> => ({
  credential: { kind: 'token', secretSha256: await sha256Hex(authorization.replace('Bearer ', '')) },
  scope: { kind: 'accounts', id: accountId },
  permission: 'write',
  now: NOW,
})

/** Tables that grow with the number of accounts, by their names in the statements. */
const TABLES =
  /^SCAN (?:crls|k2?|certificates|c2?|certificate_chain|ch2?|ca|certificate_hostnames|h2?|crl_authorities|a2?|e|blocked_serials)\b/

async function scans(act: (db: Database) => Promise<unknown>) {
  const { db, carried } = meteredDatabase()
  await act(db)
  const steps = (await Promise.all(carried.map(queryPlan))).flat()
  expect(steps.length).toBeGreaterThan(3)
  return steps.filter((step) => TABLES.test(step) && !step.includes('VIRTUAL TABLE'))
}

describe('no table is scanned', () => {
  it('by an upload', async () => {
    const tenant = await crlTenantInUse()
    const claim = await claimOf(tenant)
    const row = {
      uploadId: crypto.randomUUID(),
      issuer: 'CN=CA',
      caFingerprintSha256: 'a'.repeat(64),
      issuerKey: 'b'.repeat(64),
      caKey: 'c'.repeat(64),
      caPath: tenant.ca.der,
      authorities: ['c'.repeat(64)],
      contentSha256: 'd'.repeat(64),
      number: null,
      thisUpdate: 1,
      nextUpdate: 2,
      covers: 'all',
      part: '',
      entries: 1,
    } as const
    const uploaded = await scans(async (db) => {
      const outcome = await uploadCrls(db, claim, tenant.id, [{ row, entries: [['07', 1, 0]] }], () => NOW)
      expect(outcome).toMatchObject({ ok: true, value: { crls: [{ contentSha256: row.contentSha256 }] } })
    })
    expect(uploaded).toEqual([])
  })

  it('by the look-up of a CA in the account', async () => {
    const tenant = await crlTenantInUse()
    const claim = await claimOf(tenant)
    expect(await scans((db) => selectUploadTarget(db, claim, tenant.id))).toEqual([])
    expect(await scans((db) => selectCaCertificates(db, claim, tenant.id, ['a'.repeat(64)]))).toEqual([])
  })

  it('by the messages of DELETE of CRLs', async () => {
    const tenant = await crlTenantInUse()
    await putCrl(tenant, await issueCrl(tenant.ca))
    const claim = await claimOf(tenant)
    const counted = await scans(async (db) => {
      expect(await deleteCrls(db, claim, tenant.id, null)).toMatchObject({
        ok: true,
        value: { deleted: 1, uncovered: [{ count: 1 }] },
      })
    })
    expect(counted).toEqual([])
  })

  it('by the messages of PUT and DELETE of a record', async () => {
    const tenant = await crlTenantInUse()
    await putCrl(tenant, await issueCrl(tenant.ca))
    const claim = await claimOf(tenant)
    const changed = await scans(async (db) => {
      const change = { name: undefined, revision: 'r' }
      expect(await updateCertificate(db, claim, tenant.id, [], change, { certificates: 1, bytes: 1 })).toMatchObject({
        ok: true,
        value: { ok: true, value: { uncovered: [{ count: 1 }] } },
      })
    })
    const deleted = await scans(async (db) => {
      expect(await deleteCertificate(db, claim, tenant.id)).toMatchObject({ ok: true, value: { deleted: true } })
    })
    expect([changed, deleted]).toEqual([[], []])
  })
})

describe('other accounts with the same CA and its CRL', () => {
  it('do not add to the rows that are read', async () => {
    const ca = await issueCa()
    /** An account with that CA, a hostname and a CRL. */
    const account = async () => {
      const tenant = await freshTenant()
      const more = { certificate: pem(ca.der), associated_hostnames: [tenant.domain] }
      const { id, path } = await add(tenant.accountPath, tenant.authorization, more)
      const to = { ...tenant, id, crlPath: `${edgePath(path)}/crl` }
      expect((await putCrl(to, await issueCrl(ca))).status).toBe(200)
      return to
    }
    const one = await account()
    const read = readCertificate(ca.der)
    if (!read.ok) throw new Error(JSON.stringify(read.error))
    const removed = [{ text: one.domain, ascii: one.domain }]
    const claim = await claimOf(one)
    const { nameKey } = await caKeys(read.value)
    const rowsRead = async () => {
      const { db, carried } = meteredDatabase()
      await selectLostWithHostnames(db, one.id, removed)
      await selectUploadTarget(db, claim, one.id)
      expect((await selectCaCertificates(db, claim, one.id, [nameKey])).paths).toHaveLength(1)
      return carried.map((statement) => statement.rowsRead)
    }
    // Each look-up by index also reads the next row, if there is one. Ids of records are random: this one is the last.
    const { accountId } = await account()
    const last = certificateRow(accountId, { id: 'ffffffff-ffff-4fff-bfff-ffffffffffff' })
    await insertRow('certificates', last)
    await insertRow('certificate_chain', linkRow(String(last['id'])))
    await insertCrl(String(last['id']), [])
    const alone = await rowsRead()
    for (let i = 0; i < 5; i += 1) await account()
    expect(await rowsRead()).toEqual(alone)
    expect(alone.every((rows) => rows > 0)).toBe(true)
  })
})
