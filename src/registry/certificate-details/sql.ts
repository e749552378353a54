import type { Database } from '../../core/config.ts'
import type { CertificateRecord, Claim } from '../../core/model.ts'
import type { Result } from '../../core/result.ts'
import type { AsciiHostname, CertificateId, Hex, UnixSeconds } from '../../core/units.ts'
import { ACCESS_SQL, accessParams, type Denied, GRANTED_SQL, moreParams, whenGranted } from '../../store/access.ts'
import { FIRST_LINK_SQL, RECORD_COLUMNS_SQL, recordFrom } from '../../store/certificate-record.ts'
import { number, type Row, runBatch, text } from '../../store/d1.ts'
import { OWNERS_SQL } from '../../store/hostname-owner.ts'
import { RECORD_CERTIFICATE_SQL, recordCertificateFrom } from '../../store/record-certificate.ts'
import { type OfRecord, SITUATION_SQL, TARGET_SQL, whenFound } from '../../store/record-target.ts'
import { pageSql } from '../../store/statement.ts'
import { lossesFrom, lostWithCrlsSql } from '../crls/coverage-sql.ts'
import type { Deletion } from './deletion.ts'

/** What is stored of one certificate of a record, without its DER. */
export interface CertificateFacts {
  readonly subject: string
  readonly issuer: string
  readonly serialNumber: Hex
  readonly sha256: Hex
  readonly md5: Hex
  /** Of its SubjectPublicKeyInfo; empty in rows from before migration 0018 that the cron trigger has not filled yet. */
  readonly keySha256: Hex
  readonly publicKey: string
  readonly signatureAlgorithm: string
  readonly notBefore: UnixSeconds
  readonly notAfter: UnixSeconds
}

/** A record with the facts of its certificates, in their order. */
export interface ListedRecord extends CertificateRecord {
  readonly certificates: readonly CertificateFacts[]
}

/** The current CRLs that cover certificates that a CA issued to clients. */
export interface Coverage {
  readonly crls: number
  /** Whether they are parts (distribution points), each of which covers only some of the certificates. */
  readonly inParts: boolean
  /** The first nextUpdate among them. */
  readonly until: UnixSeconds
}

/** A certificate of a record, with all that is stored of it. */
export interface StoredCertificate extends CertificateFacts {
  readonly der: Uint8Array
  /** Whether paths may end at it. Undefined in rows older than the column. */
  readonly isAnchor: boolean | undefined
  readonly coverage: Coverage | undefined
}

/** One record with all that is stored of it. */
export interface DetailedRecord extends CertificateRecord {
  readonly certificates: readonly StoredCertificate[]
  readonly deletion: Deletion
}

/** Which records a list has: those with the hostname, and with a certificate of which all the rest holds. Undefined: all. */
export interface RecordFilter {
  readonly hostname: AsciiHostname | undefined
  /** MD5 or SHA-256 of the certificate, or SHA-256 of its key: 32 or 64 digits. */
  readonly fingerprint: Hex | undefined
  /** A part of the subject, whatever the case of its ASCII letters. */
  readonly subject: string | undefined
  readonly expiresBefore: UnixSeconds | undefined
}

/** Most characters of a name in a list: a page of 1,000 records with 16 certificates each has 45 MB of facts at most. */
export const MAX_LISTED_NAME_CHARACTERS = 1_024

/** `granted`: the account and zone of the scope, where the claim holds. Each parameter must be named once. */
const GRANTED_SCOPE_SQL = `${ACCESS_SQL},
  granted AS (SELECT account_id, zone_id FROM access WHERE ${GRANTED_SQL} AND coalesce(?8, ?9, ?10, ?11, 0) IS NOT NULL)`

/** Conditions on `certificates c` by the filters that are given, ?8 to ?11. */
function conditions({ hostname, fingerprint, subject, expiresBefore }: RecordFilter): string {
  const account = '(SELECT account_id FROM granted)'
  const ofCertificate = [
    ...(fingerprint === undefined
      ? []
      : fingerprint.length === 32
        ? ['ch.fingerprint_md5 = ?9']
        : ['?9 IN (ch.fingerprint_sha256, ch.key_sha256)']),
    ...(subject === undefined ? [] : ['instr(lower(ch.subject), lower(?10)) > 0']),
    ...(expiresBefore === undefined ? [] : ['ch.not_after < ?11']),
  ]
  return [
    `c.account_id = ${account}`,
    'c.zone_id IS (SELECT zone_id FROM granted)',
    ...(hostname === undefined
      ? []
      : ['c.id IN (SELECT h.certificate_id FROM certificate_hostnames h WHERE h.hostname_ascii = ?8)']),
    ...(ofCertificate.length === 0
      ? []
      : [
          // The index has all columns, and begins with the account.
          `c.id IN (SELECT ch.certificate_id FROM certificate_chain ch INDEXED BY certificate_chain_of_account
            WHERE ch.account_id = ${account} AND ${ofCertificate.join(' AND ')})`,
        ]),
  ].join(' AND ')
}

const FACTS_JSON_SQL = `(
    SELECT json_group_array(json_object('subject', substr(ch.subject, 1, ${MAX_LISTED_NAME_CHARACTERS}),
      'issuer', substr(ch.issuer, 1, ${MAX_LISTED_NAME_CHARACTERS}), 'serialNumber', ch.serial_number,
      'sha256', ch.fingerprint_sha256, 'md5', ch.fingerprint_md5, 'keySha256', ch.key_sha256, 'publicKey', ch.public_key,
      'signatureAlgorithm', ch.signature_algorithm, 'notBefore', ch.not_before, 'notAfter', ch.not_after)
      ORDER BY ch.position)
    FROM certificate_chain ch WHERE ch.certificate_id = c.id
  )`

/**
 * A page of a scope's records, in the order in which they were added, and how many there are in all. `offset` and `limit` count
 * records. It takes one round trip. Without filters only the page is read; with filters, the index entries of the account's records.
 */
export async function selectRecords(
  db: Database,
  claim: Claim,
  filter: RecordFilter,
  offset: number,
  limit: number,
): Promise<Result<{ readonly items: readonly ListedRecord[]; readonly total: number }, Denied>> {
  const { hostname, fingerprint, subject, expiresBefore } = filter
  const asked = accessParams(claim, hostname ?? null, fingerprint ?? null, subject ?? null, expiresBefore ?? null)
  const matching = conditions(filter)
  const isFiltered = Object.values(filter).some((value) => value !== undefined)
  const total = isFiltered
    ? `(SELECT count(*) FROM certificates c WHERE ${matching})`
    : `iif(access.zone_id IS NULL, (SELECT own_certificates FROM accounts WHERE id = access.account_id),
        (SELECT certificates FROM zones WHERE id = access.zone_id))`
  const [rows, page] = await runBatch(db, [
    { sql: `WITH ${GRANTED_SCOPE_SQL} SELECT access.*, ${total} AS total FROM access`, params: asked },
    {
      sql: `WITH ${GRANTED_SCOPE_SQL},
        page AS (
          SELECT c.rowid AS key, c.sequence FROM certificates c WHERE ${matching} ORDER BY c.sequence ${pageSql(12)}
        )
        SELECT ${RECORD_COLUMNS_SQL}, ${FACTS_JSON_SQL} AS facts
        FROM page CROSS JOIN certificates c ON c.rowid = page.key ${FIRST_LINK_SQL} ORDER BY page.sequence`,
      params: moreParams(asked, limit, offset),
    },
  ])
  return whenGranted(claim, rows?.[0], (row) => ({
    items: page?.map((one) => ({ ...recordFrom(one), certificates: JSON.parse(text(one, 'facts')) })) ?? [],
    total: number(row, 'total'),
  }))
}

/**
 * A scalar: how many current CRLs of the account cover clients of `certificate_chain ch`, the first nextUpdate of them, and whether
 * they are parts. They are of the CA's name, and proven by a CA of the record (crl_authorities), so those that another key of the CA
 * signed count too. Rows from before migration 0007 have the CA's fingerprint.
 */
const COVERAGE_SQL = `(
  SELECT json_array(count(*), min(k.next_update), max(k.part <> '')) FROM crls k
  WHERE k.account_id = ch.account_id AND k.issuer_key IN (ch.name_key, '') AND k.state = 'current'
  AND k.covers <> 'ca' AND (k.ca_key = ch.fingerprint_sha256 OR (k.issuer_key <> '' AND EXISTS (
    SELECT 1 FROM certificate_chain own CROSS JOIN crl_authorities a ON a.crl_id = k.id AND a.ca_key = own.ca_key
    WHERE own.certificate_id = ch.certificate_id
  )))
  )`

/** The columns of CertificateFacts without its names, of `certificate_chain ch`. */
export const OTHER_FACTS_SQL = `ch.serial_number, ch.fingerprint_sha256, ch.fingerprint_md5, ch.key_sha256, ch.public_key,
  ch.signature_algorithm, ch.not_before, ch.not_after`

/** One record of a scope; undefined where the scope does not have it. It takes one round trip. */
export async function selectRecord(db: Database, claim: Claim, id: CertificateId): Promise<OfRecord<DetailedRecord>> {
  const params = accessParams(claim, id)
  const [rows, records, links, deletions] = await runBatch(db, [
    { sql: SITUATION_SQL, params },
    {
      sql: `WITH ${TARGET_SQL} SELECT ${RECORD_COLUMNS_SQL}
        FROM target CROSS JOIN certificates c ON c.id = target.id ${FIRST_LINK_SQL}`,
      params,
    },
    {
      sql: `WITH ${TARGET_SQL}
        SELECT ${RECORD_CERTIFICATE_SQL}, ch.subject, ch.issuer, ${OTHER_FACTS_SQL}, ${COVERAGE_SQL} AS coverage
        FROM certificate_chain ch WHERE ch.certificate_id = (SELECT id FROM target) ORDER BY ch.position`,
      params,
    },
    { sql: DELETION_SQL, params: moreParams(params, Math.floor(claim.now / 86_400) - TRAFFIC_DAYS) },
  ])
  return whenFound(claim, rows?.[0], () => {
    const [record, deletion] = [records?.[0], deletions?.[0]]
    if (record === undefined || deletion === undefined) throw new Error('a record has no first certificate')
    return { ...recordFrom(record), certificates: links?.map(storedFrom) ?? [], deletion: deletionFrom(deletion) }
  })
}

/** How far back traffic counts: as for `ready_to_enforce`. */
const TRAFFIC_DAYS = 7

/** At how many of a record's hostnames its traffic is looked up: where one is left, it is not safe to delete in any case. */
const TRAFFIC_HOSTNAMES = 100

/** What goes with `target`. ?9: the first day whose traffic counts. */
const DELETION_SQL = `WITH RECURSIVE ${TARGET_SQL},
  wanted_hostnames(list) AS (
    SELECT json_group_array(hostname_ascii) FROM (
      SELECT n.hostname_ascii FROM target CROSS JOIN certificate_hostnames n ON n.certificate_id = target.id
      LIMIT ${TRAFFIC_HOSTNAMES})
  ),
  ${OWNERS_SQL},
  traffic AS (
    SELECT sum(a.count) AS requests, max(a.last_at) AS last_at
    FROM target CROSS JOIN wanted_hostnames CROSS JOIN json_each(wanted_hostnames.list) n
      CROSS JOIN owners o ON o.position = n.key
      CROSS JOIN client_hostnames h ON h.zone_id = o.zone_id AND h.hostname_ascii = n.value
      CROSS JOIN client_anchors a ON a.hostname_id = h.id AND a.day >= ?9
    WHERE a.anchor IN (SELECT fingerprint_sha256 FROM certificate_chain WHERE certificate_id = target.id)
  )
  SELECT target.blocked_serials, (SELECT count(*) FROM certificate_hostnames WHERE certificate_id = target.id) AS hostnames,
    coalesce(traffic.requests, 0) AS requests, traffic.last_at, ${lostWithCrlsSql('TRUE')} AS uncovered
  FROM target, traffic`

function deletionFrom(row: Row): Deletion {
  return {
    hostnames: number(row, 'hostnames'),
    requests: number(row, 'requests'),
    lastAt: row['last_at'] === null ? undefined : number(row, 'last_at'),
    blockedSerials: number(row, 'blocked_serials'),
    uncovered: lossesFrom(row, 'uncovered'),
  }
}

function storedFrom(row: Row): StoredCertificate {
  const [crls, until, inParts]: readonly [number, UnixSeconds, 0 | 1] = JSON.parse(text(row, 'coverage'))
  return {
    ...recordCertificateFrom(row),
    ...factsFrom(row),
    coverage: crls === 0 ? undefined : { crls, inParts: inParts === 1, until },
  }
}

/** Reads OTHER_FACTS_SQL, subject and issuer. */
export function factsFrom(row: Row): CertificateFacts {
  return {
    subject: text(row, 'subject'),
    issuer: text(row, 'issuer'),
    serialNumber: text(row, 'serial_number'),
    sha256: text(row, 'fingerprint_sha256'),
    md5: text(row, 'fingerprint_md5'),
    keySha256: text(row, 'key_sha256'),
    publicKey: text(row, 'public_key'),
    signatureAlgorithm: text(row, 'signature_algorithm'),
    notBefore: number(row, 'not_before'),
    notAfter: number(row, 'not_after'),
  }
}
