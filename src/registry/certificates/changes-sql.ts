import type { Database, HostnameLimits } from '../../core/config.ts'
import type { CertificateRecord, Claim, Hostname, QuotaLack, ScopeDomains } from '../../core/model.ts'
import { ACCESS_SQL, type Access, accessFrom, accessParams, GRANTED_SQL } from '../../store/access.ts'
import { FIRST_LINK_SQL, IN_SCOPE_SQL, RECORD_COLUMNS_SQL, recordFrom } from '../../store/certificate-record.ts'
import { countFrom, number, type Row, runBatch, text, truth } from '../../store/d1.ts'
import {
  FOREIGN_HOSTNAMES_SQL,
  scopeDomainsFrom,
  scopeDomainsSql,
  wantedHostnamesSql,
} from '../../store/hostname-owner.ts'
import type { SqlValue } from '../../store/statement.ts'
import { type CoverageLoss, lossesFrom, lostWithCrlsSql, selectLostWithHostnames } from '../crls/coverage-sql.ts'
import { crowdedSql, HAS_ROOM_SQL, hostnameLackFrom, NEW_HOSTNAMES_SQL, ROOM_SQL } from './hostname-limits-sql.ts'

/** What a certificate is to become. */
export interface CertificateChange {
  /** Undefined keeps the name. */
  readonly name: string | undefined
  /** Names this change; no other has the same. */
  readonly revision: string
}

/** What the database says of a claim to change a certificate, all read in the transaction that would change it. */
export interface UpdateOutcome {
  readonly access: Access
  /** The scope has the certificate. */
  readonly found: boolean
  /** Indexes into the hostnames asked for: those that are not the scope's. */
  readonly foreignHostnames: readonly number[]
  readonly scopeDomains: ScopeDomains
  /** Indexes likewise: those whose certificates would be more than the limits. */
  readonly crowdedHostnames: readonly number[]
  /** The quota of hostnames, where it has no room for those that are new. */
  readonly lack: QuotaLack | undefined
  /** The hostnames it had until now, where it is to have none; otherwise empty. */
  readonly previousHostnames: readonly string[]
  /** The record as it is now; undefined when anything above forbade the change, or there was none. */
  readonly updated: CertificateRecord | undefined
  /** The CAs whose CRLs count no longer for hostnames that the record lost. */
  readonly uncovered: readonly CoverageLoss[]
}

/** The record ?8 after the change of the revision ?9. */
const CHANGED_SQL = 'FROM certificates c WHERE c.id = ?8 AND c.revision = ?9'

/**
 * ?8 the certificate's id, ?9 the revision, ?10 the hostnames as a JSON array of names in A-label form, ?11 and ?12 the limits
 * of a hostname. Once the change is made, nothing more is looked up: hostnames may be many.
 */
const SITUATION_SQL = `WITH RECURSIVE ${ACCESS_SQL},
  ${wantedHostnamesSql(`iif(EXISTS (SELECT 1 ${CHANGED_SQL}), '[]', ?10)`)},
  ${FOREIGN_HOSTNAMES_SQL},
  target AS (
    SELECT c.id, c.chain_certificates, c.chain_bytes FROM access JOIN certificates c ON c.id = ?8 AND ${IN_SCOPE_SQL}
  ),
  situation AS MATERIALIZED (
    SELECT access.*, target.id AS target_id,
      (SELECT json_group_array(position) FROM foreign_hostnames) AS foreign_positions,
      ${crowdedSql({
        certificates: 'target.chain_certificates',
        bytes: 'target.chain_bytes',
        maxCertificates: '?11',
        maxBytes: '?12',
        // Those that it has already count it already.
        condition: `NOT EXISTS (
          SELECT 1 FROM certificate_hostnames own WHERE own.certificate_id = target.id AND own.hostname_ascii = w.value)`,
      })} AS crowded_positions,
      ${NEW_HOSTNAMES_SQL} AS new_hostnames
    FROM access LEFT JOIN target ON TRUE
  )`

/**
 * Replaces a certificate's hostnames, and its name where one is given, if the claim holds, the scope has the
 * certificate, and every hostname is the scope's. One round trip, one transaction; another where hostnames went and the account
 * has CRLs.
 *
 * `change` undefined: nothing is changed, and the answer says what else would have stood against it.
 */
export async function updateCertificate(
  db: Database,
  claim: Claim,
  id: string,
  hostnames: readonly Hostname[],
  change: CertificateChange | undefined,
  limits: HostnameLimits,
): Promise<UpdateOutcome> {
  const ascii = JSON.stringify(hostnames.map((hostname) => hostname.ascii))
  const asked: readonly SqlValue[] = [
    ...accessParams(claim),
    id,
    change?.revision ?? null,
    ascii,
    limits.certificates,
    limits.bytes,
  ]
  const changes = change === undefined ? [] : changeStatements(asked, hostnames, change)
  const situation = `${SITUATION_SQL} SELECT access.*, ${ACCOUNT_HAS_CRLS_SQL} AS has_crls,
    ${scopeDomainsSql("foreign_positions <> '[]'")}, ${ROOM_SQL} FROM situation AS access`
  const batch = await runBatch(db, [...changes, { sql: situation, params: asked }])
  const row = batch.at(-1)?.[0]
  const updated = changes.length === 0 ? undefined : batch[3]?.[0]
  const previous = changes.length === 0 ? [] : hostnamesFrom(batch[1] ?? [])
  const removed = lostHostnames(previous, hostnames)
  return {
    access: accessFrom(row),
    found: typeof row?.['target_id'] === 'string',
    foreignHostnames: row === undefined ? [] : JSON.parse(text(row, 'foreign_positions')),
    scopeDomains: scopeDomainsFrom(row, claim),
    crowdedHostnames: row === undefined ? [] : JSON.parse(text(row, 'crowded_positions')),
    lack: hostnameLackFrom(row),
    previousHostnames: hostnames.length === 0 ? previous.map(({ text: sent }) => sent) : [],
    updated: updated && recordFrom(updated),
    uncovered:
      updated && removed.length > 0 && row !== undefined && truth(row, 'has_crls')
        ? await selectLostWithHostnames(db, id, removed)
        : [],
  }
}

const ACCOUNT_HAS_CRLS_SQL =
  "EXISTS (SELECT 1 FROM crls WHERE crls.account_id = access.account_id AND crls.state = 'current')"

/** Hostnames in their order; RETURNING has none. */
function hostnamesFrom(rows: readonly Row[]): readonly Hostname[] {
  return rows
    .toSorted((a, b) => number(a, 'position') - number(b, 'position'))
    .map((row) => ({ text: text(row, 'hostname'), ascii: text(row, 'hostname_ascii') }))
}

/** Those of the hostnames that were there which are not among those that are now. */
function lostHostnames(previous: readonly Hostname[], hostnames: readonly Hostname[]): readonly Hostname[] {
  const kept = new Set(hostnames.map(({ ascii }) => ascii))
  return previous.filter(({ ascii }) => !kept.has(ascii))
}

/**
 * The first statement decides and leaves its revision; the others go by that, so that who owns the hostnames is looked up once.
 */
function changeStatements(asked: readonly SqlValue[], hostnames: readonly Hostname[], change: CertificateChange) {
  const { name, revision } = change
  const [id] = asked.slice(7)
  const changed = [id ?? null, revision]
  return [
    {
      // A clock that was set back must not make a record older than it is.
      sql: `${SITUATION_SQL}
        UPDATE certificates SET name = coalesce(?13, name), updated_at = max(?6, created_at), revision = ?9
        WHERE id = (
          SELECT target_id FROM situation AS access
          WHERE ${GRANTED_SQL} AND foreign_positions = '[]' AND crowded_positions = '[]'
            AND ${HAS_ROOM_SQL}
        )`,
      params: [...asked, name ?? null],
    },
    {
      sql: `DELETE FROM certificate_hostnames
        WHERE certificate_id = (SELECT id FROM certificates WHERE id = ?1 AND revision = ?2)
        RETURNING position, hostname, hostname_ascii`,
      params: changed,
    },
    {
      sql: `INSERT INTO certificate_hostnames (certificate_id, position, hostname, hostname_ascii)
        SELECT c.id, h.key, h.value ->> 'text', h.value ->> 'ascii'
        FROM certificates c, json_each(?3) h WHERE c.id = ?1 AND c.revision = ?2`,
      params: [...changed, JSON.stringify(hostnames)],
    },
    {
      sql: `SELECT ${RECORD_COLUMNS_SQL} FROM certificates c ${FIRST_LINK_SQL} WHERE c.id = ?1 AND c.revision = ?2`,
      params: changed,
    },
  ]
}

/** What the database says of a claim to delete a certificate. */
export interface DeleteOutcome {
  readonly access: Access
  /** The scope had the certificate. */
  readonly found: boolean
  /** How many hostnames are associated with it; it is gone only if there were none. */
  readonly hostnames: number
  readonly deleted: boolean
  /** The CAs that CRLs of the record covered, and no other does. */
  readonly uncovered: readonly CoverageLoss[]
  /** How many serial numbers it blocked. */
  readonly blockedSerials: number
}

/**
 * Deletes a certificate if the claim holds, the scope has it, and no hostname is associated with it. One round trip, one
 * transaction. Where it has CRLs, nothing happens in that one, and another one deletes it and says what they covered.
 */
export async function deleteCertificate(db: Database, claim: Claim, id: string): Promise<DeleteOutcome> {
  const params = [...accessParams(claim), id]
  const [rows, deleted] = await runBatch(db, deleteStatements(params, 'NOT has_crls', "'[]'"))
  const first = deleteOutcome(rows?.[0], deleted)
  const { access, hostnames } = first
  const granted = access.valid && access.permitted && access.enabled
  if (!granted || hostnames > 0 || rows?.[0] === undefined || !truth(rows[0], 'has_crls')) return first
  const [again, gone] = await runBatch(db, deleteStatements(params, 'TRUE', lostWithCrlsSql('TRUE')))
  return deleteOutcome(again?.[0], gone)
}

/** @param condition on `target`, beside that it has no hostnames */
function deleteStatements(params: readonly SqlValue[], condition: string, uncovered: string) {
  const target = `WITH ${ACCESS_SQL},
    target AS (
      SELECT c.id, c.blocked_serials, (SELECT count(*) FROM certificate_hostnames WHERE certificate_id = c.id) AS hostnames,
        EXISTS (SELECT 1 FROM crls WHERE certificate_id = c.id) AS has_crls
      FROM access JOIN certificates c ON c.id = ?8 AND ${IN_SCOPE_SQL}
    )`
  return [
    {
      sql: `${target} SELECT access.*, target.*, ${uncovered} AS uncovered FROM access LEFT JOIN target ON TRUE`,
      params,
    },
    {
      sql: `${target} DELETE FROM certificates WHERE id IN (
          SELECT target.id FROM target, access WHERE ${GRANTED_SQL} AND target.hostnames = 0 AND ${condition}
        ) RETURNING id`,
      params,
    },
  ]
}

function deleteOutcome(row: Row | undefined, deleted: readonly Row[] | undefined): DeleteOutcome {
  const found = typeof row?.['id'] === 'string'
  return {
    access: accessFrom(row),
    found,
    hostnames: row !== undefined && found ? number(row, 'hostnames') : 0,
    deleted: deleted?.length === 1,
    uncovered: row === undefined ? [] : lossesFrom(row, 'uncovered'),
    blockedSerials: countFrom(row, 'blocked_serials'),
  }
}
