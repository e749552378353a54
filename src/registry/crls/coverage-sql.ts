import type { Database } from '../../core/config.ts'
import type { Hostname } from '../../core/model.ts'
import type { CertificateId } from '../../core/units.ts'
import { type Row, runBatch, text } from '../../store/d1.ts'

/** A CA whose CRL no longer counts on paths of some hostnames. */
export interface CoverageLoss {
  /** Subject of the CA, for people. */
  readonly issuer: string
  /** How many hostnames. */
  readonly count: number
  /** The first of them, by name, that the scope may see. */
  readonly hostnames: readonly string[]
}

/** How many hostnames are named for each CA, and how many CAs. */
const MAX_NAMED = 10

/** Most pairs of a CRL and a hostname that are looked at, which take D1 some 0.1 s. With more, the counts are too low. */
const MAX_PAIRS = 10_000

/**
 * Whether a hostname is covered: by a current CRL of the account with a CA (crl_authorities) of one of the hostname's certificates.
 * CRLs of one CA for the same certificates (`ca_key`, `covers`, `part`) replace each other.
 *
 * The look-up begins at the hostname's certificates and the account's CRLs: any number of other accounts may have the same CA.
 * @param row has account_id, issuer_key, ca_key, covers, part and hostname_ascii
 * @param staying conditions on `k2`, the CRL, and `c2`, the record, that stay
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

/** A scalar: a JSON array of CoverageLoss, from `lost(ca_key, issuer, hostname, hostname_ascii, visible)`. */
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
 * A scalar: what is no longer covered when CRLs of `target` are deleted. Needs `target` and `access`.
 * @param condition on `crls k`, besides being current ones of `target`
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
 * What is no longer covered when a record has lost hostnames, or when it loses them, sorted by the names of the CAs. It takes one round trip.
 * @param removed the hostnames that it lost
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
        lost AS (SELECT * FROM reached r WHERE NOT ${coveredSql('r', 'c2.id <> ?1')})
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

/** Reads the column of one of these statements. */
export function lossesFrom(row: Row, column: string): readonly CoverageLoss[] {
  const losses: readonly (readonly [string, number, readonly string[]])[] = JSON.parse(text(row, column))
  return losses.map(([issuer, count, hostnames]) => ({ issuer, count, hostnames }))
}
