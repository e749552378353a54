import type { Database } from '../../core/config.ts'
import type { AccountId, AsciiHostname, Hex, UnixSeconds, ZoneId } from '../../core/units.ts'
import { number, runBatch } from '../../store/d1.ts'

/** A hostname and its owner. */
export interface OwnedHostname {
  readonly account: AccountId
  readonly zone: ZoneId
  readonly hostname: AsciiHostname
}

/** Requests of a client that were not written yet. */
export interface NotedClient extends OwnedHostname {
  /** SHA-256 of its certificate; or the code, where there is none that can be read. */
  readonly client: string
  /** One of the hostname's CAs signed the certificate. */
  readonly own: boolean
  readonly subject: string
  readonly issuer: string
  readonly notAfter: UnixSeconds | undefined
  readonly accepted: number
  readonly acceptedAt: UnixSeconds | undefined
  /** SHA-256 of the anchor over which it was last accepted. */
  readonly anchor: Hex | undefined
  readonly refused: number
  readonly refusedAt: UnixSeconds | undefined
  /** Why it was last refused. */
  readonly refusal: string | undefined
  readonly firstAt: UnixSeconds
  /** SHA-256 of what came with the certificate; '': nothing; undefined: it is not kept. */
  readonly chain: Hex | undefined
}

/** DER of a client's certificate, or of those that came with it, one after the other. */
export interface KeptCertificate {
  readonly account: AccountId
  readonly sha256: Hex
  /** Hexadecimal. */
  readonly der: Hex
  readonly own: boolean
}

/** Accepted requests over an anchor. */
export interface NotedAnchor extends OwnedHostname {
  /** SHA-256 of its DER. */
  readonly anchor: Hex
  readonly count: number
  readonly lastAt: UnixSeconds
}

/** Requests of clients for which an isolate had no room. */
export interface NotedOthers extends OwnedHostname {
  readonly own: number
  readonly strangers: number
}

/** What an isolate writes at once. */
export interface NotedClients {
  /** Every hostname of the lists below. */
  readonly hostnames: readonly NotedOthers[]
  readonly clients: readonly NotedClient[]
  readonly certificates: readonly KeptCertificate[]
  readonly anchors: readonly NotedAnchor[]
}

/** The rows of `client_hostnames h` that the values `v` of a list name. */
const HOSTNAME_SQL = `CROSS JOIN client_hostnames h
  ON h.zone_id = v.value ->> 'zone' AND h.hostname_ascii = v.value ->> 'hostname' AND h.account_id = v.value ->> 'account'`

/** The time, a whole number: D1 binds every number as a REAL, which does not divide into days. */
const NOW_SQL = "(?1 ->> 'now')"

const STATEMENTS = [
  `INSERT INTO client_hostnames (account_id, zone_id, hostname_ascii, since, swept_day,
      own_others, own_others_at, stranger_others, stranger_others_at)
    SELECT z.account_id, z.id, v.value ->> 'hostname', ${NOW_SQL}, ${NOW_SQL} / 86400,
      v.value ->> 'own', iif(v.value ->> 'own', ${NOW_SQL}, NULL), v.value ->> 'strangers', iif(v.value ->> 'strangers', ${NOW_SQL}, NULL)
    FROM json_each(?1, '$.hostnames') v
      CROSS JOIN zones z ON z.id = v.value ->> 'zone' AND z.account_id = v.value ->> 'account'
    WHERE TRUE
    ON CONFLICT (zone_id, hostname_ascii) DO UPDATE SET
      own_others = own_others + excluded.own_others, own_others_at = coalesce(excluded.own_others_at, own_others_at),
      stranger_others = stranger_others + excluded.stranger_others,
      stranger_others_at = coalesce(excluded.stranger_others_at, stranger_others_at)
    WHERE excluded.own_others + excluded.stranger_others > 0`,
  // A certificate that was kept before, and a client that was not, are the account's own as soon as either is.
  `INSERT INTO client_certificates (account_id, sha256, der, own, day)
    SELECT a.id, v.value ->> 'sha256', unhex(v.value ->> 'der'), v.value ->> 'own', ${NOW_SQL} / 86400
    FROM json_each(?1, '$.certificates') v CROSS JOIN accounts a ON a.id = v.value ->> 'account'
    WHERE TRUE
    ON CONFLICT DO UPDATE SET own = max(own, excluded.own), day = max(day, excluded.day)
    WHERE own < excluded.own OR day < excluded.day`,
  `INSERT INTO clients (hostname_id, client, own, subject, issuer, not_after, anchor, accepted, accepted_at,
      refusal, refused, refused_at, first_at, chain)
    SELECT h.id, v.value ->> 'client', v.value ->> 'own', v.value ->> 'subject', v.value ->> 'issuer',
      v.value ->> 'notAfter', v.value ->> 'anchor', v.value ->> 'accepted', v.value ->> 'acceptedAt',
      v.value ->> 'refusal', v.value ->> 'refused', v.value ->> 'refusedAt', v.value ->> 'firstAt', v.value ->> 'chain'
    FROM json_each(?1, '$.clients') v ${HOSTNAME_SQL}
    WHERE TRUE
    ON CONFLICT DO UPDATE SET own = max(own, excluded.own),
      anchor = iif(excluded.accepted_at >= coalesce(accepted_at, 0), excluded.anchor, anchor),
      accepted = accepted + excluded.accepted,
      accepted_at = max(coalesce(accepted_at, excluded.accepted_at), coalesce(excluded.accepted_at, accepted_at)),
      refusal = iif(excluded.refused_at >= coalesce(refused_at, 0), excluded.refusal, refusal),
      refused = refused + excluded.refused,
      refused_at = max(coalesce(refused_at, excluded.refused_at), coalesce(excluded.refused_at, refused_at)),
      first_at = min(first_at, excluded.first_at), chain = coalesce(excluded.chain, chain)`,
  `INSERT INTO client_anchors (hostname_id, day, anchor, count, last_at)
    SELECT h.id, v.value ->> 'lastAt' / 86400, v.value ->> 'anchor', v.value ->> 'count', v.value ->> 'lastAt'
    FROM json_each(?1, '$.anchors') v ${HOSTNAME_SQL}
    WHERE TRUE
    ON CONFLICT DO UPDATE SET count = count + excluded.count, last_at = max(last_at, excluded.last_at)`,
  `UPDATE client_pace SET
      batches_before = CASE minute WHEN ${NOW_SQL} / 60 THEN batches_before WHEN ${NOW_SQL} / 60 - 1 THEN batches ELSE 0 END,
      batches = iif(minute = ${NOW_SQL} / 60, batches + 1, 1),
      minute = ${NOW_SQL} / 60
    WHERE id = 1 RETURNING max(batches, batches_before) AS pace`,
]

/**
 * Adds what an isolate has noted, in one round trip. Triggers keep the bounds, and count what finds no room.
 * @param now Unix seconds, UTC
 * @returns how many batches all isolates write a minute
 */
export async function addClients(db: Database, noted: NotedClients, now: UnixSeconds): Promise<number> {
  const params = [JSON.stringify({ ...noted, now })]
  const rows = await runBatch(
    db,
    STATEMENTS.map((sql) => ({ unscoped: 'edge', sql, params })),
  )
  const pace = rows.at(-1)?.[0]
  return pace === undefined ? 1 : number(pace, 'pace')
}
