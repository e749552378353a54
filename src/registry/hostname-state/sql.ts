import type { Database } from '../../core/config.ts'
import type { Claim, Hostname } from '../../core/model.ts'
import { ok, type Result } from '../../core/result.ts'
import type { CertificateId, Hex, UnixSeconds } from '../../core/units.ts'
import { type Denied, moreParams } from '../../store/access.ts'
import { number, oneOf, type Row, runBatch, text, truth } from '../../store/d1.ts'
import { countsSql } from '../../store/hostname-owner.ts'
import { derFrom } from '../../store/record-certificate.ts'
import {
  type CertificateFacts,
  factsFrom,
  MAX_LISTED_NAME_CHARACTERS,
  OTHER_FACTS_SQL,
} from '../certificate-details/sql.ts'
import { type Traffic, trafficFrom, trafficSql } from '../clients/sql.ts'
import { type HostnameFound, hostnameFrom, hostnameStatements, OWN_SQL, SITUATION_SQL } from '../modes/sql.ts'

/** A certificate that counts for a hostname, as it is stored. */
export interface HeldCertificate extends CertificateFacts {
  readonly certificateId: CertificateId
  /** Of the record. */
  readonly name: string
  /** Its place in the upload, from 0. */
  readonly index: number
  /** Undefined in rows older than the column. */
  readonly isAnchor: boolean | undefined
  /** caKeys; empty in rows from before migration 0007. */
  readonly nameKey: Hex
  readonly caKey: Hex
  /** Where something is missing of a certificate of the record, from which it can be found out. */
  readonly der: Uint8Array | undefined
}

/** A current CRL that counts on paths of a hostname. */
export interface HeldCrl {
  /** The record to which it was uploaded. */
  readonly certificateId: CertificateId
  readonly issuer: string
  /** Name key of its CA; empty in rows from before migration 0007, which have the CA's certificate in `caKey`. */
  readonly issuerKey: Hex
  readonly caKey: Hex
  readonly covers: 'all' | 'user' | 'ca'
  /** It is one of several parts of its CA's CRL. */
  readonly isPart: boolean
  readonly thisUpdate: UnixSeconds
  readonly nextUpdate: UnixSeconds
  readonly whenStale: 'soft' | 'hard'
  /** Undefined: it is only uploaded. */
  readonly fetch: { readonly failures: number; readonly nextAt: UnixSeconds | undefined } | undefined
}

/** What is stored for a hostname. */
export interface HostnameStored {
  readonly forwarding: boolean
  /** How many certificates count, which may be more than are read. */
  readonly total: number
  readonly certificates: readonly HeldCertificate[]
  readonly crls: readonly HeldCrl[]
  /** Requests that were let in over each anchor, by the SHA-256 of its certificate. */
  readonly traffic: ReadonlyMap<Hex, Traffic>
  /** Since when its clients are kept; undefined: none was seen. */
  readonly seenSince: UnixSeconds | undefined
}

/** Most certificates and most CRLs that are read: the default of HOSTNAME_MAX_CERTIFICATES, and of the quota of CRLs. */
const MAX_READ = 1_000

/** The certificates that count for the hostname ?9: those of the account itself and of the zone that owns it. */
const RECORDS_SQL = `situation AS access
    CROSS JOIN certificate_hostnames h ON ${OWN_SQL} AND h.hostname_ascii = ?9
    CROSS JOIN certificates c ON c.id = h.certificate_id AND c.account_id = access.account_id
      AND (c.zone_id IS NULL OR c.zone_id = access.owner_zone_id)`

/** Something that later versions keep is not known of a certificate of the record. */
const INCOMPLETE_SQL = `EXISTS (
    SELECT 1 FROM certificate_chain o
    WHERE o.certificate_id = c.id AND (o.is_anchor IS NULL OR o.ca_key = '' OR o.key_sha256 = '')
  )`

const nameSql = (column: string) => `substr(${column}, 1, ${MAX_LISTED_NAME_CHARACTERS})`

/** A scalar: a column of the hostname's clients. */
const seenSql = (column: string) => `(
    SELECT h.${column} FROM situation AS access
      CROSS JOIN client_hostnames h ON ${OWN_SQL} AND h.zone_id = access.owner_zone_id AND h.hostname_ascii = ?9
    WHERE h.account_id = access.account_id
  )`

const TOTALS_SQL = `SELECT
    ${seenSql('since')} AS seen_since,
    EXISTS (
      SELECT 1 FROM hostname_settings s
      WHERE s.account_id = access.account_id AND s.hostname_ascii = ?9 AND s.zone_id = access.owner_zone_id
        AND s.client_certificate_forwarding AND ${countsSql('s')}
    ) AS forwarding,
    (SELECT coalesce(sum(c.chain_certificates), 0) FROM ${RECORDS_SQL}) AS total
  FROM situation AS access WHERE ${OWN_SQL}`

const CERTIFICATES_SQL = `SELECT c.id, c.name, ch.position, ${nameSql('ch.subject')} AS subject, ${nameSql('ch.issuer')} AS issuer,
    ${OTHER_FACTS_SQL}, ch.is_anchor, ch.name_key, ch.ca_key, iif(${INCOMPLETE_SQL}, hex(ch.der), NULL) AS der_hex
  FROM ${RECORDS_SQL} CROSS JOIN certificate_chain ch ON ch.certificate_id = c.id LIMIT ${MAX_READ}`

/**
 * The account's current CRLs that are proven by a CA of the hostname. From the account to its CRLs, and from a CRL to its CAs: other
 * accounts may have the same CA. In rows from before migration 0007, a CA is its certificate.
 *
 * With the plus sign, a CRL's few CAs are looked up among the hostname's. Without it, SQLite seeks each of the hostname's 1,000 for
 * each CRL.
 */
const CRLS_SQL = `SELECT k.certificate_id, ${nameSql('k.issuer')} AS issuer, k.issuer_key, k.ca_key, k.covers, k.part <> '' AS is_part,
    k.this_update, k.next_update, coalesce(p.stale_crl, 'hard') AS when_stale, f.failures, f.next_at
  FROM situation AS access
    CROSS JOIN crls k ON ${OWN_SQL} AND k.account_id = access.account_id AND k.state = 'current'
    LEFT JOIN revocation_policies p ON p.certificate_id = k.certificate_id
    LEFT JOIN crl_fetches f ON f.certificate_id = k.certificate_id
  WHERE EXISTS (
    SELECT 1 FROM crl_authorities a WHERE a.crl_id = k.id AND +a.ca_key IN (
      SELECT iif(form.value = 'name and key', ch.ca_key, ch.fingerprint_sha256)
      FROM ${RECORDS_SQL}
        CROSS JOIN certificate_chain ch ON ch.certificate_id = c.id
        CROSS JOIN json_each('["name and key", "certificate"]') form
    )
  ) LIMIT ${MAX_READ}`

/** What the database says of a claim on a hostname. */
export interface HostnameStateFound extends HostnameFound {
  /** Undefined where the hostname is not the scope's. */
  readonly stored: HostnameStored | undefined
}

/**
 * A hostname's mode, and what is stored for it. It takes one round trip, which reads what the hostname has and the account's CRLs.
 * `hostname` undefined: only how the claim stands.
 * @param trafficSince from when requests count for the traffic of anchors
 */
export async function selectHostnameState(
  db: Database,
  claim: Claim,
  hostname: Hostname | undefined,
  trafficSince: UnixSeconds,
): Promise<Result<HostnameStateFound, Denied>> {
  const { params, statements } = hostnameStatements(claim, hostname)
  const more = [TOTALS_SQL, CERTIFICATES_SQL, CRLS_SQL].map((sql) => ({ sql: `${SITUATION_SQL} ${sql}`, params }))
  const traffic = {
    sql: `${SITUATION_SQL} ${trafficSql(seenSql('id'), '?10')}`,
    params: moreParams(params, trafficSince),
  }
  const [rows, modes, totals, certificates, crls, carried] = await runBatch(db, [...statements, ...more, traffic])
  const found = hostnameFrom(claim, rows, modes)
  if (!found.ok) return found
  const [row] = totals ?? []
  const stored = row && {
    forwarding: truth(row, 'forwarding'),
    total: number(row, 'total'),
    certificates: certificates?.map(certificateFrom) ?? [],
    crls: crls?.map(crlFrom) ?? [],
    traffic: trafficFrom(carried ?? []),
    seenSince: row['seen_since'] === null ? undefined : number(row, 'seen_since'),
  }
  return ok({ ...found.value, stored })
}

function certificateFrom(row: Row): HeldCertificate {
  return {
    ...factsFrom(row),
    certificateId: text(row, 'id'),
    name: text(row, 'name'),
    index: number(row, 'position'),
    isAnchor: row['is_anchor'] === null ? undefined : truth(row, 'is_anchor'),
    nameKey: text(row, 'name_key'),
    caKey: text(row, 'ca_key'),
    der: row['der_hex'] === null ? undefined : derFrom(row),
  }
}

function crlFrom(row: Row): HeldCrl {
  return {
    certificateId: text(row, 'certificate_id'),
    issuer: text(row, 'issuer'),
    issuerKey: text(row, 'issuer_key'),
    caKey: text(row, 'ca_key'),
    covers: oneOf(row, 'covers', ['all', 'user', 'ca']),
    isPart: truth(row, 'is_part'),
    thisUpdate: number(row, 'this_update'),
    nextUpdate: number(row, 'next_update'),
    whenStale: oneOf(row, 'when_stale', ['soft', 'hard']),
    fetch:
      row['failures'] === null
        ? undefined
        : { failures: number(row, 'failures'), nextAt: number(row, 'next_at') || undefined },
  }
}
