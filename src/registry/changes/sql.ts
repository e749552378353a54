import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import type { Result } from '../../core/result.ts'
import type { AsciiHostname, CertificateId, Hex, UnixSeconds } from '../../core/units.ts'
import { ACCESS_SQL, accessParams, type Denied, GRANTED_SQL, moreParams, whenGranted } from '../../store/access.ts'
import { number, oneOf, type Row, runBatch, text } from '../../store/d1.ts'
import { pageSql, type Statement } from '../../store/statement.ts'
import type { Change } from './chain.ts'

/** A change with its seal; null while it has none. */
export interface RecordedChange extends Change {
  readonly sha256: Hex | null
}

/** Which changes a list has. Undefined: all. */
export interface ChangeFilter {
  readonly certificateId: CertificateId | undefined
  readonly hostname: AsciiHostname | undefined
  readonly credentialId: string | undefined
  /** The first and the last moment. */
  readonly since: UnixSeconds | undefined
  readonly until: UnixSeconds | undefined
}

export const CHANGE_COLUMNS_SQL = `c.account_id, c.position, c.at, c.zone_id, c.actor, c.actor_id, c.actor_name, c.address,
  c.operation, c.certificate_id, c.before, c.after, c.hostnames, c.reverts, c.sha256`

/**
 * Conditions by the filters that are given, ?8 to ?12. Times become positions, which are in the order of times, so an index serves
 * whatever is combined.
 */
function conditions({ scope }: Claim, filter: ChangeFilter): string {
  const account = '(SELECT account_id FROM granted)'
  const edge = (comparison: string, order: string) =>
    `(SELECT t.position FROM changes t WHERE t.account_id = ${account} AND t.at ${comparison} ORDER BY t.at ${order}, t.position ${order} LIMIT 1)`
  return [
    `c.account_id = ${account}`,
    ...(scope.kind === 'zones' ? ['c.zone_id = (SELECT zone_id FROM granted)'] : []),
    ...(filter.certificateId === undefined ? [] : ['c.certificate_id = ?8']),
    ...(filter.hostname === undefined
      ? []
      : [
          `c.position IN (SELECT h.position FROM change_hostnames h WHERE h.account_id = ${account} AND h.hostname_ascii = ?9)`,
        ]),
    ...(filter.credentialId === undefined ? [] : ['c.actor_id = ?10']),
    ...(filter.since === undefined ? [] : [`c.position >= ${edge('>= ?11', 'ASC')}`]),
    ...(filter.until === undefined ? [] : [`c.position <= ${edge('<= ?12', 'DESC')}`]),
  ].join(' AND ')
}

/** `granted`: the account and zone of the scope, where the claim holds. Each parameter must be named once. */
const GRANTED_SCOPE_SQL = `${ACCESS_SQL},
  granted AS (SELECT account_id, zone_id FROM access WHERE ${GRANTED_SQL} AND coalesce(?8, ?9, ?10, ?11, ?12, 0) IS NOT NULL)`

/**
 * A page of the changes of a scope, the newest first, and how many there are in all. An account has those of its zones too; a zone
 * has those that were made under its own path. `offset` and `limit` count changes.
 */
export async function selectChanges(
  db: Database,
  claim: Claim,
  filter: ChangeFilter,
  offset: number,
  limit: number,
): Promise<Result<{ readonly changes: readonly RecordedChange[]; readonly total: number }, Denied>> {
  const { certificateId, hostname, credentialId, since, until } = filter
  const asked = accessParams(
    claim,
    certificateId ?? null,
    hostname ?? null,
    credentialId ?? null,
    since ?? null,
    until ?? null,
  )
  const matching = conditions(claim, filter)
  const [rows, totals, changes] = await runBatch(db, [
    { sql: `WITH ${ACCESS_SQL} SELECT access.* FROM access`, params: accessParams(claim) },
    { sql: `WITH ${GRANTED_SCOPE_SQL} SELECT count(*) AS total FROM changes c WHERE ${matching}`, params: asked },
    {
      sql: `WITH ${GRANTED_SCOPE_SQL} SELECT ${CHANGE_COLUMNS_SQL} FROM changes c WHERE ${matching}
        ORDER BY c.position DESC ${pageSql(13)}`,
      params: moreParams(asked, limit, offset),
    },
  ])
  return whenGranted(claim, rows?.[0], () => ({
    changes: changes?.map(changeFrom) ?? [],
    total: totals?.[0] === undefined ? 0 : number(totals[0], 'total'),
  }))
}

/** One change of a scope; undefined where the scope does not have it. */
export async function selectChange(
  db: Database,
  claim: Claim,
  position: number,
): Promise<Result<RecordedChange | undefined, Denied>> {
  const [rows, changes] = await runBatch(db, [
    { sql: `WITH ${ACCESS_SQL} SELECT access.* FROM access`, params: accessParams(claim) },
    changeStatement(claim, position),
  ])
  return whenGranted(claim, rows?.[0], () => (changes?.[0] === undefined ? undefined : changeFrom(changes[0])))
}

/** Selects the change of a scope at a position. */
export function changeStatement(claim: Claim, position: number): Statement {
  return {
    sql: `WITH ${ACCESS_SQL} SELECT ${CHANGE_COLUMNS_SQL}
      FROM access CROSS JOIN changes c ON c.account_id = access.account_id AND c.position = ?8
      WHERE ${GRANTED_SQL} AND (access.zone_id IS NULL OR c.zone_id = access.zone_id)`,
    params: accessParams(claim, position),
  }
}

/** Reads CHANGE_COLUMNS_SQL. */
export function changeFrom(row: Row): RecordedChange {
  return {
    accountId: text(row, 'account_id'),
    position: number(row, 'position'),
    at: number(row, 'at'),
    zoneId: textOrNull(row, 'zone_id'),
    actor: oneOf(row, 'actor', ['token', 'key', 'operator']),
    actorId: textOrNull(row, 'actor_id'),
    actorName: text(row, 'actor_name'),
    address: textOrNull(row, 'address'),
    operation: text(row, 'operation'),
    certificateId: textOrNull(row, 'certificate_id'),
    before: textOrNull(row, 'before'),
    after: textOrNull(row, 'after'),
    hostnames: text(row, 'hostnames'),
    reverts: row['reverts'] === null ? null : number(row, 'reverts'),
    sha256: textOrNull(row, 'sha256'),
  }
}

function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column)
}
