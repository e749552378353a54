import { env } from 'cloudflare:workers'
import { beforeEach, expect, it } from 'vitest'
import { fillKeyHashes } from '../../../src/registry/certificates/key-hashes.ts'
import { caKeys, readCertificate } from '../../../src/x509/index.ts'
import { add } from '../../support/family.ts'
import { meteredDatabase } from '../../support/metered-db.ts'
import { certificate, pem } from '../../support/pki.ts'
import { freshTenant } from '../../support/requests.ts'
import { accountRow, certificateRow, insertRow, linkRow } from '../../support/rows.ts'

/** SHA-256 of the keys of certificates, for those that were stored before migration 0018. */

beforeEach(async () => {
  await env.DB.prepare("UPDATE certificate_chain SET key_sha256 = printf('%064x', 1) WHERE key_sha256 = ''").run()
})

/** What the column says of a record, without those of other tests. */
const hashes = async (id: string) =>
  (
    await env.DB.prepare(
      'SELECT key_sha256, account_id FROM certificate_chain WHERE certificate_id = ?1 ORDER BY position',
    )
      .bind(id)
      .all<{ key_sha256: string; account_id: string }>()
  ).results

it('an upload stores the SHA-256 of each key, and the account', async () => {
  const tenant = await freshTenant()
  const der = certificate()
  const { id } = await add(tenant.zonePath, tenant.authorization, { certificate: pem(der) + pem(certificate()) })
  const read = readCertificate(der)
  if (!read.ok) throw new Error('unreadable')
  const spki = await crypto.subtle.digest('SHA-256', read.value.publicKey.der)
  const row = { key_sha256: new Uint8Array(spki).toHex(), account_id: tenant.accountId }
  expect(await hashes(id)).toEqual([row, row])
  expect((await caKeys(read.value)).caKey).not.toBe(row.key_sha256)
})

it('a run fills what is missing, of any account, and leaves what cannot be read', async () => {
  const [one, other] = [await freshTenant(), await freshTenant()]
  const { id } = await add(one.accountPath, one.authorization)
  const { id: second } = await add(other.accountPath, other.authorization)
  const [[row], [secondRow]] = [await hashes(id), await hashes(second)]
  await env.DB.prepare("UPDATE certificate_chain SET key_sha256 = '' WHERE certificate_id IN (?1, ?2)")
    .bind(id, second)
    .run()
  const account = accountRow()
  await insertRow('accounts', account)
  const broken = certificateRow(String(account['id']))
  await insertRow('certificates', broken)
  await insertRow('certificate_chain', linkRow(String(broken['id'])))
  await fillKeyHashes(env.DB)
  expect((await hashes(id))[0]).toEqual(row)
  expect((await hashes(second))[0]).toEqual(secondRow)
  expect(await hashes(String(broken['id']))).toEqual([{ key_sha256: '', account_id: account['id'] }])
})

it('a run with nothing to do is one query, whatever is stored', async () => {
  const { db, carried } = meteredDatabase()
  await fillKeyHashes(db)
  expect(carried.map(({ rowsRead, rowsWritten }) => [rowsRead, rowsWritten])).toEqual([[1, 0]])
})

it('a run fills 600 certificates at most, and goes on past those that cannot be read', async () => {
  const account = accountRow({ certificate_quota: 1_000 })
  await insertRow('accounts', account)
  const sound = certificate()
  // Their ids come first, so they are read first.
  for (let i = 0; i < 38; i += 1) {
    const record = certificateRow(String(account['id']))
    await insertRow('certificates', record)
    const id = String(record['id'])
    for (let position = 0; position < 16; position += 1) {
      const der = i < 13 ? Uint8Array.of(0x30, 0x00) : sound
      await insertRow('certificate_chain', linkRow(id, { position, der }))
    }
  }
  const missing = () =>
    env.DB.prepare("SELECT count(*) AS n FROM certificate_chain WHERE key_sha256 = '' AND length(der) > 2").first('n')
  expect(await missing()).toBe(400)
  const { db, carried } = meteredDatabase()
  await fillKeyHashes(db)
  expect(carried.length).toBeLessThanOrEqual(6)
  expect(await missing()).toBeLessThan(400)
  await env.DB.prepare('DELETE FROM certificate_chain WHERE length(der) = 2').run()
  await fillKeyHashes(env.DB)
  expect(await missing()).toBe(0)
})
