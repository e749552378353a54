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
  countsSql,
  FOREIGN_HOSTNAMES_SQL,
  hasAccountCertificateSql,
  isOfScopeSql,
  scopeDomainsFrom,
  scopeDomainsSql,
  wantedHostnamesSql,
} from '../../store/hostname-owner.ts'
import { hasRoomSql, lackFrom, roomQuotaSql, usedSql } from '../../store/quotas.ts'
import { pageSql, type ScopedParams, type Statement } from '../../store/statement.ts'

/** The mode of a hostname, which is shown as it was sent, and its identity rules. */
export interface HostnameModeRow extends ModeSetting {
  readonly hostname: string
  /** JSON; null: none. */
  readonly identities: string | null
}

/** A mode to be set. */
export interface WantedMode extends ModeSetting {
  /** JSON of identity rules; null: none; undefined: those that are there. */
  readonly identities: string | null | undefined
}

/** Whether the mode of `m` counts at ?6. Its identity rules always do. */
const COUNTS_SQL = `(${countsSql('m')} AND (m.until IS NULL OR m.until > ?6))`
/** Rows `m` of the scope with a mode that counts, or with identity rules. */
const shownSql = ({ scope }: Claim) =>
  `${isOfScopeSql('m', scope.kind)} AND (m.identities IS NOT NULL OR ${COUNTS_SQL})`
const SHOWN_COLUMNS_SQL = `m.hostname, iif(${COUNTS_SQL}, m.mode, 'required') AS mode, iif(${COUNTS_SQL}, m.until, NULL) AS until,
  m.identities`

/**
 * A page of the hostnames with a mode that is not the default, or with identity rules, by hostname: an account's with those of its zones, or one zone's. `offset` and
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
      sql: `WITH ${ACCESS_SQL} SELECT ${SHOWN_COLUMNS_SQL} FROM hostname_modes m
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
  /** JSON of its identity rules; null: none. */
  readonly identities: string | null
  /** The quota, where it has no room for a mode of the hostname. */
  readonly lack: QuotaLack | undefined
}

/**
 * `situation`: one row, `access` with `owner_zone_id` and whether the hostname is foreign. ?8 the hostnames as a JSON array of none or
 * one name in A-label form, ?9 that name.
 */
export const SITUATION_SQL = `WITH RECURSIVE ${ACCESS_SQL}, ${wantedHostnamesSql('?8')}, ${FOREIGN_HOSTNAMES_SQL},
  named AS (SELECT account_id, ?9 AS hostname_ascii FROM access),
  situation AS MATERIALIZED (
    SELECT access.*, (SELECT zone_id FROM owners) AS owner_zone_id, ${BY_ACCOUNT_SQL} AS by_account,
      EXISTS (SELECT 1 FROM foreign_hostnames) AS is_foreign,
      NOT ${BY_ACCOUNT_SQL} AND ${hasAccountCertificateSql('named')} AS is_guarded,
      EXISTS (
        SELECT 1 FROM hostnames n
        WHERE n.hostname_ascii = ?9 AND n.account_id = access.account_id AND n.certificates > 0
      ) AS has_certificates,
      (SELECT m.identities FROM hostname_modes m WHERE m.account_id = access.account_id AND m.hostname_ascii = ?9) AS identities,
      EXISTS (SELECT 1 FROM hostname_modes m WHERE m.account_id = access.account_id AND m.hostname_ascii = ?9)
        OR ${hasRoomSql('modes', '1')} AS has_room
    FROM access JOIN named ON TRUE
  )`
const ASKED_SQL = `${SITUATION_SQL}
  SELECT access.*, ${scopeDomainsSql('is_foreign')}, ${roomQuotaSql('modes')} FROM situation AS access`
/** Whether `situation AS access` may see the hostname. */
export const OWN_SQL = `${GRANTED_SQL} AND NOT is_foreign`

/** A hostname's situation, and its mode; undefined where it has the default. */
export interface HostnameFound extends HostnameSituation {
  readonly mode: HostnameModeRow | undefined
}

/**
 * The first two statements of a batch that reads a hostname, for `hostnameFrom`. Those after them may use SITUATION_SQL, with the same
 * parameters, and OWN_SQL. `hostname` undefined: only how the claim stands.
 */
export function hostnameStatements(claim: Claim, hostname: Hostname | undefined) {
  const params = situationParams(claim, hostname)
  const statements: readonly Statement[] = [
    { sql: ASKED_SQL, params },
    {
      sql: `${SITUATION_SQL} SELECT ${SHOWN_COLUMNS_SQL} FROM hostname_modes m
        WHERE m.hostname_ascii = ?9 AND ${shownSql(claim)} AND NOT (SELECT is_foreign FROM situation)`,
      params,
    },
  ]
  return { params, statements }
}

/** Reads what the two statements of `hostnameStatements` answer. */
export function hostnameFrom(
  claim: Claim,
  rows: readonly Row[] | undefined,
  modes: readonly Row[] | undefined,
): Result<HostnameFound, Denied> {
  const mode = modes?.[0] && modeFrom(modes[0])
  return whenGranted(claim, rows?.[0], (row) => ({ ...situationFrom(row, claim), mode }))
}

/**
 * Sets the mode and the identity rules of a hostname, if the claim holds, the hostname is the scope's, the mode may be set, and the
 * quota has room for it: `report` not where it is guarded, `open` not where it has certificates, other rules not where it is
 * guarded. The default without rules is no row. One round trip, one transaction. `mode` undefined: nothing is changed, and the
 * answer says what would have stood against it.
 */
export async function putHostnameMode(
  db: Database,
  claim: Claim,
  hostname: Hostname | undefined,
  mode: WantedMode | undefined,
): Promise<Result<HostnameSituation, Denied>> {
  const params = situationParams(claim, hostname)
  const [rows] = await runBatch(db, [
    { sql: ASKED_SQL, params },
    ...(hostname === undefined || mode === undefined ? [] : change(claim, params, hostname, mode)),
  ])
  return whenGranted(claim, rows?.[0], (row) => situationFrom(row, claim))
}

const MAY_BE_SET_SQL: Readonly<Record<HostnameMode, string>> = {
  required: 'TRUE',
  report: 'NOT is_guarded',
  open: 'NOT has_certificates',
}

/** The rules that the hostname then has: ?13, or those that are there if ?14. */
const IDENTITIES_SQL = 'iif(?14, access.identities, ?13)'
/** Whether the hostname then has no row: the default mode, which is stored as `report` until 0, without rules. */
const HAS_NO_ROW_SQL = `(?12 IS 0 AND ${IDENTITIES_SQL} IS NULL)`
/** Who set a mode that never counts does not matter. */
const BY_ACCOUNT_OF_MODE_SQL = 'iif(?12 IS 0, 1, access.by_account)'

function change(
  claim: Claim,
  params: ScopedParams,
  { text: sent }: Hostname,
  { mode, until, identities }: WantedMode,
): readonly Statement[] {
  const isDefault = mode === 'required'
  const stored = isDefault ? (['report', 0] as const) : ([mode, until ?? null] as const)
  const keeps = identities === undefined ? 1 : 0
  const own = moreParams(params, sent, ...stored, identities ?? null, keeps)
  const isSet = `${MAY_BE_SET_SQL[mode]} AND (has_room OR ${HAS_NO_ROW_SQL})
    AND (NOT is_guarded OR ${IDENTITIES_SQL} IS access.identities)`
  const recorded = recordChange(claim, own, {
    operation: 'put_mode',
    context: SITUATION_SQL,
    from: `situation AS access
      LEFT JOIN hostname_modes m ON m.account_id = access.account_id AND m.hostname_ascii = ?9`,
    where: `NOT is_foreign AND ${isSet} AND (m.mode, m.until, m.by_account, m.identities) IS NOT (
      iif(${HAS_NO_ROW_SQL}, NULL, ?11), iif(${HAS_NO_ROW_SQL}, NULL, ?12),
      iif(${HAS_NO_ROW_SQL}, NULL, ${BY_ACCOUNT_OF_MODE_SQL}), ${IDENTITIES_SQL})`,
    before: `iif(m.mode IS NULL, NULL, ${modeJsonSql('m.hostname', 'm.mode', 'm.until', 'm.identities')})`,
    after: modeJsonSql('?10', '?11', '?12', IDENTITIES_SQL),
    hostnames: 'json_array(?9)',
  })
  const removed: Statement = {
    sql: `${SITUATION_SQL} DELETE FROM hostname_modes WHERE hostname_ascii = ?9 AND account_id IN (
        SELECT account_id FROM situation AS access WHERE ${OWN_SQL} AND ${isSet} AND ${HAS_NO_ROW_SQL})`,
    params: own,
  }
  return [
    recorded,
    ...(isDefault ? [removed] : []),
    {
      sql: `${SITUATION_SQL}
        INSERT INTO hostname_modes (account_id, zone_id, hostname_ascii, hostname, mode, until, by_account, identities)
        SELECT account_id, owner_zone_id, ?9, ?10, ?11, ?12, ${BY_ACCOUNT_OF_MODE_SQL}, ${IDENTITIES_SQL}
        FROM situation AS access WHERE ${OWN_SQL} AND ${isSet} AND NOT ${HAS_NO_ROW_SQL}
        ON CONFLICT (account_id, hostname_ascii) DO UPDATE SET zone_id = excluded.zone_id, hostname = excluded.hostname,
          mode = excluded.mode, until = excluded.until, by_account = excluded.by_account, identities = excluded.identities`,
      params: own,
    },
  ]
}

/** A mode as it is answered, for the record of changes. */
const modeJsonSql = (hostname: string, mode: string, until: string, identities: string) =>
  `json_patch(
    json_object('hostname', ${hostname}, 'mode', iif(${until} IS 0, 'required', ${mode})),
    json_object('until', iif(${until} IS 0, NULL, ${rfc3339Sql(until)}), 'identities', json(${identities})))`

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
    identities: identitiesFrom(row),
    lack: truth(row, 'has_room') ? undefined : lackFrom(row, 'modes', 1),
  }
}

function modeFrom(row: Row): HostnameModeRow {
  const until = row['until']
  return {
    hostname: text(row, 'hostname'),
    mode: oneOf(row, 'mode', ['required', 'report', 'open']),
    ...(typeof until === 'number' && { until }),
    identities: identitiesFrom(row),
  }
}

function identitiesFrom(row: Row): string | null {
  return row['identities'] === null ? null : text(row, 'identities')
}
