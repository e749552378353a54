import type { Database } from '../../core/config.ts'
import type { Claim, HostnameSetting, QuotaLack, ScopeDomains } from '../../core/model.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import {
  ACCESS_SQL,
  accessParams,
  BY_ACCOUNT_SQL,
  type Denied,
  GRANTED_SQL,
  moreParams,
  whenGranted,
} from '../../store/access.ts'
import { recordChange } from '../../store/changes.ts'
import { number, type Row, runBatch, text, truth } from '../../store/d1.ts'
import {
  FOREIGN_HOSTNAMES_SQL,
  hasAccountCertificateSql,
  isOwnSql,
  OWNERS_SQL,
  scopeDomainsFrom,
  scopeDomainsSql,
  wantedHostnamesSql,
} from '../../store/hostname-owner.ts'
import { hasRoomSql, lackFrom, roomQuotaSql, usedSql } from '../../store/quotas.ts'
import { pageSql, type ScopedParams, type Statement } from '../../store/statement.ts'

/**
 * A page of the settings of an account and its zones, or of one zone, that count, in the order in which they were last set.
 * `offset` and `limit` count settings. `stored`: how many there are; for an account, this includes those that do not count.
 */
export async function selectHostnameSettings(
  db: Database,
  claim: Claim,
  offset: number,
  limit: number,
): Promise<Result<{ readonly settings: readonly Omit<HostnameSetting, 'ascii'>[]; readonly stored: number }, Denied>> {
  const params = accessParams(claim)
  const isOwn = isOwnSql('s', claim.scope.kind)
  const [rows, settings] = await runBatch(db, [
    {
      sql: `WITH ${ACCESS_SQL} SELECT access.*, iif(access.zone_id IS NULL, ${usedSql('settings')},
          (SELECT count(*) FROM hostname_settings s WHERE ${isOwn})) AS stored
        FROM access`,
      params,
    },
    {
      sql: `WITH ${ACCESS_SQL},
        page AS (SELECT s.sequence FROM hostname_settings s WHERE ${isOwn} ORDER BY s.sequence ${pageSql(8)})
        SELECT s.hostname, s.china_network, s.client_certificate_forwarding
        FROM page CROSS JOIN hostname_settings s ON s.sequence = page.sequence ORDER BY page.sequence`,
      params: moreParams(params, limit, offset),
    },
  ])
  return whenGranted(claim, rows?.[0], (row) => ({
    settings:
      settings?.map((setting) => ({
        text: text(setting, 'hostname'),
        chinaNetwork: truth(setting, 'china_network'),
        clientCertificateForwarding: truth(setting, 'client_certificate_forwarding'),
      })) ?? [],
    stored: number(row, 'stored'),
  }))
}

/**
 * ?8 the settings as a JSON array of objects with the keys of HostnameSetting, ?9 their hostnames, ?10 the revision or NULL.
 * After the change, owners are not looked up again, since there may be many hostnames.
 */
const SITUATION_SQL = `WITH RECURSIVE ${ACCESS_SQL},
  made AS (
    SELECT EXISTS (SELECT 1 FROM accounts a WHERE a.id = access.account_id AND a.settings_revision = ?10) AS yes FROM access
  ),
  ${wantedHostnamesSql(`iif((SELECT yes FROM made), '[]', ?9)`)},
  ${FOREIGN_HOSTNAMES_SQL},
  wanted AS (
    SELECT w.key AS position, w.value AS hostname_ascii, access.account_id, ?8 -> w.key ->> 'clientCertificateForwarding' AS forwarding,
      ?8 -> w.key ->> 'chinaNetwork' OR ?8 -> w.key ->> 'clientCertificateForwarding' AS is_kept
    FROM access CROSS JOIN wanted_hostnames CROSS JOIN json_each(wanted_hostnames.list) w
  ),
  guarded_hostnames(position) AS (
    SELECT w.position FROM access CROSS JOIN wanted w
      LEFT JOIN hostname_settings s ON s.account_id = w.account_id AND s.hostname_ascii = w.hostname_ascii
    WHERE NOT ${BY_ACCOUNT_SQL} AND coalesce(s.client_certificate_forwarding, 0) <> w.forwarding
      AND ${hasAccountCertificateSql('w')}
  ),
  difference AS (
    SELECT count(*) FILTER (WHERE w.is_kept AND s.sequence IS NULL) AS added,
      count(*) FILTER (WHERE NOT w.is_kept AND s.sequence IS NOT NULL) AS removed
    FROM wanted w LEFT JOIN hostname_settings s ON s.account_id = w.account_id AND s.hostname_ascii = w.hostname_ascii
  ),
  situation AS MATERIALIZED (
    SELECT access.*, difference.*,
      (SELECT json_group_array(position) FROM foreign_hostnames) AS foreign_positions,
      (SELECT json_group_array(position) FROM guarded_hostnames) AS guarded_positions,
      difference.added = 0 OR ${hasRoomSql('settings', '(difference.added - difference.removed)')} AS has_room
    FROM access CROSS JOIN difference
  )`

/** Why settings were not changed. */
export interface SettingsObstacles {
  /** The indexes of the given settings whose hostname is outside of the scope. */
  readonly foreignHostnames: readonly number[]
  readonly scopeDomains: ScopeDomains
  /**
   * The indexes of the given settings that would change whether the origin is told of clients, although a certificate of the
   * account protects the hostname and the credential may write in the zone only.
   */
  readonly guardedHostnames: readonly number[]
  /** The quota. If there is no other obstacle, it has no room for the new ones. */
  readonly lack: QuotaLack
}

/**
 * Sets or removes settings, hostname by hostname, if the claim holds, every hostname is in the scope, none is guarded, and the
 * quota has room for the new ones. Other settings stay. A setting whose flags are both false is removed. It takes one round trip
 * and transaction. `revision` is an id of this change; without it, nothing is changed and the obstacles are returned.
 */
export async function putHostnameSettings(
  db: Database,
  claim: Claim,
  settings: readonly HostnameSetting[],
  revision: string | undefined,
): Promise<Result<Result<void, SettingsObstacles>, Denied>> {
  const hostnames = JSON.stringify(settings.map(({ ascii }) => ascii))
  const params = accessParams(claim, JSON.stringify(settings), hostnames, revision ?? null)
  const batch = await runBatch(db, [
    ...(revision === undefined ? [] : changeStatements(claim, params)),
    {
      sql: `${SITUATION_SQL} SELECT access.*, ${scopeDomainsSql("foreign_positions <> '[]'")}, ${roomQuotaSql('settings')}
        FROM situation AS access`,
      params,
    },
  ])
  const isChanged = revision !== undefined && batch[0]?.length === 1
  return whenGranted(claim, batch.at(-1)?.[0], (row) => (isChanged ? ok(undefined) : fail(obstaclesFrom(row, claim))))
}

function obstaclesFrom(row: Row, claim: Claim): SettingsObstacles {
  return {
    foreignHostnames: JSON.parse(text(row, 'foreign_positions')),
    scopeDomains: scopeDomainsFrom(row, claim),
    guardedHostnames: JSON.parse(text(row, 'guarded_positions')),
    lack: lackFrom(row, 'settings', number(row, 'added') - number(row, 'removed')),
  }
}

/** A setting as it is answered, for the record of changes. */
const settingJsonSql = (hostname: string, chinaNetwork: string, forwarding: string) =>
  `json_object('hostname', ${hostname}, 'china_network', json(iif(${chinaNetwork}, 'true', 'false')),
    'client_certificate_forwarding', json(iif(${forwarding}, 'true', 'false')))`

/** The first statement decides, and leaves its revision, which the others check for. */
function changeStatements(claim: Claim, params: ScopedParams): readonly Statement[] {
  const changed = `WITH RECURSIVE ${ACCESS_SQL},
    changed AS (
      SELECT a.id AS account_id, ${BY_ACCOUNT_SQL} AS by_account
      FROM access CROSS JOIN accounts a ON a.id = access.account_id AND a.settings_revision = ?10
    )`
  return [
    {
      sql: `${SITUATION_SQL} UPDATE accounts SET settings_revision = ?10 WHERE id = (
          SELECT account_id FROM situation AS access
          WHERE ${GRANTED_SQL} AND foreign_positions = '[]' AND guarded_positions = '[]' AND has_room
        ) RETURNING id`,
      params,
    },
    recordChange(claim, params, {
      operation: 'put_settings',
      context: changed,
      from: 'access CROSS JOIN changed',
      where: `EXISTS (
        SELECT 1 FROM json_each(?8) w
          LEFT JOIN hostname_settings s ON s.account_id = changed.account_id AND s.hostname_ascii = w.value ->> 'ascii'
        WHERE (coalesce(s.china_network, 0), coalesce(s.client_certificate_forwarding, 0))
            <> (w.value ->> 'chinaNetwork', w.value ->> 'clientCertificateForwarding')
          OR s.by_account <> changed.by_account)`,
      before: `(SELECT nullif(json_group_array(${settingJsonSql('s.hostname', 's.china_network', 's.client_certificate_forwarding')}), '[]')
        FROM json_each(?8) w
          CROSS JOIN hostname_settings s ON s.account_id = changed.account_id AND s.hostname_ascii = w.value ->> 'ascii')`,
      after: `(SELECT json_group_array(
          ${settingJsonSql("w.value ->> 'text'", "w.value ->> 'chinaNetwork'", "w.value ->> 'clientCertificateForwarding'")})
        FROM json_each(?8) w)`,
      hostnames: '?9',
    }),
    {
      sql: `${changed} DELETE FROM hostname_settings
        WHERE account_id = (SELECT account_id FROM changed) AND hostname_ascii IN (
          SELECT value ->> 'ascii' FROM json_each(?8)
          WHERE NOT (value ->> 'chinaNetwork' OR value ->> 'clientCertificateForwarding')
        )`,
      params,
    },
    {
      // A setting that exists is replaced and needs no room. It gets the sequence number of a new one.
      sql: `${changed},
        ${wantedHostnamesSql('?9')},
        ${OWNERS_SQL}
        INSERT INTO hostname_settings
          (account_id, zone_id, hostname, hostname_ascii, china_network, client_certificate_forwarding, by_account)
        SELECT changed.account_id, o.zone_id, w.value ->> 'text', w.value ->> 'ascii', w.value ->> 'chinaNetwork',
          w.value ->> 'clientCertificateForwarding', changed.by_account
        FROM changed CROSS JOIN json_each(?8) w CROSS JOIN owners o ON o.position = w.key
        WHERE w.value ->> 'chinaNetwork' OR w.value ->> 'clientCertificateForwarding'
        ORDER BY w.key
        ON CONFLICT (account_id, hostname_ascii) DO UPDATE SET zone_id = excluded.zone_id, sequence = excluded.sequence,
          hostname = excluded.hostname, china_network = excluded.china_network,
          client_certificate_forwarding = excluded.client_certificate_forwarding, by_account = excluded.by_account`,
      params,
    },
  ]
}
