import type { Database, HostnameLimits } from '../../core/config.ts'
import type { CertificateRecord, Claim, Hostname, QuotaLack, ScopeDomains } from '../../core/model.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { CertificateId } from '../../core/units.ts'
import { ACCESS_SQL, accessParams, GRANTED_SQL, moreParams, whenGranted } from '../../store/access.ts'
import { FIRST_LINK_SQL, IN_SCOPE_SQL, RECORD_COLUMNS_SQL, recordFrom } from '../../store/certificate-record.ts'
import { HEAD_SQL, recordChange } from '../../store/changes.ts'
import { number, type Row, runBatch, text, truth } from '../../store/d1.ts'
import {
  FOREIGN_HOSTNAMES_SQL,
  scopeDomainsFrom,
  scopeDomainsSql,
  wantedHostnamesSql,
} from '../../store/hostname-owner.ts'
import type { OfRecord } from '../../store/record-target.ts'
import type { ScopedParams, SqlValue, Statement } from '../../store/statement.ts'
import { type CoverageLoss, lossesFrom, lostWithCrlsSql, selectLostWithHostnames } from '../crls/coverage-sql.ts'
import { keepCrls } from '../crls/deleted-sql.ts'
import { CERTIFICATE_JSON_SQL, CHAIN_JSON_SQL, openHostnamesSql } from './change-sql.ts'
import { crowdedSql, HAS_ROOM_SQL, hostnameLackFrom, NEW_HOSTNAMES_SQL, ROOM_SQL } from './hostname-limits-sql.ts'

/** A change of a record. */
export interface CertificateChange {
  /** Undefined keeps the name. */
  readonly name: string | undefined
  /** An id of this change alone. */
  readonly revision: string
}

/** Why a change was not made, read in the transaction that would have made it. */
export interface UpdateObstacles {
  /** The indexes of the given hostnames that are outside of the scope. */
  readonly foreignHostnames: readonly number[]
  readonly scopeDomains: ScopeDomains
  /** The indexes of the given hostnames whose certificates would exceed the limits. */
  readonly crowdedHostnames: readonly number[]
  /** The quota of hostnames. If there is no other obstacle, it has no room for the new ones. */
  readonly lack: QuotaLack
}

/** A certificate that was changed. */
export interface UpdatedCertificate {
  /** The record as it is now. */
  readonly certificate: CertificateRecord
  /** The hostnames that it had before, if it has none now; otherwise empty. */
  readonly emptied: readonly string[]
  /** The CAs whose CRLs no longer count for hostnames that the record lost. */
  readonly uncovered: readonly CoverageLoss[]
}

/** The record ?8 after the change of the revision ?9. */
const CHANGED_SQL = 'FROM certificates c WHERE c.id = ?8 AND c.revision = ?9'

/**
 * ?8 the certificate's id, ?9 the revision, ?10 the hostnames as a JSON array of names in A-label form, ?11 and ?12 the limits
 * of a hostname. After the change, owners are not looked up again, since there may be many hostnames.
 */
const SITUATION_SQL = `WITH RECURSIVE ${ACCESS_SQL},
  ${wantedHostnamesSql(`iif(EXISTS (SELECT 1 ${CHANGED_SQL}), '[]', ?10)`)},
  ${FOREIGN_HOSTNAMES_SQL},
  target AS (
    SELECT c.id, c.chain_certificates, c.chain_bytes FROM access CROSS JOIN certificates c ON c.id = ?8 AND ${IN_SCOPE_SQL}
  ),
  situation AS MATERIALIZED (
    SELECT access.*, target.id AS target_id,
      (SELECT json_group_array(position) FROM foreign_hostnames) AS foreign_positions,
      ${crowdedSql({
        certificates: 'target.chain_certificates',
        bytes: 'target.chain_bytes',
        maxCertificates: '?11',
        maxBytes: '?12',
        // A hostname that the record has already counts it already.
        condition: `NOT EXISTS (
          SELECT 1 FROM certificate_hostnames own WHERE own.certificate_id = target.id AND own.hostname_ascii = w.value)`,
      })} AS crowded_positions,
      ${NEW_HOSTNAMES_SQL} AS new_hostnames
    FROM access LEFT JOIN target ON TRUE
  )`

/**
 * Replaces a record's hostnames, and its name if one is given, where the claim holds, the scope has the record, and every
 * hostname is in the scope. It takes one round trip and transaction, and a second round trip where hostnames were removed and the
 * account has CRLs. Without a `change`, nothing is changed and the obstacles are returned.
 */
export async function updateCertificate(
  db: Database,
  claim: Claim,
  id: CertificateId,
  hostnames: readonly Hostname[],
  change: CertificateChange | undefined,
  limits: HostnameLimits,
): Promise<OfRecord<Result<UpdatedCertificate, UpdateObstacles>>> {
  const ascii = JSON.stringify(hostnames.map((hostname) => hostname.ascii))
  const asked = accessParams(claim, id, change?.revision ?? null, ascii, limits.certificates, limits.bytes)
  const changes = change === undefined ? [] : changeStatements(claim, asked, hostnames, change)
  const batch = await runBatch(db, [...changes, { sql: OBSTACLES_SQL, params: asked }])
  const updated = changes.length === 0 ? undefined : batch.at(-2)?.[0]
  if (updated === undefined) {
    return whenGranted(claim, batch.at(-1)?.[0], (row) =>
      row['target_id'] === null ? undefined : fail(obstaclesFrom(row, claim)),
    )
  }
  const previous = hostnamesFrom(batch[2] ?? [])
  const removed = lostHostnames(previous, hostnames)
  const outcome = whenGranted(claim, batch.at(-1)?.[0], (row) => removed.length > 0 && truth(row, 'has_crls'))
  if (!outcome.ok) return outcome
  return ok(
    ok({
      certificate: recordFrom(updated),
      emptied: hostnames.length === 0 ? previous.map(({ text: sent }) => sent) : [],
      uncovered: outcome.value ? await selectLostWithHostnames(db, id, removed) : [],
    }),
  )
}

/** Whether nothing but the claim stands against it, of `access`, a situation with a target. */
const CHANGEABLE_SQL = `(foreign_positions = '[]' AND crowded_positions = '[]' AND ${HAS_ROOM_SQL})`

const ACCOUNT_HAS_CRLS_SQL =
  "EXISTS (SELECT 1 FROM crls WHERE crls.account_id = access.account_id AND crls.state = 'current')"

export const OBSTACLES_SQL = `${SITUATION_SQL} SELECT access.*, ${ACCOUNT_HAS_CRLS_SQL} AS has_crls, ${CHANGEABLE_SQL} AS changeable,
  ${scopeDomainsSql("foreign_positions <> '[]'")}, ${ROOM_SQL} FROM situation AS access`

export function obstaclesFrom(row: Row, claim: Claim): UpdateObstacles {
  return {
    foreignHostnames: JSON.parse(text(row, 'foreign_positions')),
    scopeDomains: scopeDomainsFrom(row, claim),
    crowdedHostnames: JSON.parse(text(row, 'crowded_positions')),
    lack: hostnameLackFrom(row),
  }
}

/** Hostnames in their order, which RETURNING does not keep. */
export function hostnamesFrom(rows: readonly Row[]): readonly Hostname[] {
  return rows
    .toSorted((a, b) => number(a, 'position') - number(b, 'position'))
    .map((row) => ({ text: text(row, 'hostname'), ascii: text(row, 'hostname_ascii') }))
}

/** The previous hostnames that are not among the new ones. */
export function lostHostnames(previous: readonly Hostname[], hostnames: readonly Hostname[]): readonly Hostname[] {
  const kept = new Set(hostnames.map(({ ascii }) => ascii))
  return previous.filter(({ ascii }) => !kept.has(ascii))
}

/**
 * The first statement decides, and leaves its revision. The others check for that revision, so owners are looked up once.
 */
function changeStatements(
  claim: Claim,
  asked: ScopedParams,
  hostnames: readonly Hostname[],
  change: CertificateChange,
): readonly Statement[] {
  const { name, revision } = change
  const [id] = asked.slice(7)
  const changed = [id ?? null, revision]
  return [
    {
      // Even if the clock was set back, updated_at is not before created_at.
      sql: `${SITUATION_SQL}
        UPDATE certificates SET updated_at = max(?6, created_at), revision = ?9
        WHERE id = (
          SELECT target_id FROM situation AS access
          WHERE ${GRANTED_SQL} AND ${CHANGEABLE_SQL}
        )`,
      params: asked,
    },
    recordUpdated(claim, asked, hostnames, change),
    {
      unscoped: 'follows',
      sql: `DELETE FROM certificate_hostnames
        WHERE certificate_id = (SELECT id FROM certificates WHERE id = ?1 AND revision = ?2)
        RETURNING position, hostname, hostname_ascii`,
      params: changed,
    },
    ...(hostnames.length === 0 ? [] : [insertHostnames(changed, hostnames)]),
    ...(name === undefined ? [] : [rename(changed, name)]),
    {
      unscoped: 'follows',
      sql: `SELECT ${RECORD_COLUMNS_SQL} FROM certificates c ${FIRST_LINK_SQL} WHERE c.id = ?1 AND c.revision = ?2`,
      params: changed,
    },
  ]
}

/** Stands before the hostnames are replaced. */
function recordUpdated(
  claim: Claim,
  asked: ScopedParams,
  hostnames: readonly Hostname[],
  { name }: CertificateChange,
): Statement {
  const [id] = asked.slice(7)
  const texts = JSON.stringify(hostnames.map(({ text: sent }) => sent))
  const after = "json_object('name', coalesce(?13, c.name), 'associated_hostnames', json(?14))"
  return recordChange(claim, moreParams(asked, name ?? null, texts), {
    operation: 'update_certificate',
    certificateId: String(id),
    from: 'access CROSS JOIN certificates c ON c.id = ?8 AND c.revision = ?9',
    // What is sent again changes nothing but the time.
    where: `${CERTIFICATE_JSON_SQL} <> ${after}`,
    before: `json_patch(${CERTIFICATE_JSON_SQL}, coalesce(${openHostnamesSql('?10')}, '{}'))`,
    after,
    hostnames: CHANGED_HOSTNAMES_SQL,
  })
}

/** The hostnames that the record gains or loses. */
const CHANGED_HOSTNAMES_SQL = `(
    SELECT json_group_array(name) FROM (
      SELECT h.hostname_ascii AS name FROM certificate_hostnames h
      WHERE h.certificate_id = c.id AND h.hostname_ascii NOT IN (SELECT value FROM json_each(?10))
      UNION ALL
      SELECT w.value FROM json_each(?10) w
      WHERE NOT EXISTS (SELECT 1 FROM certificate_hostnames h WHERE h.certificate_id = c.id AND h.hostname_ascii = w.value)
    )
  )`

function rename(changed: readonly SqlValue[], name: string): Statement {
  return {
    unscoped: 'follows',
    sql: 'UPDATE certificates SET name = ?3 WHERE id = ?1 AND revision = ?2',
    params: [...changed, name],
  }
}

function insertHostnames(changed: readonly SqlValue[], hostnames: readonly Hostname[]): Statement {
  return {
    unscoped: 'follows',
    sql: `INSERT INTO certificate_hostnames (certificate_id, position, hostname, hostname_ascii)
      SELECT c.id, h.key, h.value ->> 'text', h.value ->> 'ascii'
      FROM certificates c, json_each(?3) h WHERE c.id = ?1 AND c.revision = ?2`,
    params: [...changed, JSON.stringify(hostnames)],
  }
}

/** Whether a certificate was deleted. `hostnames`: how many are associated with it. */
export type DeleteOutcome =
  | { readonly deleted: false; readonly hostnames: number }
  | ({ readonly deleted: true } & WithCertificate)

/** What was deleted with a certificate. */
export interface WithCertificate {
  /** The CAs that only CRLs of the record covered. */
  readonly uncovered: readonly CoverageLoss[]
  /** How many serial numbers it blocked. */
  readonly blockedSerials: number
}

/**
 * Deletes a certificate if the claim holds, the scope has it, and no hostname is associated with it. It takes one round trip and
 * transaction. If the certificate has CRLs, the first changes nothing, and a second deletes it and finds what they covered.
 */
export async function deleteCertificate(
  db: Database,
  claim: Claim,
  id: CertificateId,
): Promise<OfRecord<DeleteOutcome>> {
  const params = accessParams(claim, id)
  const [rows, , , , , deleted] = await runBatch(db, deleteStatements(claim, id, params, 'NOT has_crls', "'[]'"))
  const first = deleteOutcome(claim, rows?.[0], deleted)
  const isLeft = first.ok && first.value?.deleted === false && first.value.hostnames === 0
  if (!isLeft) return first
  const [again, , , , , gone] = await runBatch(db, deleteStatements(claim, id, params, 'TRUE', lostWithCrlsSql('TRUE')))
  return deleteOutcome(claim, again?.[0], gone)
}

/** @param condition on `target`, besides having no hostnames */
function deleteStatements(
  claim: Claim,
  id: CertificateId,
  params: ScopedParams,
  condition: string,
  uncovered: string,
): readonly Statement[] {
  const target = `WITH ${ACCESS_SQL},
    target AS (
      SELECT c.id, c.blocked_serials, (SELECT count(*) FROM certificate_hostnames WHERE certificate_id = c.id) AS hostnames,
        EXISTS (SELECT 1 FROM crls WHERE certificate_id = c.id) AS has_crls
      FROM access CROSS JOIN certificates c ON c.id = ?8 AND ${IN_SCOPE_SQL}
    )`
  const deletable = `target.hostnames = 0 AND ${condition}`
  return [
    {
      sql: `${target} SELECT access.*, target.*, ${uncovered} AS uncovered FROM access LEFT JOIN target ON TRUE`,
      params,
    },
    recordChange(claim, params, {
      operation: 'delete_certificate',
      certificateId: id,
      context: target,
      from: 'access CROSS JOIN target CROSS JOIN certificates c ON c.id = target.id',
      where: deletable,
      before: DELETED_JSON_SQL,
      after: 'NULL',
    }),
    {
      sql: `${target} INSERT INTO deleted_records (account_id, position, created_at, chain, blocked_serials, stale_crl, uncovered, crl_url)
        SELECT access.account_id, ${HEAD_SQL}, c.created_at, ${CHAIN_JSON_SQL},
          (SELECT json_group_array(json_array(serial, blocked_at)) FROM blocked_serials WHERE certificate_id = c.id),
          p.stale_crl, p.uncovered, p.crl_url
        FROM access CROSS JOIN target CROSS JOIN certificates c ON c.id = target.id
          LEFT JOIN revocation_policies p ON p.certificate_id = c.id
        WHERE ${GRANTED_SQL} AND ${deletable}`,
      params,
    },
    ...keepCrls(claim, params, target, deletable),
    {
      sql: `${target} DELETE FROM certificates WHERE id IN (
          SELECT target.id FROM target, access WHERE ${GRANTED_SQL} AND ${deletable}
        ) RETURNING id`,
      params,
    },
  ]
}

/** What the record of changes says of a record that is deleted: `certificates c`. */
const DELETED_JSON_SQL = `json_object('name', c.name, 'associated_hostnames', json('[]'), 'content_sha256', c.content_sha256,
    'fingerprints_sha256', json((
      SELECT json_group_array(fingerprint_sha256 ORDER BY position) FROM certificate_chain WHERE certificate_id = c.id)),
    'blocked_serials', c.blocked_serials, 'crls', c.crls)`

function deleteOutcome(claim: Claim, row: Row | undefined, deleted: readonly Row[] | undefined) {
  return whenGranted(claim, row, (granted): DeleteOutcome | undefined => {
    if (granted['id'] === null) return undefined
    if (deleted?.length !== 1) return { deleted: false, hostnames: number(granted, 'hostnames') }
    const uncovered = lossesFrom(granted, 'uncovered')
    return { deleted: true, uncovered, blockedSerials: number(granted, 'blocked_serials') }
  })
}
