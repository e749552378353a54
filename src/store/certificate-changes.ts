import type { Database } from '../config.ts'
import type { CertificateRecord, Claim, Hostname } from '../model.ts'
import { ACCESS_SQL, type Access, accessFrom, accessParams, GRANTED_SQL } from './access.ts'
import { FIRST_LINK_SQL, IN_SCOPE_SQL, RECORD_COLUMNS_SQL, recordFrom } from './certificate-record.ts'
import { number, runBatch, text, truth } from './d1.ts'
import { FOREIGN_HOSTNAMES_SQL } from './hostname-owner.ts'
import type { SqlValue } from './statement.ts'

/** What a certificate is to become. */
export interface CertificateChange {
  /** Undefined keeps the name. */
  readonly name: string | undefined
}

/** What the database says of a claim to change a certificate, all read in the transaction that would change it. */
export interface UpdateOutcome {
  readonly access: Access
  /** The scope has the certificate. */
  readonly found: boolean
  /** Indexes into the hostnames asked for: those that are not the scope's. */
  readonly foreignHostnames: readonly number[]
  /** The hostnames it had until now, where it is to have none; otherwise none are looked up. */
  readonly previousHostnames: readonly string[]
  /** The record as it is now; undefined when anything above forbade the change, or there was none. */
  readonly updated: CertificateRecord | undefined
}

/** The hostnames of `target`, in their order, before anything changes. */
const PREVIOUS_SQL = `(SELECT json_group_array(h.hostname ORDER BY h.position)
  FROM target JOIN certificate_hostnames h ON h.certificate_id = target.id) AS previous`

/** ?8 the certificate's id, ?9 the hostnames as a JSON array of names in A-label form. */
const SITUATION_SQL = `WITH RECURSIVE ${ACCESS_SQL},
  wanted_hostnames(list) AS (VALUES (?9)),
  ${FOREIGN_HOSTNAMES_SQL},
  target AS (SELECT c.id FROM access JOIN certificates c ON c.id = ?8 AND ${IN_SCOPE_SQL}),
  situation AS (
    SELECT access.*, EXISTS (SELECT 1 FROM target) AS found,
      (SELECT json_group_array(position) FROM foreign_hostnames) AS foreign_positions
    FROM access
  ),
  changeable AS (
    SELECT target.id FROM target, situation AS access WHERE ${GRANTED_SQL} AND foreign_positions = '[]'
  )`

/**
 * Replaces a certificate's hostnames, and its name where one is given, if the claim holds, the scope has the
 * certificate, and every hostname is the scope's. One round trip, one transaction.
 *
 * `change` undefined: nothing is changed, and the answer says what else would have stood against it.
 */
export async function updateCertificate(
  db: Database,
  claim: Claim,
  id: string,
  hostnames: readonly Hostname[],
  change: CertificateChange | undefined,
): Promise<UpdateOutcome> {
  const asked: readonly SqlValue[] = [...accessParams(claim), id, JSON.stringify(hostnames.map(({ ascii }) => ascii))]
  const changes = change === undefined ? [] : changeStatements(asked, hostnames, change)
  const columns = change !== undefined && hostnames.length === 0 ? `situation.*, ${PREVIOUS_SQL}` : '*'
  const situation = { sql: `${SITUATION_SQL} SELECT ${columns} FROM situation`, params: asked }
  const batch = await runBatch(db, [situation, ...changes])
  const row = batch[0]?.[0]
  const updated = changes.length === 0 ? undefined : batch.at(-1)?.[0]
  return {
    access: accessFrom(row),
    found: row !== undefined && truth(row, 'found'),
    foreignHostnames: row === undefined ? [] : JSON.parse(text(row, 'foreign_positions')),
    previousHostnames: row?.['previous'] === undefined ? [] : JSON.parse(text(row, 'previous')),
    updated: updated && recordFrom(updated),
  }
}

function changeStatements(asked: readonly SqlValue[], hostnames: readonly Hostname[], { name }: CertificateChange) {
  return [
    {
      sql: `${SITUATION_SQL} DELETE FROM certificate_hostnames WHERE certificate_id IN (SELECT id FROM changeable)`,
      params: asked,
    },
    {
      sql: `${SITUATION_SQL} INSERT INTO certificate_hostnames (certificate_id, position, hostname, hostname_ascii)
        SELECT changeable.id, h.key, h.value ->> 'text', h.value ->> 'ascii' FROM changeable, json_each(?10) h`,
      params: [...asked, JSON.stringify(hostnames)],
    },
    {
      // A clock that was set back must not make a record older than it is.
      sql: `${SITUATION_SQL} UPDATE certificates SET name = coalesce(?10, name), updated_at = max(?6, created_at)
        WHERE id IN (SELECT id FROM changeable)`,
      params: [...asked, name ?? null],
    },
    {
      sql: `${SITUATION_SQL} SELECT ${RECORD_COLUMNS_SQL} FROM changeable JOIN certificates c ON c.id = changeable.id
        ${FIRST_LINK_SQL}`,
      params: asked,
    },
  ]
}

/** What the database says of a claim to delete a certificate. */
export interface DeleteOutcome {
  readonly access: Access
  /** The scope had the certificate. */
  readonly found: boolean
  /** How many hostnames are associated with it; it is gone only if there were none. */
  readonly hostnames: number
  readonly deleted: boolean
}

/** Deletes a certificate if the claim holds, the scope has it, and no hostname is associated with it. */
export async function deleteCertificate(db: Database, claim: Claim, id: string): Promise<DeleteOutcome> {
  const params = [...accessParams(claim), id]
  const target = `WITH ${ACCESS_SQL},
    target AS (
      SELECT c.id, (SELECT count(*) FROM certificate_hostnames WHERE certificate_id = c.id) AS hostnames
      FROM access JOIN certificates c ON c.id = ?8 AND ${IN_SCOPE_SQL}
    )`
  const [rows, deleted] = await runBatch(db, [
    { sql: `${target} SELECT access.*, target.id, target.hostnames FROM access LEFT JOIN target ON TRUE`, params },
    {
      sql: `${target} DELETE FROM certificates
        WHERE id IN (SELECT target.id FROM target, access WHERE ${GRANTED_SQL} AND target.hostnames = 0) RETURNING id`,
      params,
    },
  ])
  const row = rows?.[0]
  const found = typeof row?.['id'] === 'string'
  return {
    access: accessFrom(row),
    found,
    hostnames: row !== undefined && found ? number(row, 'hostnames') : 0,
    deleted: deleted?.length === 1,
  }
}
