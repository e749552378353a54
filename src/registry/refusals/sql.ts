import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import type { Result } from '../../core/result.ts'
import type { UnixSeconds } from '../../core/units.ts'
import { ACCESS_SQL, accessParams, type Denied, GRANTED_SQL, moreParams, whenGranted } from '../../store/access.ts'
import { number, type Row, runBatch, text } from '../../store/d1.ts'
import { pageSql } from '../../store/statement.ts'

/** Requests that were refused alike. */
export interface RefusedRequests {
  /** '': its secret is unknown. */
  readonly credentialId: string
  /** addressKey of the client. */
  readonly address: string
  /** Of the answer's first error. */
  readonly code: number
  readonly count: number
  readonly firstAt: UnixSeconds
  readonly lastAt: UnixSeconds
}

/** The same, with the scope that their path named: `accounts/{id}` or `zones/{id}`; '': none. */
export interface NotedRefusals extends RefusedRequests {
  readonly scope: string
}

/** Rows of a day, after which new ones have the address `others`: 10,000 take some 1.5 MB. [ours] */
const MAX_ROWS_A_DAY = 10_000

const SECONDS_A_DAY = 86_400
/** As long as Cloudflare's audit logs can be searched by default. [ours] */
const KEPT_DAYS = 90
/** How many rows one run deletes: those of a day. */
const PRUNED_ROWS = MAX_ROWS_A_DAY

/** Adds counts. @param refusals of one isolate, since it last did so */
export async function addRefusals(db: Database, refusals: readonly NotedRefusals[]): Promise<void> {
  await runBatch(db, [
    {
      unscoped: 'operator',
      sql: `INSERT INTO refusals (account_id, day, credential_id, address, code, count, first_at, last_at)
        SELECT coalesce(
            (SELECT a.id FROM accounts a WHERE 'accounts/' || a.id = r.value ->> 'scope' AND a.id = substr(r.value ->> 'scope', 10)),
            (SELECT z.account_id FROM zones z WHERE 'zones/' || z.id = r.value ->> 'scope' AND z.id = substr(r.value ->> 'scope', 7)),
            ''),
          r.value ->> 'lastAt' / ${SECONDS_A_DAY}, r.value ->> 'credentialId',
          iif(coalesce((SELECT d.rows FROM refusal_days d WHERE d.day = r.value ->> 'lastAt' / ${SECONDS_A_DAY}), 0)
            < ${MAX_ROWS_A_DAY}, r.value ->> 'address', 'others'),
          r.value ->> 'code', r.value ->> 'count', r.value ->> 'firstAt', r.value ->> 'lastAt'
        FROM json_each(?1) r WHERE TRUE
        ON CONFLICT DO UPDATE SET count = count + excluded.count, first_at = min(first_at, excluded.first_at),
          last_at = max(last_at, excluded.last_at)`,
      params: [JSON.stringify(refusals)],
    },
  ])
}

/** Deletes what is older than it is kept. @param now Unix seconds, UTC */
export async function pruneRefusals(db: Database, now: UnixSeconds): Promise<void> {
  await runBatch(db, [
    {
      unscoped: 'operator',
      sql: `DELETE FROM refusals WHERE (account_id, day, credential_id, address, code) IN (
          SELECT account_id, day, credential_id, address, code FROM refusals WHERE day < ?1 LIMIT ${PRUNED_ROWS})`,
      params: [Math.floor(now / SECONDS_A_DAY) - KEPT_DAYS],
    },
  ])
}

/** A page of the refused requests of the scope's account, the newest day first, and how many rows there are in all. */
export async function selectRefusals(
  db: Database,
  claim: Claim,
  offset: number,
  limit: number,
): Promise<Result<{ readonly items: readonly RefusedRequests[]; readonly total: number }, Denied>> {
  const params = accessParams(claim)
  const account = `(SELECT account_id FROM access WHERE ${GRANTED_SQL})`
  const [rows, page] = await runBatch(db, [
    {
      sql: `WITH ${ACCESS_SQL} SELECT access.*, (SELECT count(*) FROM refusals r WHERE r.account_id = ${account}) AS total FROM access`,
      params,
    },
    {
      sql: `WITH ${ACCESS_SQL} SELECT r.* FROM refusals r WHERE r.account_id = ${account}
        ORDER BY r.day DESC, r.credential_id DESC, r.address DESC, r.code DESC ${pageSql(8)}`,
      params: moreParams(params, limit, offset),
    },
  ])
  return whenGranted(claim, rows?.[0], (row) => ({ items: page?.map(refusedFrom) ?? [], total: number(row, 'total') }))
}

function refusedFrom(row: Row): RefusedRequests {
  return {
    credentialId: text(row, 'credential_id'),
    address: text(row, 'address'),
    code: number(row, 'code'),
    count: number(row, 'count'),
    firstAt: number(row, 'first_at'),
    lastAt: number(row, 'last_at'),
  }
}
