import type { Database } from '../../core/config.ts'
import type { Hostname } from '../../core/model.ts'
import type { CertificateId } from '../../core/units.ts'
import { type Row, runBatch, text } from '../../store/d1.ts'

/** A CA whose CRL counted on paths of hostnames, and does so no longer. */
export interface CoverageLoss {
  /** Subject of the CA, for people. */
  readonly issuer: string
  /** Of how many hostnames. */
  readonly count: number
  /** The first of them that the scope may know, in the order of their names. */
  readonly hostnames: readonly string[]
}

/** Hostnames that are named of each CA, and CAs that are named. */
const MAX_NAMED = 10

/** Pairs of a CRL and a hostname that are looked at: with more, the counts are too low. Some 0.1 s of D1's time. */
const MAX_PAIRS = 10_000

/**
 * What covers a hostname: a current CRL of the account, where one of the certificates with that hostname has a CA of
 * crl_authorities. CRLs of one CA for the same certificates (`ca_key`, `covers`, `part`) stand for each other.
 *
 * Begins at the hostname's certificates and the account's CRLs: the same CA may be that of any number of other accounts.
 * @param row has account_id, issuer_key, ca_key, covers, part and hostname_ascii
 * @param staying conditions on `k2`, the CRL, and `h2`, the association, that stay
 */
const coveredSql = (row: string, staying: string) => `EXISTS (
    SELECT 1 FROM crls k2
      CROSS JOIN certificate_hostnames h2 ON h2.hostname_ascii = ${row}.hostname_ascii
      CROSS JOIN certificates c2 ON c2.id = h2.certificate_id AND c2.account_id = ${row}.account_id
      CROSS JOIN certificate_chain ch2 ON ch2.certificate_id = c2.id
      CROSS JOIN crl_authorities a2 ON a2.crl_id = k2.id AND a2.ca_key = ch2.ca_key
    WHERE k2.account_id = ${row}.account_id AND k2.issuer_key = ${row}.issuer_key AND k2.ca_key = ${row}.ca_key
      AND k2.covers = ${row}.covers AND k2.part = ${row}.part AND k2.state = 'current' AND ${staying}
  )`

/** A JSON array of CoverageLoss, as a scalar, from `lost(ca_key, issuer, hostname, hostname_ascii, visible)`. */
const SUMMARY_SQL = `(
    SELECT json_group_array(json_array(issuer, hostnames, json(named))) FROM (
      SELECT l.issuer, count(DISTINCT l.hostname_ascii) AS hostnames, (
        SELECT json_group_array(hostname) FROM (
          SELECT min(n.hostname) AS hostname FROM lost n WHERE n.ca_key = l.ca_key AND n.visible
          GROUP BY n.hostname_ascii ORDER BY n.hostname_ascii LIMIT ${MAX_NAMED}
        )
      ) AS named
      FROM lost l GROUP BY l.ca_key ORDER BY l.issuer LIMIT ${MAX_NAMED}
    )
  )`

const CRL_COLUMNS = 'k.id, k.account_id, k.issuer_key, k.ca_key, k.issuer, k.covers, k.part'

/**
 * What is covered no longer when CRLs of `target` go, as a scalar. Needs `target` and `access`.
 * @param condition on `crls k`, beside that they are current ones of `target`
 */
export const lostWithCrlsSql = (condition: string) => `(
  WITH going AS (
    SELECT ${CRL_COLUMNS} FROM target CROSS JOIN crls k ON k.certificate_id = target.id AND k.state = 'current' AND ${condition}
  ),
  reached AS (
    SELECT g.*, h.hostname, h.hostname_ascii, access.zone_id IS NULL OR c.zone_id IS access.zone_id AS visible
    FROM going g CROSS JOIN access
      CROSS JOIN certificates c ON c.account_id = g.account_id
      CROSS JOIN certificate_chain ch ON ch.certificate_id = c.id
      CROSS JOIN crl_authorities a ON a.crl_id = g.id AND a.ca_key = ch.ca_key
      CROSS JOIN certificate_hostnames h ON h.certificate_id = c.id
    LIMIT ${MAX_PAIRS}
  ),
  lost AS (SELECT * FROM reached r WHERE NOT ${coveredSql('r', 'k2.id NOT IN (SELECT id FROM going)')})
  SELECT ${SUMMARY_SQL}
)`

/**
 * What is covered no longer since a record lost hostnames, in the order of the CAs' names. One round trip.
 * @param removed as they were sent, and in A-label form
 */
export async function selectLostWithHostnames(
  db: Database,
  certificateId: CertificateId,
  removed: readonly Hostname[],
): Promise<readonly CoverageLoss[]> {
  const [rows] = await runBatch(db, [
    {
      unscoped: 'found before',
      sql: `WITH removed AS (
          SELECT value ->> 'text' AS hostname, value ->> 'ascii' AS hostname_ascii FROM json_each(?2)
        ),
        above AS (
          SELECT ${CRL_COLUMNS} FROM certificates c
            CROSS JOIN crls k ON k.account_id = c.account_id AND k.state = 'current'
          WHERE c.id = ?1 AND EXISTS (
            SELECT 1 FROM certificate_chain ch CROSS JOIN crl_authorities a ON a.crl_id = k.id AND a.ca_key = ch.ca_key
            WHERE ch.certificate_id = c.id
          )
        ),
        reached AS (
          SELECT above.*, removed.hostname, removed.hostname_ascii, TRUE AS visible
          FROM above CROSS JOIN removed LIMIT ${MAX_PAIRS}
        ),
        lost AS (SELECT * FROM reached r WHERE NOT ${coveredSql('r', 'TRUE')})
        SELECT ${SUMMARY_SQL} AS uncovered`,
      params: [certificateId, JSON.stringify(removed)],
    },
  ])
  return rows?.[0] === undefined ? [] : lossesFrom(rows[0], 'uncovered')
}

/** Whether a CRL of `crls` counts on a path of any hostname. */
export const IN_USE_SQL = `EXISTS (
    SELECT 1 FROM certificates c
      CROSS JOIN certificate_chain ch ON ch.certificate_id = c.id
      CROSS JOIN crl_authorities a ON a.crl_id = crls.id AND a.ca_key = ch.ca_key
      CROSS JOIN certificate_hostnames h ON h.certificate_id = c.id
    WHERE c.account_id = crls.account_id
  )`

/** Reads the column of a row that one of the above gave. */
export function lossesFrom(row: Row, column: string): readonly CoverageLoss[] {
  const losses: readonly (readonly [string, number, readonly string[]])[] = JSON.parse(text(row, column))
  return losses.map(([issuer, count, hostnames]) => ({ issuer, count, hostnames }))
}
