import type { Database } from '../../core/config.ts'
import type { Claim, Hostname, HostnameMode, ModeSetting, QuotaLack, ScopeDomains } from '../../core/model.ts'
import type { Result } from '../../core/result.ts'
import {
  ACCESS_SQL,
  accessParams,
  BY_ACCOUNT_SQL,
  type Denied,
  GRANTED_SQL,
  moreParams,
  whenGranted,
} from '../../store/access.ts'
import { recordChange, rfc3339Sql } from '../../store/changes.ts'
import { number, oneOf, type Row, runBatch, text, truth } from '../../store/d1.ts'
import {
  FOREIGN_HOSTNAMES_SQL,
  hasAccountCertificateSql,
  isOwnSql,
  scopeDomainsFrom,
  scopeDomainsSql,
  wantedHostnamesSql,
} from '../../store/hostname-owner.ts'
import { hasRoomSql, lackFrom, roomQuotaSql, usedSql } from '../../store/quotas.ts'
import { pageSql, type ScopedParams, type Statement } from '../../store/statement.ts'

/** The mode of a hostname, which is shown as it was sent. */
export interface HostnameModeRow extends ModeSetting {
  readonly hostname: string
}

/** Modes `m` of the scope that count at ?6. */
const shownSql = ({ scope }: Claim) => `${isOwnSql('m', scope.kind)} AND (m.until IS NULL OR m.until > ?6)`

/**
 * A page of the modes that are not the default, by hostname: an account's with those of its zones, or one zone's. `offset` and
 * `limit` count modes. `stored`: how many there are in all; for an account, with those that are not shown.
 */
export async function selectHostnameModes(
  db: Database,
  claim: Claim,
  offset: number,
  limit: number,
): Promise<Result<{ readonly modes: readonly HostnameModeRow[]; readonly stored: number }, Denied>> {
  const params = accessParams(claim)
  const [rows, modes] = await runBatch(db, [
    {
      sql: `WITH ${ACCESS_SQL} SELECT access.*, iif(access.zone_id IS NULL, ${usedSql('modes')},
          (SELECT count(*) FROM hostname_modes m WHERE ${shownSql(claim)})) AS stored
        FROM access`,
      params,
    },
    {
      sql: `WITH ${ACCESS_SQL} SELECT m.hostname, m.mode, m.until FROM hostname_modes m
        WHERE ${shownSql(claim)} ORDER BY m.hostname_ascii ${pageSql(8)}`,
      params: moreParams(params, limit, offset),
    },
  ])
  return whenGranted(claim, rows?.[0], (row) => ({ modes: modes?.map(modeFrom) ?? [], stored: number(row, 'stored') }))
}

/** What the database says of a claim on a hostname. */
export interface HostnameSituation {
  /** The hostname is not the scope's. */
  readonly foreign: boolean
  readonly scopeDomains: ScopeDomains
  /** A certificate of the account itself protects it, and the credential may write in the zone only. */
  readonly guarded: boolean
  /** Certificates of the account or its zones are associated with it. */
  readonly hasCertificates: boolean
  /** The quota, where it has no room for a mode of the hostname. */
  readonly lack: QuotaLack | undefined
}

/** ?8 the hostnames as a JSON array of none or one name in A-label form, ?9 that name. */
const SITUATION_SQL = `WITH RECURSIVE ${ACCESS_SQL}, ${wantedHostnamesSql('?8')}, ${FOREIGN_HOSTNAMES_SQL},
  named AS (SELECT account_id, ?9 AS hostname_ascii FROM access),
  situation AS MATERIALIZED (
    SELECT access.*, (SELECT zone_id FROM owners) AS owner_zone_id, ${BY_ACCOUNT_SQL} AS by_account,
      EXISTS (SELECT 1 FROM foreign_hostnames) AS is_foreign,
      NOT ${BY_ACCOUNT_SQL} AND ${hasAccountCertificateSql('named')} AS is_guarded,
      EXISTS (
        SELECT 1 FROM hostnames n
        WHERE n.hostname_ascii = ?9 AND n.account_id = access.account_id AND n.certificates > 0
      ) AS has_certificates,
      EXISTS (SELECT 1 FROM hostname_modes m WHERE m.account_id = access.account_id AND m.hostname_ascii = ?9)
        OR ${hasRoomSql('modes', '1')} AS has_room
    FROM access JOIN named ON TRUE
  )`
const ASKED_SQL = `${SITUATION_SQL}
  SELECT access.*, ${scopeDomainsSql('is_foreign')}, ${roomQuotaSql('modes')} FROM situation AS access`
const OWN_SQL = `${GRANTED_SQL} AND NOT is_foreign`

/** The mode of a hostname; undefined where it has the default. `hostname` undefined: only how the claim stands. */
export async function selectHostnameMode(
  db: Database,
  claim: Claim,
  hostname: Hostname | undefined,
): Promise<Result<HostnameSituation & { readonly mode: HostnameModeRow | undefined }, Denied>> {
  const params = situationParams(claim, hostname)
  const [rows, modes] = await runBatch(db, [
    { sql: ASKED_SQL, params },
    {
      sql: `${SITUATION_SQL} SELECT m.hostname, m.mode, m.until FROM hostname_modes m
        WHERE m.hostname_ascii = ?9 AND ${shownSql(claim)} AND NOT (SELECT is_foreign FROM situation)`,
      params,
    },
  ])
  const mode = modes?.[0] && modeFrom(modes[0])
  return whenGranted(claim, rows?.[0], (row) => ({ ...situationFrom(row, claim), mode }))
}

/**
 * Sets the mode of a hostname, if the claim holds, the hostname is the scope's, the mode may be set, and the quota has room for
 * it: `report` not where it is guarded, `open` not where it has certificates. The default is no row. One round trip, one transaction. `mode` undefined:
 * nothing is changed, and the answer says what would have stood against it.
 */
export async function putHostnameMode(
  db: Database,
  claim: Claim,
  hostname: Hostname | undefined,
  mode: ModeSetting | undefined,
): Promise<Result<HostnameSituation, Denied>> {
  const params = situationParams(claim, hostname)
  const [rows] = await runBatch(db, [
    { sql: ASKED_SQL, params },
    ...(hostname === undefined || mode === undefined ? [] : change(claim, params, hostname, mode)),
  ])
  return whenGranted(claim, rows?.[0], (row) => situationFrom(row, claim))
}

const MAY_BE_SET_SQL: Readonly<Record<Exclude<HostnameMode, 'required'>, string>> = {
  report: 'NOT is_guarded',
  open: 'NOT has_certificates',
}

function change(
  claim: Claim,
  params: ScopedParams,
  { text: sent }: Hostname,
  { mode, until }: ModeSetting,
): readonly Statement[] {
  const own = moreParams(params, sent, mode, until ?? null)
  const isSet = mode === 'required' ? 'TRUE' : `has_room AND ${MAY_BE_SET_SQL[mode]}`
  const recorded = recordChange(claim, own, {
    operation: 'put_mode',
    context: SITUATION_SQL,
    from: `situation AS access
      LEFT JOIN hostname_modes m ON m.account_id = access.account_id AND m.hostname_ascii = ?9`,
    where: `NOT is_foreign AND ${isSet}
      AND (m.mode, m.until, m.by_account) IS NOT (nullif(?11, 'required'), ?12, iif(?11 = 'required', NULL, access.by_account))`,
    before: `iif(m.mode IS NULL, NULL, ${modeJsonSql('m.hostname', 'm.mode', 'm.until')})`,
    after: modeJsonSql('?10', '?11', '?12'),
    hostnames: 'json_array(?9)',
  })
  if (mode === 'required') {
    return [
      recorded,
      {
        sql: `${SITUATION_SQL} DELETE FROM hostname_modes WHERE hostname_ascii = ?9
          AND account_id IN (SELECT account_id FROM situation AS access WHERE ${OWN_SQL})`,
        params,
      },
    ]
  }
  return [
    recorded,
    {
      sql: `${SITUATION_SQL}
        INSERT INTO hostname_modes (account_id, zone_id, hostname_ascii, hostname, mode, until, by_account)
        SELECT account_id, owner_zone_id, ?9, ?10, ?11, ?12, by_account FROM situation AS access
        WHERE ${OWN_SQL} AND ${isSet}
        ON CONFLICT (account_id, hostname_ascii) DO UPDATE SET zone_id = excluded.zone_id, hostname = excluded.hostname,
          mode = excluded.mode, until = excluded.until, by_account = excluded.by_account`,
      params: own,
    },
  ]
}

/** A mode as it is answered, for the record of changes. */
const modeJsonSql = (hostname: string, mode: string, until: string) =>
  `json_patch(json_object('hostname', ${hostname}, 'mode', ${mode}), json_object('until', ${rfc3339Sql(until)}))`

function situationParams(claim: Claim, hostname: Hostname | undefined) {
  const wanted = JSON.stringify(hostname === undefined ? [] : [hostname.ascii])
  return accessParams(claim, wanted, hostname?.ascii ?? '')
}

function situationFrom(row: Row, claim: Claim): HostnameSituation {
  return {
    foreign: truth(row, 'is_foreign'),
    scopeDomains: scopeDomainsFrom(row, claim),
    guarded: truth(row, 'is_guarded'),
    hasCertificates: truth(row, 'has_certificates'),
    lack: truth(row, 'has_room') ? undefined : lackFrom(row, 'modes', 1),
  }
}

function modeFrom(row: Row): HostnameModeRow {
  const until = row['until']
  return {
    hostname: text(row, 'hostname'),
    mode: oneOf(row, 'mode', ['report', 'open']),
    ...(typeof until === 'number' && { until }),
  }
}
