import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import type { Claim } from '../../../src/core/model.ts'
import { sha256Hex } from '../../../src/core/sha256.ts'
import { type NewCrl, uploadCrls } from '../../../src/registry/crls/upload-sql.ts'
import { countingDatabase } from '../../support/counting-db.ts'
import { crlTenant } from '../../support/crl.ts'
import { NOW } from '../../support/pki.ts'
import { limit } from '../../support/tenants.ts'

/** Entries of deleted CRLs do not count, so an account could have any number if it added them faster than they are deleted. */

/** The shortest entries, so that a batch has as many as possible. */
function* entries(count: number) {
  for (let i = 0; i < count; i += 1) yield [(i + 0x400000).toString(16), 0, 0] as const
}

it('an account never has more rows than its quota has entries, whatever it uploads and deletes', async () => {
  const quota = 60_000
  const { accountId, id, authorization } = await crlTenant()
  await limit(accountId, { crlEntries: quota })
  const claim: Claim = {
    credential: { kind: 'token', secretSha256: await sha256Hex(authorization.replace('Bearer ', '')) },
    scope: { kind: 'accounts', id: accountId },
    permission: 'write',
    now: NOW,
  }
  const row = (thisUpdate: number): NewCrl => ({
    uploadId: crypto.randomUUID(),
    issuer: 'CN=CA',
    caFingerprintSha256: 'a'.repeat(64),
    issuerKey: 'b'.repeat(64),
    caKey: 'c'.repeat(64),
    caPath: Uint8Array.of(0x30, 0x00),
    authorities: [],
    contentSha256: String(thisUpdate).padStart(64, '0'),
    number: null,
    thisUpdate,
    nextUpdate: NOW,
    covers: 'all',
    part: '',
    entries: quota,
  })
  const seen: unknown[] = []
  const { db } = countingDatabase(env.DB, async () => {
    seen.push(await env.DB.prepare('SELECT count(*) AS n FROM crl_entries').first('n'))
  })
  for (let round = 1; round <= 3; round += 1) {
    const outcome = await uploadCrls(db, claim, id, [{ row: row(round), entries: entries(quota) }], () => NOW)
    expect(outcome).toMatchObject({ ok: true, value: { crls: [{ entries: quota }] } })
    // Deleted as with the record: nothing is swept.
    await env.DB.prepare('DELETE FROM crls WHERE certificate_id = ?1').bind(id).run()
  }
  expect(seen).toHaveLength(9)
  for (const rows of seen) expect(rows).toBeLessThanOrEqual(quota)
})
