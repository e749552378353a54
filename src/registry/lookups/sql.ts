import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import type { Result } from '../../core/result.ts'
import type { AccountId, AsciiHostname, UnixSeconds, ZoneId } from '../../core/units.ts'
import { ACCESS_SQL, accessParams, type UnknownCredential, whenValid } from '../../store/access.ts'
import { number, type Row, runBatch, text, truth } from '../../store/d1.ts'
import { pageSql, type SqlValue } from '../../store/statement.ts'

/** An account, as those see it who may. */
export interface SeenAccount {
  readonly id: AccountId
  readonly name: string
  readonly createdAt: UnixSeconds
}

/** A zone, with its account. */
export interface SeenZone {
  readonly id: ZoneId
  readonly domain: AsciiHostname
  readonly createdAt: UnixSeconds
  readonly account: Pick<SeenAccount, 'id' | 'name'>
}

/** How a text is compared. Without regard to case unless it says so. */
export type Comparison = 'equal' | 'not_equal' | 'starts_with' | 'ends_with' | 'contains'

/** What is asked of a zone or account. `false`: nothing can have it. */
export type Condition =
  | {
      readonly of: 'domain' | 'account.name'
      readonly comparison: Comparison
      readonly text: string
      readonly caseSensitive: boolean
    }
  | { readonly of: 'account.id'; readonly text: string }
  | boolean

/** Which zones or accounts a list has, and in which order. */
export interface Asked {
  readonly conditions: readonly Condition[]
  /** Whether one condition that holds is enough. */
  readonly any: boolean
  readonly order: 'name' | 'account.id' | 'account.name'
  readonly descending: boolean
  readonly offset: number
  readonly limit: number
}

/** A page of what was asked for, and how much there is in all. */
export interface Seen<T> {
  readonly items: readonly T[]
  readonly total: number
}

type OfCredential<T> = Promise<Result<T, UnknownCredential>>

const COLUMNS = { domain: 'z.domain', 'account.name': 'a.name', 'account.id': 'z.account_id' } as const

/** `substr` and `instr` give no character of the text a meaning, as LIKE would. */
const COMPARISONS: Readonly<Record<Comparison, (column: string, text: string) => string>> = {
  equal: (column, text) => `${column} = ${text}`,
  not_equal: (column, text) => `${column} <> ${text}`,
  starts_with: (column, text) => `substr(${column}, 1, length(${text})) = ${text}`,
  ends_with: (column, text) => `substr(${column}, -length(${text})) = ${text}`,
  contains: (column, text) => `instr(${column}, ${text}) > 0`,
}

/** A condition whose text is this parameter. Domains are in lower case. */
function conditionSql(condition: Condition, parameter: string): string {
  if (typeof condition === 'boolean') return condition ? 'TRUE' : 'FALSE'
  const column = COLUMNS[condition.of]
  if (condition.of === 'account.id') return `${column} = ${parameter}`
  const compared = COMPARISONS[condition.comparison]
  if (condition.caseSensitive) return compared(column, parameter)
  return compared(condition.of === 'domain' ? column : `lower(${column})`, `lower(${parameter})`)
}

/** WHERE, and the values of its parameters, ?8 and on. */
function whereSql({ conditions, any }: Asked): { readonly where: string; readonly values: readonly SqlValue[] } {
  const values: SqlValue[] = []
  const parts = conditions.map((condition) => {
    if (typeof condition !== 'boolean') values.push(condition.text)
    return conditionSql(condition, `?${values.length + 7}`)
  })
  return { where: parts.length === 0 ? 'TRUE' : parts.join(any ? ' OR ' : ' AND '), values }
}

/**
 * `seen`: the zones that a credential may read, each once: those of its accounts, and those that it has a grant on by themselves.
 * How many these are, only an operator decides.
 */
const SEEN_SQL = `seen AS (
    SELECT z.id FROM access CROSS JOIN grants g CROSS JOIN zones z
      WHERE access.valid AND g.credential_id = access.credential_id AND g.account_id IS NOT NULL
        AND z.account_id = g.account_id
    UNION ALL
    SELECT z.id FROM access CROSS JOIN grants g CROSS JOIN zones z
      WHERE access.valid AND g.credential_id = access.credential_id AND g.zone_id IS NOT NULL AND z.id = g.zone_id
        AND NOT EXISTS (
          SELECT 1 FROM grants o WHERE o.credential_id = g.credential_id AND o.account_id = z.account_id)
  )`

/** The same, of the zones with one domain: at most one. */
const seenByDomainSql = (domain: string) => `seen AS (
    SELECT z.id FROM access CROSS JOIN zones z
      WHERE access.valid AND z.domain = ${domain} AND EXISTS (
        SELECT 1 FROM grants g
        WHERE g.credential_id = access.credential_id AND (g.account_id = z.account_id OR g.zone_id = z.id))
  )`

/** The zones among which the asked ones are. A look-up by domain, the most frequent one, goes by its index. */
function seenSql({ conditions, any }: Asked): string {
  const own = conditions.filter((condition) => typeof condition !== 'boolean')
  const at = own.findIndex((one) => one.of === 'domain' && one.comparison === 'equal')
  return any || at === -1 ? SEEN_SQL : seenByDomainSql(`?${at + 8}`)
}

const ACCESS_ROW_SQL = `WITH ${ACCESS_SQL} SELECT access.* FROM access`

/** A page of a list with this FROM and WHERE, and the count of all of it, if the credential is valid. */
async function selectSeen<T>(
  db: Database,
  claim: Claim,
  { offset, limit }: Asked,
  list: {
    readonly context: string
    readonly columns: string
    readonly from: string
    readonly order: string
    readonly values: readonly SqlValue[]
  },
  read: (row: Row) => T,
): OfCredential<Seen<T>> {
  const { context, columns, from, order, values } = list
  const [rows, totals, page] = await runBatch(db, [
    { sql: ACCESS_ROW_SQL, params: accessParams(claim) },
    { sql: `WITH ${context} SELECT count(*) AS total FROM ${from}`, params: accessParams(claim, ...values) },
    {
      sql: `WITH ${context} SELECT ${columns} FROM ${from} ORDER BY ${order} ${pageSql(8 + values.length)}`,
      params: accessParams(claim, ...values, limit, offset),
    },
  ])
  return whenValid(claim, rows?.[0], () => ({
    items: page?.map(read) ?? [],
    total: totals?.[0] === undefined ? 0 : number(totals[0], 'total'),
  }))
}

/** A page of the zones that a credential may read. Domains are unique, so the order is total. */
export function selectSeenZones(db: Database, claim: Claim, asked: Asked): OfCredential<Seen<SeenZone>> {
  const { where, values } = whereSql(asked)
  const direction = asked.descending ? 'DESC' : 'ASC'
  const first = asked.order === 'name' ? '' : `${COLUMNS[asked.order]} ${direction}, `
  const list = {
    context: `${ACCESS_SQL}, ${seenSql(asked)}`,
    columns: ZONE_COLUMNS_SQL,
    from: `seen CROSS JOIN zones z ON z.id = seen.id CROSS JOIN accounts a ON a.id = z.account_id WHERE ${where}`,
    order: `${first}z.domain ${direction}`,
    values,
  }
  return selectSeen(db, claim, asked, list, zoneFrom)
}

/** A page of the accounts that a credential has a grant on, by name. */
export function selectSeenAccounts(db: Database, claim: Claim, asked: Asked): OfCredential<Seen<SeenAccount>> {
  const { where, values } = whereSql(asked)
  const direction = asked.descending ? 'DESC' : 'ASC'
  const list = {
    context: ACCESS_SQL,
    columns: ACCOUNT_COLUMNS_SQL,
    from: `access CROSS JOIN grants g CROSS JOIN accounts a ON a.id = g.account_id
      WHERE access.valid AND g.credential_id = access.credential_id AND g.account_id IS NOT NULL AND (${where})`,
    order: `a.name ${direction}, a.id ${direction}`,
    values,
  }
  return selectSeen(db, claim, asked, list, accountFrom)
}

/** The account that the path names; undefined where the credential may not read it, also if there is none. */
export async function selectAccount(db: Database, claim: Claim): OfCredential<SeenAccount | undefined> {
  const sql = `WITH ${ACCESS_SQL} SELECT access.*, ${ACCOUNT_COLUMNS_SQL}
    FROM access LEFT JOIN accounts a ON a.id = access.account_id`
  const [rows] = await runBatch(db, [{ sql, params: accessParams(claim) }])
  return whenValid(claim, rows?.[0], (row) => (truth(row, 'permitted') ? accountFrom(row) : undefined))
}

/** The zone that the path names; undefined where the credential may not read it, also if there is none. */
export async function selectZone(db: Database, claim: Claim): OfCredential<SeenZone | undefined> {
  const sql = `WITH ${ACCESS_SQL} SELECT access.*, ${ZONE_COLUMNS_SQL}
    FROM access LEFT JOIN zones z ON z.id = access.zone_id LEFT JOIN accounts a ON a.id = access.account_id`
  const [rows] = await runBatch(db, [{ sql, params: accessParams(claim) }])
  return whenValid(claim, rows?.[0], (row) => (truth(row, 'permitted') ? zoneFrom(row) : undefined))
}

/** The id of the credential that asks. */
export async function selectCredentialId(db: Database, claim: Claim): OfCredential<string> {
  const [rows] = await runBatch(db, [{ sql: ACCESS_ROW_SQL, params: accessParams(claim) }])
  return whenValid(claim, rows?.[0], (row) => text(row, 'credential_id'))
}

const ACCOUNT_COLUMNS_SQL = 'a.id AS seen_id, a.name, a.created_at'
const ZONE_COLUMNS_SQL = 'z.id AS seen_id, z.domain, z.created_at, z.account_id AS seen_account_id, a.name'

function accountFrom(row: Row): SeenAccount {
  return { id: text(row, 'seen_id'), name: text(row, 'name'), createdAt: number(row, 'created_at') }
}

function zoneFrom(row: Row): SeenZone {
  return {
    id: text(row, 'seen_id'),
    domain: text(row, 'domain'),
    createdAt: number(row, 'created_at'),
    account: { id: text(row, 'seen_account_id'), name: text(row, 'name') },
  }
}
