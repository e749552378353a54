import type { Database } from '../../core/config.ts'
import type { Claim, Hostname, ScopeDomains } from '../../core/model.ts'
import type { Result } from '../../core/result.ts'
import type { CertificateId, Hex, UnixSeconds } from '../../core/units.ts'
import { ACCESS_SQL, accessParams, type Denied, GRANTED_SQL, moreParams, whenGranted } from '../../store/access.ts'
import { number, type Row, runBatch, text, truth } from '../../store/d1.ts'
import {
  FOREIGN_HOSTNAMES_SQL,
  scopeDomainsFrom,
  scopeDomainsSql,
  wantedHostnamesSql,
} from '../../store/hostname-owner.ts'
import { pageSql } from '../../store/statement.ts'

/** A client of a hostname, and its requests since `firstAt`. */
export interface ClientSeen {
  /** SHA-256 of its certificate; undefined: of all requests without one that can be read. */
  readonly sha256: Hex | undefined
  /** One of the hostname's CAs signed the certificate. */
  readonly own: boolean
  readonly subject: string
  readonly issuer: string
  readonly notAfter: UnixSeconds | undefined
  /** The last decision: `accepted`, or why it was refused. */
  readonly code: string
  /** SHA-256 of the anchor over which it was last accepted. */
  readonly anchor: Hex | undefined
  readonly accepted: number
  readonly acceptedAt: UnixSeconds | undefined
  readonly refused: number
  readonly refusedAt: UnixSeconds | undefined
  readonly firstAt: UnixSeconds
}

/** Which clients are wanted. */
export interface ClientFilter {
  readonly code: string | undefined
  readonly accepted: boolean | undefined
  readonly anchor: Hex | undefined
}

/** An anchor of a hostname, or one over which clients came. */
export interface AnchorSeen {
  readonly sha256: Hex
  /** The record that has it; undefined: none of the hostname's has it any more. */
  readonly certificateId: CertificateId | undefined
  readonly subject: string | undefined
  readonly notAfter: UnixSeconds | undefined
  /** Accepted requests in the time that was asked for. */
  readonly count: number
  readonly lastAt: UnixSeconds | undefined
}

/** What was seen at a hostname. Counts are of clients in the time that was asked for. */
export interface HostnameSeen {
  /** Since when its clients are kept; undefined: none was seen. */
  readonly since: UnixSeconds | undefined
  readonly acceptedClients: number
  /** Of the hostname's CAs. */
  readonly refusedClients: number
  readonly refusedStrangers: number
  /** When a request without a certificate that can be read last came. */
  readonly withoutCertificateAt: UnixSeconds | undefined
  /** Requests of clients that found no room, and when. */
  readonly ownOthers: number
  readonly ownOthersAt: UnixSeconds | undefined
  readonly strangerOthers: number
  readonly strangerOthersAt: UnixSeconds | undefined
}

/** What the database says of a claim on the clients of a hostname. */
export interface ClientsFound extends HostnameSeen {
  /** The hostname is not the scope's. */
  readonly foreign: boolean
  readonly scopeDomains: ScopeDomains
  readonly anchors: readonly AnchorSeen[]
  readonly clients: readonly ClientSeen[]
  /** How many clients the filter finds. */
  readonly total: number
}

/** The times from which clients count. */
export interface ClientWindow {
  readonly since: UnixSeconds
  /** A client that was refused after it counts as refused, although it was accepted since. */
  readonly recently: UnixSeconds
}

/** ?8 the hostnames as a JSON array of none or one name in A-label form, ?9 that name. */
const SITUATION_SQL = `WITH RECURSIVE ${ACCESS_SQL}, ${wantedHostnamesSql('?8')}, ${FOREIGN_HOSTNAMES_SQL},
  situation AS MATERIALIZED (
    SELECT access.*, (SELECT zone_id FROM owners) AS owner_zone_id, EXISTS (SELECT 1 FROM foreign_hostnames) AS is_foreign
    FROM access
  ),
  host AS MATERIALIZED (
    SELECT h.* FROM situation AS access
      CROSS JOIN client_hostnames h ON h.zone_id = access.owner_zone_id AND h.hostname_ascii = ?9
    WHERE ${GRANTED_SQL} AND NOT is_foreign AND h.account_id = access.account_id
  )`

/** Clients `c` of the hostname. */
const CLIENTS_SQL = 'clients c WHERE c.hostname_id = (SELECT id FROM host)'
/** Whether the last decision on `c` let it in. */
const ACCEPTED_SQL = '(c.accepted_at > coalesce(c.refused_at, -1)) IS TRUE'
/** Whether `c` is a client with a certificate. */
const CERTIFIED_SQL = 'length(c.client) = 64'
/** ?10 the filter's `accepted`, ?11 its code, ?12 its anchor. */
const FILTERED_SQL = `${CLIENTS_SQL} AND (?10 IS NULL OR ${ACCEPTED_SQL} = ?10)
  AND (?11 IS NULL OR iif(${ACCEPTED_SQL}, 'accepted', c.refusal) = ?11) AND (?12 IS NULL OR c.anchor = ?12)`
/** Whether `c` is refused: since ?10, and not only before it was let in, or since ?11. */
const REFUSED_SQL = `${CERTIFIED_SQL} AND c.refused_at >= ?10 AND (NOT ${ACCEPTED_SQL} OR c.refused_at >= ?11)`

/**
 * The clients of a hostname by the time at which they were last seen, the latest first, with what was seen of all of them. One round
 * trip. `hostname` undefined: only how the claim stands.
 */
export async function selectClients(
  db: Database,
  claim: Claim,
  hostname: Hostname | undefined,
  { code, accepted, anchor }: ClientFilter,
  { since, recently }: ClientWindow,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<Result<ClientsFound, Denied>> {
  const asked = accessParams(claim, JSON.stringify(hostname ? [hostname.ascii] : []), hostname?.ascii ?? '')
  const filter = moreParams(asked, accepted === undefined ? null : Number(accepted), code ?? null, anchor ?? null)
  const [rows, clients, counts, registered, carried] = await runBatch(db, [
    {
      sql: `${SITUATION_SQL} SELECT access.*, ${scopeDomainsSql('is_foreign')}, h.since, h.own_others, h.own_others_at,
          h.stranger_others, h.stranger_others_at, (SELECT count(*) FROM ${FILTERED_SQL}) AS total
        FROM situation AS access LEFT JOIN host h ON TRUE`,
      params: filter,
    },
    {
      sql: `${SITUATION_SQL} SELECT c.*, iif(${ACCEPTED_SQL}, 'accepted', c.refusal) AS code, ${CERTIFIED_SQL} AS certified
        FROM ${FILTERED_SQL}
        ORDER BY max(coalesce(c.accepted_at, 0), coalesce(c.refused_at, 0)) DESC, c.client ${pageSql(13)}`,
      params: moreParams(filter, limit, offset),
    },
    {
      sql: `${SITUATION_SQL} SELECT count(iif(c.accepted_at >= ?10, 1, NULL)) AS accepted,
          count(iif(c.own AND ${REFUSED_SQL}, 1, NULL)) AS refused,
          count(iif(NOT c.own AND ${REFUSED_SQL}, 1, NULL)) AS strangers,
          max(iif(${CERTIFIED_SQL}, NULL, c.refused_at)) AS without_certificate_at
        FROM ${CLIENTS_SQL}`,
      params: moreParams(asked, since, recently),
    },
    {
      sql: `${SITUATION_SQL} SELECT ch.fingerprint_sha256, c.id, ch.subject, ch.not_after
        FROM situation AS access
          CROSS JOIN certificate_hostnames n ON n.hostname_ascii = ?9
          CROSS JOIN certificates c ON c.id = n.certificate_id
            AND c.account_id = access.account_id AND (c.zone_id IS NULL OR c.zone_id = access.owner_zone_id)
          CROSS JOIN certificate_chain ch ON ch.certificate_id = c.id
        WHERE ${GRANTED_SQL} AND NOT is_foreign AND ch.is_anchor IS NOT 0`,
      params: asked,
    },
    {
      sql: `${SITUATION_SQL} ${trafficSql('(SELECT id FROM host)', '?10')}`,
      params: moreParams(asked, since),
    },
  ])
  return whenGranted(claim, rows?.[0], (row) => ({
    ...seenFrom(row, counts?.[0] ?? {}),
    foreign: truth(row, 'is_foreign'),
    scopeDomains: scopeDomainsFrom(row, claim),
    anchors: anchorsFrom(registered ?? [], carried ?? []),
    clients: clients?.map(clientFrom) ?? [],
    total: number(row, 'total'),
  }))
}

function seenFrom(row: Row, counts: Row): HostnameSeen {
  return {
    since: maybeNumber(row, 'since'),
    acceptedClients: number(counts, 'accepted'),
    refusedClients: number(counts, 'refused'),
    refusedStrangers: number(counts, 'strangers'),
    withoutCertificateAt: maybeNumber(counts, 'without_certificate_at'),
    ownOthers: maybeNumber(row, 'own_others') ?? 0,
    ownOthersAt: maybeNumber(row, 'own_others_at'),
    strangerOthers: maybeNumber(row, 'stranger_others') ?? 0,
    strangerOthersAt: maybeNumber(row, 'stranger_others_at'),
  }
}

function clientFrom(row: Row): ClientSeen {
  return {
    sha256: truth(row, 'certified') ? text(row, 'client') : undefined,
    own: truth(row, 'own'),
    subject: text(row, 'subject'),
    issuer: text(row, 'issuer'),
    notAfter: maybeNumber(row, 'not_after'),
    code: text(row, 'code'),
    anchor: row['anchor'] === null ? undefined : text(row, 'anchor'),
    accepted: number(row, 'accepted'),
    acceptedAt: maybeNumber(row, 'accepted_at'),
    refused: number(row, 'refused'),
    refusedAt: maybeNumber(row, 'refused_at'),
    firstAt: number(row, 'first_at'),
  }
}

/** Requests that were let in over an anchor. */
export interface Traffic {
  readonly count: number
  readonly lastAt: UnixSeconds
}

/**
 * What came over each anchor of a hostname, by day, for `trafficFrom`.
 * @param host a scalar, the id of a row of `client_hostnames`
 * @param since from the beginning of its day on
 */
export const trafficSql = (host: string, since: string) =>
  `SELECT a.anchor, a.count, a.last_at FROM client_anchors a WHERE a.hostname_id = ${host} AND a.day >= ${since} / 86400`

/** Reads trafficSql: the traffic of each anchor, by the SHA-256 of its certificate. */
export function trafficFrom(rows: readonly Row[]): ReadonlyMap<Hex, Traffic> {
  const traffic = new Map<Hex, Traffic>()
  for (const row of rows) {
    const { count = 0, lastAt = 0 } = traffic.get(text(row, 'anchor')) ?? {}
    const sum = { count: count + number(row, 'count'), lastAt: Math.max(lastAt, number(row, 'last_at')) }
    traffic.set(text(row, 'anchor'), sum)
  }
  return traffic
}

/** Those of the hostname, and those over which clients came before they were taken away. */
function anchorsFrom(registered: readonly Row[], carried: readonly Row[]): readonly AnchorSeen[] {
  const anchors = new Map<Hex, AnchorSeen>()
  for (const row of registered) {
    const sha256 = text(row, 'fingerprint_sha256')
    const known = { certificateId: text(row, 'id'), subject: text(row, 'subject'), notAfter: number(row, 'not_after') }
    if (!anchors.has(sha256)) anchors.set(sha256, { sha256, ...known, count: 0, lastAt: undefined })
  }
  for (const [sha256, traffic] of trafficFrom(carried)) {
    const gone = { sha256, certificateId: undefined, subject: undefined, notAfter: undefined }
    anchors.set(sha256, { ...(anchors.get(sha256) ?? gone), ...traffic })
  }
  return [...anchors.values()].sort((a, b) => b.count - a.count)
}

function maybeNumber(row: Row, column: string): number | undefined {
  return row[column] === null || row[column] === undefined ? undefined : number(row, column)
}

/** Hostnames of one run: in a day, 28,800 hostnames have their turn. Each has 1,200 clients at most. */
const SWEPT_HOSTNAMES = 100
/** Certificates of one run. */
const SWEPT_CERTIFICATES = 1_000
/** How long a certificate is kept after a new isolate last saw it: longer than any client that has it. [ours] */
const CERTIFICATE_DAYS = 60

/** Deletes clients and certificates that were not seen for as long as they are kept; a trigger has the days. @param now Unix seconds, UTC */
export async function pruneClients(db: Database, now: UnixSeconds): Promise<void> {
  const today = Math.floor(now / 86_400)
  await runBatch(db, [
    {
      unscoped: 'operator',
      sql: `UPDATE client_hostnames SET swept_day = ?1
        WHERE id IN (SELECT id FROM client_hostnames WHERE swept_day < ?1 ORDER BY swept_day LIMIT ${SWEPT_HOSTNAMES})`,
      params: [today],
    },
    {
      unscoped: 'operator',
      sql: `DELETE FROM client_certificates WHERE (account_id, sha256) IN (
          SELECT account_id, sha256 FROM client_certificates WHERE day < ?1 LIMIT ${SWEPT_CERTIFICATES})`,
      params: [today - CERTIFICATE_DAYS],
    },
  ])
}
