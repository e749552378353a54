import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { fromHex } from '../../src/core/bytes.ts'
import { type RevocationQuestion, selectRevocation } from '../../src/edge/revocation-sql.ts'
import { NOW } from '../support/pki.ts'
import { freshId } from '../support/requests.ts'
import { accountRow, blockedRow, certificateRow, insertCrl, insertRow, linkRow } from '../support/rows.ts'

/** What a decision gets: the account's current CRLs of these CAs, and what is blocked for these records. */

let accountId: string
beforeEach(async () => {
  const row = accountRow()
  await insertRow('accounts', row)
  accountId = String(row['id'])
})

/** Adds a record with this number of certificates, whose fingerprints are digits. */
async function addRecord(certificates = 1): Promise<string> {
  const row = certificateRow(accountId)
  const id = String(row['id'])
  await insertRow('certificates', row)
  for (let position = 0; position < certificates; position += 1) {
    await insertRow('certificate_chain', linkRow(id, { position, fingerprint_sha256: String(position).repeat(64) }))
  }
  return id
}

const NOTHING = { certificateIds: [], crls: [], entries: [], blocked: [] }

const CA_NAME = 'a'.repeat(64)
const OTHER_NAME = 'b'.repeat(64)

const ask = (certificateIds: readonly string[], serials: readonly string[], more: Partial<RevocationQuestion> = {}) =>
  selectRevocation(env.DB, { accountId, certificateIds, issuerKeys: [CA_NAME], serials, ...more })

describe('selectRevocation', () => {
  it('returns the CRLs of the CAs, also if no entry matches', async () => {
    const id = await addRecord()
    const crlId = await insertCrl(id, ['0a'], { issuer_key: CA_NAME, ca_path: fromHex('3000'), covers: 'ca' })
    await insertCrl(id, ['0b'], { issuer_key: OTHER_NAME, ca_key: OTHER_NAME })
    expect(await ask([id], ['0b'])).toEqual({
      ...NOTHING,
      certificateIds: [id],
      crls: [
        {
          crlId,
          certificateId: id,
          caPath: fromHex('3000'),
          number: '1'.padStart(40, '0'),
          thisUpdate: NOW,
          nextUpdate: NOW + 86_400,
          covers: 'ca',
          part: undefined,
          whenStale: 'hard',
        },
      ],
    })
  })

  it('returns the names of a part, and no number if there is none', async () => {
    const id = await addRecord()
    await insertCrl(id, [], { issuer_key: CA_NAME, part: '["a","b"]', crl_number: null })
    const { crls } = await ask([id], [])
    expect(crls).toMatchObject([{ part: ['a', 'b'], number: undefined }])
  })

  it('returns the matching entries, with their CRL', async () => {
    const id = await addRecord()
    const first = await insertCrl(id, ['0a', '0b', '0c'], { issuer_key: CA_NAME })
    const second = await insertCrl(id, ['0c', '0d'], { issuer_key: CA_NAME, ca_key: OTHER_NAME })
    const { entries } = await ask([id], ['0c', '0a', '0e', '0d0d'])
    expect(new Set(entries)).toEqual(
      new Set([
        { crlId: first, serial: '0a', revokedAt: NOW, reason: 0 },
        { crlId: first, serial: '0c', revokedAt: NOW, reason: 0 },
        { crlId: second, serial: '0c', revokedAt: NOW, reason: 0 },
      ]),
    )
  })

  it('returns the matching blocked serial numbers', async () => {
    const id = await addRecord()
    for (const serial of ['0a', '00ff']) await insertRow('blocked_serials', blockedRow(id, { serial }))
    const { blocked } = await ask([id], ['00ff', 'ff'])
    expect(blocked).toEqual([{ certificateId: id, serial: '00ff', blockedAt: NOW }])
  })

  it('returns the policy of the record that each CRL was uploaded to', async () => {
    const [soft, hard] = [await addRecord(), await addRecord()]
    for (const id of [soft, hard]) await insertCrl(id, [], { issuer_key: CA_NAME })
    await insertRow('revocation_policies', { certificate_id: soft, stale_crl: 'soft' })
    const { crls } = await ask([soft, hard], [])
    expect(crls.map(({ certificateId, whenStale }) => [certificateId, whenStale])).toEqual([
      [soft, 'soft'],
      [hard, 'hard'],
    ])
  })

  it('leaves out a CRL that is loading, with its entries', async () => {
    const id = await addRecord()
    await insertCrl(id, ['0a'], { issuer_key: CA_NAME, state: 'loading' })
    expect(await ask([id], ['0a'])).toEqual({ ...NOTHING, certificateIds: [id] })
  })

  it("returns CRLs of the account's other records, but not what is blocked for them", async () => {
    const [id, other] = [await addRecord(), await addRecord()]
    const crlId = await insertCrl(other, ['0a'], { issuer_key: CA_NAME })
    await insertRow('blocked_serials', blockedRow(other))
    const found = await ask([id], ['0a'])
    expect(found).toMatchObject({ certificateIds: [id], crls: [{ crlId, certificateId: other }], blocked: [] })
    expect(found.entries).toHaveLength(1)
  })

  it("leaves out other accounts' CRLs, and those of other CAs", async () => {
    const id = await addRecord()
    await insertCrl(id, ['0a'], { issuer_key: CA_NAME })
    expect(await ask([], ['0a'], { accountId: freshId() })).toEqual(NOTHING)
    expect(await ask([], ['0a'], { issuerKeys: [OTHER_NAME] })).toEqual(NOTHING)
  })

  it('always returns CRLs without a CA, which are from before migration 0007', async () => {
    const id = await addRecord()
    const crlId = await insertCrl(id, ['0a'], { issuer_key: '' })
    expect(await ask([id], ['0a'], { issuerKeys: [OTHER_NAME] })).toMatchObject({ crls: [{ crlId }] })
  })

  it('leaves out entries of deleted CRLs', async () => {
    const id = await addRecord()
    const crlId = await insertCrl(id, ['0a'], { issuer_key: CA_NAME })
    await env.DB.prepare('DELETE FROM crls WHERE id = ?1').bind(crlId).run()
    expect(await ask([id], ['0a'])).toEqual({ ...NOTHING, certificateIds: [id] })
  })
})
