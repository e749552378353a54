import type { Database } from '../core/config.ts'
import type { Claim } from '../core/model.ts'
import type { Result } from '../core/result.ts'
import type { CertificateId } from '../core/units.ts'
import { ACCESS_SQL, accessParams, type Denied, GRANTED_SQL, moreParams, whenGranted } from './access.ts'
import { number, runBatch } from './d1.ts'
import type { ScopedParams, Statement } from './statement.ts'

/** What a client can change through the API. */
export const API_CHANGES = [
  'add_certificate',
  'withdraw_certificate',
  'update_certificate',
  'delete_certificate',
  'put_settings',
  'put_mode',
  'upload_crls',
  'delete_crls',
  'restore_crls',
  'block_serial',
  'unblock_serial',
  'put_revocation_policy',
] as const

/** What an operator changes with `npm run admin`. */
export const OPERATOR_CHANGES = [
  'add_account',
  'delete_account',
  'enable_account',
  'disable_account',
  'set_quotas',
  'add_zone',
  'delete_zone',
  'enable_zone',
  'disable_zone',
  'end_hostnames',
  'add_credential',
  'rotate_credential',
  'enable_credential',
  'disable_credential',
  'delete_credential',
] as const

export type ApiChange = (typeof API_CHANGES)[number]
export type OperatorChange = (typeof OPERATOR_CHANGES)[number]

/** A change as SQL describes it, in the transaction that makes it. */
export interface RecordedChange {
  readonly operation: ApiChange
  /** The record that is changed. */
  readonly certificateId?: CertificateId
  /** Common table expressions, `WITH` included; those of access by default. */
  readonly context?: string
  /** What to select from: a table `access`, and what else the expressions need. */
  readonly from?: string
  /** Whether the change happens, or has happened. The claim is checked besides. */
  readonly where: string
  /** Expressions for JSON texts; NULL where there was nothing, or there is nothing any more. */
  readonly before: string
  readonly after: string
  /** An expression for the JSON array of the hostnames that the change is about, in A-label form. */
  readonly hostnames?: string
}

/** The position of the newest change of the account of `access`; 0 where it has none. */
export const HEAD_SQL = 'coalesce((SELECT head FROM change_chains WHERE account_id = access.account_id), 0)'

const HEAD_AT_SQL = 'coalesce((SELECT head_at FROM change_chains WHERE account_id = access.account_id), 0)'

/** A time as RFC 3339 writes it. @param seconds an expression in Unix seconds, UTC */
export const rfc3339Sql = (seconds: string) => `strftime('%Y-%m-%dT%H:%M:%SZ', ${seconds}, 'unixepoch')`

/**
 * Adds a change to the record of changes, if the claim holds and `where` is true. It belongs into the batch of the change: either
 * both are stored, or neither. Where the record refuses the change, it refuses the whole batch (`changeObstacle`): also one that would
 * change nothing, if the claim expects another newest change.
 * @param params the values of the statement's own expressions; one more is added for the change
 */
export function recordChange(claim: Claim, params: ScopedParams, change: RecordedChange): Statement {
  const facts = `?${params.length + 1}`
  const { operation, certificateId, context = `WITH ${ACCESS_SQL}`, from = 'access', hostnames = "'[]'" } = change
  return {
    sql: `${context}
      INSERT INTO changes (account_id, position, at, zone_id, actor, actor_id, actor_name, address, operation, certificate_id,
        before, after, hostnames, reverts)
      SELECT access.account_id,
        iif(${facts} ->> 'expects' IS NULL OR ${facts} ->> 'expects' = ${HEAD_SQL}, ${HEAD_SQL} + 1, 0),
        max(?6, ${HEAD_AT_SQL}), access.zone_id, who.kind, who.id, who.name, ${facts} ->> 'address', ${facts} ->> 'operation',
        ${facts} ->> 'certificate', ${change.before}, ${change.after}, ${hostnames}, ${facts} ->> 'reverts'
      FROM ${from} CROSS JOIN credentials who ON who.id = access.credential_id
      WHERE ${GRANTED_SQL} AND ((${change.where}) OR ${facts} ->> 'expects' <> ${HEAD_SQL})`,
    params: moreParams(
      params,
      JSON.stringify({
        operation,
        certificate: certificateId,
        address: claim.address,
        expects: claim.expects,
        reverts: claim.reverts,
      }),
    ),
  }
}

/** The position of the newest change of the scope's account. */
export async function selectHead(db: Database, claim: Claim): Promise<Result<number, Denied>> {
  const [rows] = await runBatch(db, [
    { sql: `WITH ${ACCESS_SQL} SELECT access.*, ${HEAD_SQL} AS head FROM access`, params: accessParams(claim) },
  ])
  return whenGranted(claim, rows?.[0], (row) => number(row, 'head'))
}

/**
 * Why the record of changes refused a batch: the account has another newest change than the claim expects, or too much of its
 * record waits for its seal. Undefined for other errors.
 */
export function changeObstacle(error: unknown): 'unexpected' | 'unsealed' | undefined {
  const text = error instanceof Error ? error.message : ''
  if (text.includes('CHECK constraint failed: expected_position')) return 'unexpected'
  return text.includes('CHECK constraint failed: changes_wait_for_seal') ? 'unsealed' : undefined
}
