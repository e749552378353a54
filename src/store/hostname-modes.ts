import type { Database } from '../config.ts'
import type { Claim, Hostname, HostnameMode } from '../model.ts'
import { ACCESS_SQL, type Access, accessFrom, accessParams, GRANTED_SQL } from './access.ts'
import { oneOf, type Row, runBatch, text, truth } from './d1.ts'
import { FOREIGN_HOSTNAMES_SQL, OWNERS_SQL } from './hostname-owner.ts'

/** The mode of a hostname, which is shown as it was sent. */
export interface HostnameModeRow {
  readonly hostname: string
  readonly mode: HostnameMode
}

/**
 * The modes that are not the default, by hostname: an account's with those of its zones, or one zone's. Those of
 * hostnames that somebody else owns by now are left out.
 */
export async function selectHostnameModes(
  db: Database,
  claim: Claim,
): Promise<{ readonly access: Access; readonly modes: readonly HostnameModeRow[] }> {
  const params = accessParams(claim)
  const [rows, modes] = await runBatch(db, [
    { sql: `WITH ${ACCESS_SQL} SELECT * FROM access`, params },
    {
      sql: `WITH RECURSIVE ${ACCESS_SQL},
        named AS (
          SELECT row_number() OVER (ORDER BY m.hostname_ascii) - 1 AS position, m.*
          FROM access JOIN hostname_modes m ON m.account_id = access.account_id
        ),
        wanted_hostnames(list) AS (SELECT json_group_array(hostname_ascii ORDER BY position) FROM named),
        ${OWNERS_SQL}
        SELECT n.hostname, n.mode FROM access JOIN named n ON TRUE JOIN owners o ON o.position = n.position
        WHERE ${GRANTED_SQL}
          AND o.account_id = access.account_id AND (access.zone_id IS NULL OR o.zone_id = access.zone_id)
        ORDER BY n.position`,
      params,
    },
  ])
  return { access: accessFrom(rows?.[0]), modes: modes?.map(modeFrom) ?? [] }
}

/** What the database says of a claim on a hostname. */
export interface HostnameOutcome {
  readonly access: Access
  /** The hostname is not the scope's. */
  readonly foreign: boolean
}

/** ?8 the hostnames as a JSON array of none or one name in A-label form. */
const SITUATION_SQL = `WITH RECURSIVE ${ACCESS_SQL}, wanted_hostnames(list) AS (VALUES (?8)), ${FOREIGN_HOSTNAMES_SQL},
  situation AS (SELECT access.*, EXISTS (SELECT 1 FROM foreign_hostnames) AS is_foreign FROM access)`
const OWN_SQL = `${GRANTED_SQL} AND NOT is_foreign`

/** The mode of a hostname; undefined where it has the default. `hostname` undefined: only how the claim stands. */
export async function selectHostnameMode(
  db: Database,
  claim: Claim,
  hostname: Hostname | undefined,
): Promise<HostnameOutcome & { readonly mode: HostnameModeRow | undefined }> {
  const params = situationParams(claim, hostname)
  const [rows, modes] = await runBatch(db, [
    { sql: `${SITUATION_SQL} SELECT * FROM situation`, params },
    {
      sql: `${SITUATION_SQL} SELECT m.hostname, m.mode FROM situation AS access
        JOIN hostname_modes m ON m.account_id = access.account_id AND m.hostname_ascii = ?9 WHERE ${OWN_SQL}`,
      params: [...params, hostname?.ascii ?? ''],
    },
  ])
  const mode = modes?.[0]
  return { ...outcomeFrom(rows?.[0]), mode: mode && modeFrom(mode) }
}

/**
 * Sets the mode of a hostname, if the claim holds and the hostname is the scope's. The default is no row. One round
 * trip, one transaction. `mode` undefined: nothing is changed, and the answer says what would have stood against it.
 */
export async function putHostnameMode(
  db: Database,
  claim: Claim,
  hostname: Hostname | undefined,
  mode: HostnameMode | undefined,
): Promise<HostnameOutcome> {
  const params = situationParams(claim, hostname)
  const [rows] = await runBatch(db, [
    { sql: `${SITUATION_SQL} SELECT * FROM situation`, params },
    ...(hostname === undefined || mode === undefined ? [] : [change(params, hostname, mode)]),
  ])
  return outcomeFrom(rows?.[0])
}

function change(params: ReturnType<typeof situationParams>, { text: sent, ascii }: Hostname, mode: HostnameMode) {
  if (mode === 'required') {
    return {
      sql: `${SITUATION_SQL} DELETE FROM hostname_modes WHERE hostname_ascii = ?9
        AND account_id IN (SELECT account_id FROM situation AS access WHERE ${OWN_SQL})`,
      params: [...params, ascii],
    }
  }
  return {
    sql: `${SITUATION_SQL} INSERT INTO hostname_modes (account_id, hostname_ascii, hostname, mode)
      SELECT account_id, ?9, ?10, ?11 FROM situation AS access WHERE ${OWN_SQL}
      ON CONFLICT (account_id, hostname_ascii) DO UPDATE SET hostname = excluded.hostname, mode = excluded.mode`,
    params: [...params, ascii, sent, mode],
  }
}

function situationParams(claim: Claim, hostname: Hostname | undefined) {
  return [...accessParams(claim), JSON.stringify(hostname === undefined ? [] : [hostname.ascii])]
}

function outcomeFrom(row: Row | undefined): HostnameOutcome {
  return { access: accessFrom(row), foreign: row !== undefined && truth(row, 'is_foreign') }
}

function modeFrom(row: Row): HostnameModeRow {
  return { hostname: text(row, 'hostname'), mode: oneOf(row, 'mode', ['required', 'report']) }
}
