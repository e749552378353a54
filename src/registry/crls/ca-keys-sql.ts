import type { Database } from '../../core/config.ts'
import type { CertificateId, Hex } from '../../core/units.ts'

import { number, type Row, runBatch, text } from '../../store/d1.ts'
import { derFrom, RECORD_CERTIFICATE_SQL } from '../../store/record-certificate.ts'
import { TARGET_SQL } from '../../store/record-target.ts'

/** A certificate of `certificate_chain` that was stored before migration 0007, and so without keys. */
export interface UnkeyedLink {
  readonly certificateId: CertificateId
  readonly position: number
  readonly der: Uint8Array
}

/** The same with its keys (caKeys). */
export interface KeyedLink extends Omit<UnkeyedLink, 'der'> {
  readonly nameKey: Hex
  readonly caKey: Hex
}

/** How many certificates get their keys at a time: four for each record of an account with the default quota. */
const MAX_UNKEYED = 200

/** The certificates without keys in the account of the record ?8. It is not searched where the whole table has none. */
export const UNKEYED_SQL = `WITH ${TARGET_SQL}
  SELECT ch.certificate_id, ch.position, ${RECORD_CERTIFICATE_SQL} FROM target CROSS JOIN access
    CROSS JOIN certificates c ON c.account_id = access.account_id
    CROSS JOIN certificate_chain ch ON ch.certificate_id = c.id
  WHERE ch.ca_key = '' AND EXISTS (SELECT 1 FROM certificate_chain WHERE ca_key = '') LIMIT ${MAX_UNKEYED}`

/** Reads UNKEYED_SQL. */
export function unkeyedFrom(row: Row): UnkeyedLink {
  return { certificateId: text(row, 'certificate_id'), position: number(row, 'position'), der: derFrom(row) }
}

/** Stores the keys of certificates. They follow from the certificates alone, so no claim is needed. */
export async function fillCaKeys(db: Database, links: readonly KeyedLink[]): Promise<void> {
  await runBatch(db, [
    {
      unscoped: 'found before',
      sql: `UPDATE certificate_chain SET name_key = k.value ->> 'nameKey', ca_key = k.value ->> 'caKey'
        FROM json_each(?1) k
        WHERE certificate_id = k.value ->> 'certificateId' AND position = k.value ->> 'position'`,
      params: [JSON.stringify(links)],
    },
  ])
}
