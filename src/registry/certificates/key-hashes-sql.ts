import type { Database } from '../../core/config.ts'
import type { CertificateId, Hex } from '../../core/units.ts'
import { number, runBatch, text } from '../../store/d1.ts'
import { derFrom, RECORD_CERTIFICATE_SQL } from '../../store/record-certificate.ts'

/** The place of a certificate: its record, and its position there. */
export interface LinkPlace {
  readonly certificateId: CertificateId
  readonly position: number
}

/** A certificate that was stored before migration 0018, and so without the hash of its key. */
export interface UnhashedLink extends LinkPlace {
  readonly der: Uint8Array
}

/** The next certificates, of all accounts, that have no hash of their key. @param after the last of those before */
export async function selectUnhashed(db: Database, after: LinkPlace, limit: number): Promise<readonly UnhashedLink[]> {
  const [rows] = await runBatch(db, [
    {
      unscoped: 'operator',
      sql: `SELECT ch.certificate_id, ch.position, ${RECORD_CERTIFICATE_SQL} FROM certificate_chain ch INDEXED BY certificate_chain_unhashed
        WHERE ch.key_sha256 = '' AND (ch.certificate_id, ch.position) > (?1, ?2)
        ORDER BY ch.certificate_id, ch.position LIMIT ?3 + 0`,
      params: [after.certificateId, after.position, limit],
    },
  ])
  return (
    rows?.map((row) => ({
      certificateId: text(row, 'certificate_id'),
      position: number(row, 'position'),
      der: derFrom(row),
    })) ?? []
  )
}

/** Stores the hashes of keys. They follow from the certificates alone. */
export async function storeKeyHashes(
  db: Database,
  hashed: readonly (LinkPlace & { readonly keySha256: Hex })[],
): Promise<void> {
  await runBatch(db, [
    {
      unscoped: 'operator',
      sql: `UPDATE certificate_chain SET key_sha256 = k.value ->> 'keySha256' FROM json_each(?1) k
        WHERE certificate_id = k.value ->> 'certificateId' AND position = k.value ->> 'position'`,
      params: [JSON.stringify(hashed)],
    },
  ])
}
