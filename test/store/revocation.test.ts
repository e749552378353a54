import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { selectRevocation } from '../../src/store/revocation.ts'
import { NOW } from '../support/pki.ts'
import { accountRow, blockedRow, certificateRow, insertCrl, insertRow, linkRow } from '../support/rows.ts'

/** What a decision is told of serial numbers: these records' current CRLs, and nobody else's anything. */

let accountId: string
beforeEach(async () => {
  const row = accountRow()
  await insertRow('accounts', row)
  accountId = String(row['id'])
})

/** A record with as many certificates; their fingerprints are digits. */
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

describe('selectRevocation', () => {
  it('gives the CRLs of the records, also where no entry matches', async () => {
    const id = await addRecord(2)
    const crlId = await insertCrl(id, ['0a'], { ca_fingerprint_sha256: '1'.repeat(64), covers: 'ca' })
    expect(await selectRevocation(env.DB, [id], ['0b'])).toEqual({
      ...NOTHING,
      certificateIds: [id],
      crls: [
        {
          crlId,
          certificateId: id,
          position: 1,
          number: '1'.padStart(40, '0'),
          thisUpdate: NOW,
          nextUpdate: NOW + 86_400,
          covers: 'ca',
          whenStale: 'hard',
        },
      ],
    })
  })

  it('gives the entries that match, of the CRL that has them', async () => {
    const id = await addRecord(2)
    const first = await insertCrl(id, ['0a', '0b', '0c'])
    const second = await insertCrl(id, ['0c', '0d'], { ca_fingerprint_sha256: '1'.repeat(64) })
    const { entries } = await selectRevocation(env.DB, [id], ['0c', '0a', '0e', '0d0d'])
    expect(new Set(entries)).toEqual(
      new Set([
        { crlId: first, serial: '0a', revokedAt: NOW, reason: 0 },
        { crlId: first, serial: '0c', revokedAt: NOW, reason: 0 },
        { crlId: second, serial: '0c', revokedAt: NOW, reason: 0 },
      ]),
    )
  })

  it('gives the blocked serials that match', async () => {
    const id = await addRecord()
    for (const serial of ['0a', '00ff']) await insertRow('blocked_serials', blockedRow(id, { serial }))
    const { blocked } = await selectRevocation(env.DB, [id], ['00ff', 'ff'])
    expect(blocked).toEqual([{ certificateId: id, serial: '00ff', blockedAt: NOW }])
  })

  it('gives the policy of each record', async () => {
    const [soft, hard] = [await addRecord(), await addRecord()]
    for (const id of [soft, hard]) await insertCrl(id, [])
    await insertRow('revocation_policies', { certificate_id: soft, stale_crl: 'soft' })
    const { crls } = await selectRevocation(env.DB, [soft, hard], [])
    expect(crls.map(({ certificateId, whenStale }) => [certificateId, whenStale])).toEqual([
      [soft, 'soft'],
      [hard, 'hard'],
    ])
  })

  it('leaves out a CRL that is loading, with its entries', async () => {
    const id = await addRecord()
    await insertCrl(id, ['0a'], { state: 'loading' })
    expect(await selectRevocation(env.DB, [id], ['0a'])).toEqual({ ...NOTHING, certificateIds: [id] })
  })

  it("leaves out other records'", async () => {
    const [id, other] = [await addRecord(), await addRecord()]
    await insertCrl(other, ['0a'])
    await insertRow('blocked_serials', blockedRow(other))
    expect(await selectRevocation(env.DB, [id], ['0a'])).toEqual({ ...NOTHING, certificateIds: [id] })
    expect(await selectRevocation(env.DB, [], ['0a'])).toEqual(NOTHING)
  })

  it('leaves out entries whose CRL is gone', async () => {
    const id = await addRecord()
    const crlId = await insertCrl(id, ['0a'])
    await env.DB.prepare('DELETE FROM crls WHERE id = ?1').bind(crlId).run()
    expect(await selectRevocation(env.DB, [id], ['0a'])).toEqual({ ...NOTHING, certificateIds: [id] })
  })
})
