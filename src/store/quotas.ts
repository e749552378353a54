import type { Database } from '../core/config.ts'
import type { Claim, Quota, QuotaLack, QuotaName } from '../core/model.ts'
import type { Result } from '../core/result.ts'
import { ACCESS_SQL, accessParams, type Denied, whenGranted } from './access.ts'
import { type Row, runBatch, text } from './d1.ts'

/** The columns of `accounts` for each quota: its limit, and how many are used, which triggers count (migration 0012). */
export const QUOTA_COLUMNS = {
  certificates: { limit: 'certificate_quota', used: 'certificates' },
  hostnames: { limit: 'hostname_quota', used: 'hostnames' },
  settings: { limit: 'hostname_setting_quota', used: 'hostname_settings' },
  modes: { limit: 'hostname_mode_quota', used: 'hostname_modes' },
  blockedSerials: { limit: 'blocked_serial_quota', used: 'blocked_serials' },
  crls: { limit: 'crl_quota', used: 'crls' },
  crlEntries: { limit: 'crl_entry_quota', used: 'crl_entries' },
} as const satisfies Readonly<Record<QuotaName, { readonly limit: string; readonly used: string }>>

/** All quotas of an account. */
export type Quotas = Readonly<Record<QuotaName, Quota>>

/** An expression on `accounts a`, the account of `access`, as a scalar; NULL where there is none. */
const ofAccountSql = (expression: string) => `(SELECT ${expression} FROM accounts a WHERE a.id = access.account_id)`

/** How many of a quota the account of `access` uses. */
export const usedSql = (name: QuotaName) => ofAccountSql(`a.${QUOTA_COLUMNS[name].used}`)

/** Whether a quota of the account of `access` has room for `added` more, an expression. */
export const hasRoomSql = (name: QuotaName, added: string) =>
  ofAccountSql(`a.${QUOTA_COLUMNS[name].used} + ${added} <= a.${QUOTA_COLUMNS[name].limit}`)

const quotaJsonSql = ({ limit, used }: (typeof QUOTA_COLUMNS)[QuotaName]) =>
  `json_object('limit', a.${limit}, 'used', a.${used})`

/** A quota of the account of `access`, as `room_quota`. */
export const roomQuotaSql = (name: QuotaName) => `${ofAccountSql(quotaJsonSql(QUOTA_COLUMNS[name]))} AS room_quota`

/** Reads `room_quota` of a quota that has no room for `added` more. */
export function lackFrom(row: Row, quota: QuotaName, added: number): QuotaLack {
  return { quota, added, ...JSON.parse(text(row, 'room_quota')) }
}

/** All quotas of `accounts a`, as a JSON object. */
export const QUOTAS_JSON_SQL = `json_object(${Object.entries(QUOTA_COLUMNS)
  .map(([name, columns]) => `'${name}', ${quotaJsonSql(columns)}`)
  .join(', ')})`

/** All quotas of the account of `access`, as `quotas`. */
export const QUOTAS_SQL = `${ofAccountSql(QUOTAS_JSON_SQL)} AS quotas`

/** Reads QUOTAS_SQL. */
export function quotasFrom(row: Row): Quotas {
  return JSON.parse(text(row, 'quotas'))
}

/** All quotas of the scope's account, its zones included. */
export async function selectQuotas(db: Database, claim: Claim): Promise<Result<Quotas, Denied>> {
  const params = accessParams(claim)
  const [rows] = await runBatch(db, [{ sql: `WITH ${ACCESS_SQL} SELECT access.*, ${QUOTAS_SQL} FROM access`, params }])
  return whenGranted(claim, rows?.[0], quotasFrom)
}
