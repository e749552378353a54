import type { Database } from '../core/config.ts'
import type { Claim, Quota, QuotaLack, QuotaName } from '../core/model.ts'
import { ACCESS_SQL, type Access, accessFrom, accessParams } from './access.ts'
import { type Row, runBatch, truth } from './d1.ts'

/** Where `accounts` has each quota: how many there may be, and how many there are. Triggers count (migration 0012). */
export const QUOTAS = {
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

/** How many the account of `access` has. */
export const usedSql = (name: QuotaName) => ofAccountSql(`a.${QUOTAS[name].used}`)

/** Whether the account of `access` has room for more. `added` is their number, an expression. */
export const hasRoomSql = (name: QuotaName, added: string) =>
  ofAccountSql(`a.${QUOTAS[name].used} + ${added} <= a.${QUOTAS[name].limit}`)

const quotaJsonSql = ({ limit, used }: (typeof QUOTAS)[QuotaName]) =>
  `json_object('limit', a.${limit}, 'used', a.${used})`

/** A quota of the account of `access`, as `room_quota`. */
export const roomQuotaSql = (name: QuotaName) => `${ofAccountSql(quotaJsonSql(QUOTAS[name]))} AS room_quota`

/** Reads `has_room` and `room_quota`: the quota that has no room for `added` more; undefined where it has, or is nobody's. */
export function lackFrom(row: Row | undefined, quota: QuotaName, added: number): QuotaLack | undefined {
  if (row === undefined || truth(row, 'has_room') || typeof row['room_quota'] !== 'string') return undefined
  return { quota, added, ...JSON.parse(row['room_quota']) }
}

/** All quotas of `accounts a`, as a JSON object. */
export const QUOTAS_JSON_SQL = `json_object(${Object.entries(QUOTAS)
  .map(([name, columns]) => `'${name}', ${quotaJsonSql(columns)}`)
  .join(', ')})`

/** All quotas of the account of `access`, as `quotas`. */
export const QUOTAS_SQL = `${ofAccountSql(QUOTAS_JSON_SQL)} AS quotas`

/** Reads QUOTAS_SQL; undefined where there is no account. */
export function quotasFrom(row: Row | undefined): Quotas | undefined {
  return typeof row?.['quotas'] === 'string' ? JSON.parse(row['quotas']) : undefined
}

/** All quotas of the scope's account; undefined where there is none. */
export async function selectQuotas(
  db: Database,
  claim: Claim,
): Promise<{ readonly access: Access; readonly quotas: Quotas | undefined }> {
  const params = accessParams(claim)
  const [rows] = await runBatch(db, [{ sql: `WITH ${ACCESS_SQL} SELECT access.*, ${QUOTAS_SQL} FROM access`, params }])
  return { access: accessFrom(rows?.[0]), quotas: quotasFrom(rows?.[0]) }
}
