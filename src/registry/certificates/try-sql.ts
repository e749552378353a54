import type { Database, HostnameLimits } from '../../core/config.ts'
import type { CertificateRecord, Claim, Hostname, TrustRecord } from '../../core/model.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { AsciiHostname, CertificateId } from '../../core/units.ts'
import { ACCESS_SQL, accessParams, GRANTED_SQL, moreParams, whenGranted } from '../../store/access.ts'
import { FIRST_LINK_SQL, RECORD_COLUMNS_SQL, recordFrom } from '../../store/certificate-record.ts'
import { oneOf, type Row, runBatch, text, truth } from '../../store/d1.ts'
import { OWNERS_SQL, wantedHostnamesSql } from '../../store/hostname-owner.ts'
import { RECORD_CERTIFICATE_SQL, recordCertificateFrom } from '../../store/record-certificate.ts'
import { type OfRecord, TARGET_SQL } from '../../store/record-target.ts'
import { type CoverageLoss, selectLostWithHostnames } from '../crls/coverage-sql.ts'
import { hostnamesFrom, lostHostnames, OBSTACLES_SQL, obstaclesFrom, type UpdateObstacles } from './writes-sql.ts'

/** What changes of records would do. Nothing is written. */

/** A record, and what an update would take away. */
export interface TriedUpdate {
  readonly record: CertificateRecord
  /** What hostnames trust of it. */
  readonly stored: TrustRecord
  /** Its hostnames now. */
  readonly previous: readonly Hostname[]
  /** Those of them that it would lose. */
  readonly lost: readonly Hostname[]
  /** The CAs whose CRLs would no longer count for hostnames that the record loses. */
  readonly uncovered: readonly CoverageLoss[]
  /** The hostnames that would have no certificate. */
  readonly withoutAnchor: readonly AsciiHostname[]
}

/**
 * What updateCertificate would find. It takes three round trips.
 * @param sound whether there would be a change at all; if not, the obstacles are returned
 */
export async function tryUpdate(
  db: Database,
  claim: Claim,
  id: CertificateId,
  hostnames: readonly Hostname[],
  limits: HostnameLimits,
  sound: boolean,
): Promise<OfRecord<Result<TriedUpdate, UpdateObstacles>>> {
  const target = accessParams(claim, id)
  const ascii = JSON.stringify(hostnames.map((hostname) => hostname.ascii))
  const asked = moreParams(target, null, ascii, limits.certificates, limits.bytes)
  const [rows, records, own, links] = await runBatch(db, [
    { sql: OBSTACLES_SQL, params: asked },
    {
      sql: `WITH ${TARGET_SQL} SELECT ${RECORD_COLUMNS_SQL}
        FROM target CROSS JOIN certificates c ON c.id = target.id ${FIRST_LINK_SQL}`,
      params: target,
    },
    {
      sql: `WITH ${TARGET_SQL} SELECT h.position, h.hostname, h.hostname_ascii
        FROM target CROSS JOIN certificate_hostnames h ON h.certificate_id = target.id`,
      params: target,
    },
    {
      sql: `WITH ${TARGET_SQL} SELECT ${RECORD_CERTIFICATE_SQL}, coalesce(p.uncovered, 'allow') AS uncovered
        FROM target CROSS JOIN certificate_chain ch ON ch.certificate_id = target.id
          LEFT JOIN revocation_policies p ON p.certificate_id = target.id
        ORDER BY ch.position`,
      params: target,
    },
  ])
  const read = whenGranted(claim, rows?.[0], (row) => {
    const [record] = records ?? []
    if (row['target_id'] === null || record === undefined) return undefined
    if (!sound || !truth(row, 'changeable')) return fail(obstaclesFrom(row, claim))
    return ok({ record: recordFrom(record), stored: storedFrom(id, links ?? []), hasCrls: truth(row, 'has_crls') })
  })
  if (!read.ok) return read
  if (read.value === undefined || !read.value.ok) return ok(read.value)
  const { hasCrls, ...found } = read.value.value
  const previous = hostnamesFrom(own ?? [])
  const lost = lostHostnames(previous, hostnames)
  const uncovered = lost.length > 0 && hasCrls ? await selectLostWithHostnames(db, id, lost) : []
  return ok(ok({ ...found, previous, lost, uncovered, withoutAnchor: await selectLeftAlone(db, claim, id, lost) }))
}

function storedFrom(id: CertificateId, links: readonly Row[]): TrustRecord {
  const uncovered = links[0] === undefined ? 'allow' : oneOf(links[0], 'uncovered', ['allow', 'refuse'])
  return { id, chain: links.map(recordCertificateFrom), uncovered }
}

/** The hostnames of the account for which no certificate but those of a record counts. */
async function selectLeftAlone(db: Database, claim: Claim, id: CertificateId, hostnames: readonly Hostname[]) {
  if (hostnames.length === 0) return []
  const [rows] = await runBatch(db, [
    {
      sql: `WITH RECURSIVE ${ACCESS_SQL}, ${wantedHostnamesSql('?9')}, ${OWNERS_SQL}
        SELECT w.value AS hostname FROM access CROSS JOIN wanted_hostnames
          CROSS JOIN json_each(wanted_hostnames.list) w
          CROSS JOIN owners o ON o.position = w.key AND o.account_id = access.account_id
        WHERE ${GRANTED_SQL} AND NOT EXISTS (
          SELECT 1 FROM certificate_hostnames h CROSS JOIN certificates c ON c.id = h.certificate_id
          WHERE h.hostname_ascii = w.value AND h.certificate_id <> ?8
            AND c.account_id = o.account_id AND (c.zone_id IS NULL OR c.zone_id = o.zone_id))
        ORDER BY w.key`,
      params: accessParams(claim, id, JSON.stringify(hostnames.map(({ ascii }) => ascii))),
    },
  ])
  return rows?.map((row) => text(row, 'hostname')) ?? []
}
