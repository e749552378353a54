import type { Database } from '../config.ts'
import type { Claim, HostnameSetting } from '../model.ts'
import { ACCESS_SQL, type Access, accessFrom, accessParams, GRANTED_SQL } from './access.ts'
import { runBatch, text, truth } from './d1.ts'
import { FOREIGN_HOSTNAMES_SQL, OWNERS_SQL } from './hostname-owner.ts'

/**
 * The settings of a scope: an account's, its zones included; or one zone's. In the order they were last put in. Those
 * of hostnames that somebody else owns by now are left out.
 */
export async function selectHostnameSettings(
  db: Database,
  claim: Claim,
): Promise<{ readonly access: Access; readonly settings: readonly Omit<HostnameSetting, 'ascii'>[] }> {
  const params = accessParams(claim)
  const [rows, settings] = await runBatch(db, [
    { sql: `WITH ${ACCESS_SQL} SELECT * FROM access`, params },
    {
      sql: `WITH RECURSIVE ${ACCESS_SQL},
        named AS (
          SELECT row_number() OVER (ORDER BY s.sequence) - 1 AS position, s.*
          FROM access JOIN hostname_settings s ON s.account_id = access.account_id
        ),
        wanted_hostnames(list) AS (SELECT json_group_array(hostname_ascii ORDER BY position) FROM named),
        ${OWNERS_SQL}
        SELECT n.hostname, n.china_network, n.client_certificate_forwarding
        FROM access JOIN named n ON TRUE JOIN owners o ON o.position = n.position
        WHERE ${GRANTED_SQL}
          AND o.account_id = access.account_id AND (access.zone_id IS NULL OR o.zone_id = access.zone_id)
        ORDER BY n.position`,
      params,
    },
  ])
  return {
    access: accessFrom(rows?.[0]),
    settings:
      settings?.map((row) => ({
        text: text(row, 'hostname'),
        chinaNetwork: truth(row, 'china_network'),
        clientCertificateForwarding: truth(row, 'client_certificate_forwarding'),
      })) ?? [],
  }
}

/** ?8 the settings as a JSON array of objects with the keys of HostnameSetting. */
const SITUATION_SQL = `WITH RECURSIVE ${ACCESS_SQL},
  wanted(position, text, ascii, china_network, forwarding) AS (
    SELECT key, value ->> 'text', value ->> 'ascii', value ->> 'chinaNetwork', value ->> 'clientCertificateForwarding'
    FROM json_each(?8)
  ),
  wanted_hostnames(list) AS (SELECT json_group_array(ascii ORDER BY position) FROM wanted),
  ${FOREIGN_HOSTNAMES_SQL},
  situation AS (
    SELECT access.*, (SELECT json_group_array(position) FROM foreign_hostnames) AS foreign_positions FROM access
  )`

/** What the database says of a claim to change settings. */
export interface SettingsOutcome {
  readonly access: Access
  /** Indexes into the settings asked for: those whose hostname is not the scope's. */
  readonly foreignHostnames: readonly number[]
}

/**
 * Puts settings in, hostname by hostname, if the claim holds and every hostname is the scope's; those not named stay
 * as they are. A setting with both false is none, and is removed. One round trip, one transaction.
 *
 * `apply` false: nothing is changed, and the answer says what would have stood against it.
 */
export async function putHostnameSettings(
  db: Database,
  claim: Claim,
  settings: readonly HostnameSetting[],
  apply: boolean,
): Promise<SettingsOutcome> {
  const params = [...accessParams(claim), JSON.stringify(settings)]
  const condition = `${GRANTED_SQL} AND foreign_positions = '[]'`
  const changes = [
    {
      sql: `${SITUATION_SQL} DELETE FROM hostname_settings WHERE sequence IN (
          SELECT s.sequence FROM situation AS access
          JOIN hostname_settings s ON s.account_id = access.account_id AND s.hostname_ascii IN (SELECT ascii FROM wanted)
          WHERE ${condition})`,
      params,
    },
    {
      sql: `${SITUATION_SQL} INSERT INTO hostname_settings
          (account_id, hostname, hostname_ascii, china_network, client_certificate_forwarding)
        SELECT access.account_id, w.text, w.ascii, w.china_network, w.forwarding
        FROM situation AS access, wanted w
        WHERE ${condition} AND (w.china_network OR w.forwarding) ORDER BY w.position`,
      params,
    },
  ]
  const [rows] = await runBatch(db, [
    { sql: `${SITUATION_SQL} SELECT * FROM situation`, params },
    ...(apply ? changes : []),
  ])
  const row = rows?.[0]
  return {
    access: accessFrom(row),
    foreignHostnames: row === undefined ? [] : JSON.parse(text(row, 'foreign_positions')),
  }
}
