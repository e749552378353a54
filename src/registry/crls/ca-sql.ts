import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import type { CertificateId } from '../../core/units.ts'
import { accessParams } from '../../store/access.ts'
import { runBatch, text } from '../../store/d1.ts'
import { derFrom, RECORD_CERTIFICATE_SQL } from '../../store/record-certificate.ts'
import { TARGET_SQL } from '../../store/record-target.ts'

/** Most rows of each kind that are read. A CA of one name has far fewer certificates. */
const MAX_ROWS = 64

/** The certificates that an account has for CAs of some names. */
export interface CaCertificates {
  /** DER of the certificates of its records that hold such a CA. */
  readonly certificates: readonly Uint8Array[]
  /** `ca_path` of its current CRLs that such a CA signed. */
  readonly paths: readonly Uint8Array[]
}

/**
 * The certificates of an account that can prove a CA of one of the names (caNameKey), except those of the record ?8. The look-up
 * begins at the account, whose quota bounds its certificates: any number of other accounts may have CAs of that name.
 */
export async function selectCaCertificates(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  nameKeys: readonly string[],
): Promise<CaCertificates> {
  const params = accessParams(claim, certificateId, JSON.stringify(nameKeys), MAX_ROWS)
  const [certificates, paths] = await runBatch(db, [
    {
      sql: `WITH ${TARGET_SQL}, named AS (SELECT value FROM json_each(?9))
        SELECT DISTINCT ${RECORD_CERTIFICATE_SQL}
        FROM target CROSS JOIN access
          CROSS JOIN certificates c ON c.account_id = access.account_id AND c.id <> target.id
          CROSS JOIN certificate_chain ch ON ch.certificate_id = c.id
        WHERE EXISTS (
          SELECT 1 FROM certificate_chain ca WHERE ca.certificate_id = c.id AND ca.name_key IN (SELECT value FROM named)
        )
        LIMIT ?10`,
      params,
    },
    {
      sql: `WITH ${TARGET_SQL}
        SELECT DISTINCT hex(crls.ca_path) AS path_hex
        FROM target CROSS JOIN access CROSS JOIN json_each(?9) n
          CROSS JOIN crls ON crls.account_id = access.account_id AND crls.issuer_key = n.value AND crls.state = 'current'
        LIMIT ?10`,
      params,
    },
  ])
  return {
    certificates: certificates?.map(derFrom) ?? [],
    paths: paths?.map((row) => Uint8Array.fromHex(text(row, 'path_hex'))) ?? [],
  }
}
