import * as v from 'valibot'
import { mapOk } from '../../core/result.ts'
import { rfc3339 } from '../../core/rfc3339.ts'
import { operation, SCOPE, type Shape } from '../../web/operation.ts'
import { PAGES, readPage } from '../../web/page.ts'
import { CertificateId, Count, Fingerprint, WireTime } from '../../web/shapes.ts'
import { READINESS_CODES } from './readiness.ts'
import { type ListedClients, listClients } from './rules.ts'
import type { AnchorSeen, ClientSeen } from './sql.ts'

const Client = v.pipe(
  v.strictObject({
    certificate_sha256: v.pipe(
      v.nullable(Fingerprint),
      v.description('null: all requests without a certificate that can be read, by code'),
    ),
    subject: v.string(),
    issuer: v.string(),
    expires_on: v.nullable(WireTime),
    issued_by_own_ca: v.pipe(v.boolean(), v.description("Whether one of the hostname's CAs signed the certificate")),
    accepted: v.pipe(v.boolean(), v.description('Whether the last decision let it in')),
    code: v.pipe(v.string(), v.description('The last decision: accepted, or the code of the refusal')),
    anchor_sha256: v.pipe(v.nullable(Fingerprint), v.description('The anchor over which it was last let in')),
    accepted_count: Count,
    refused_count: Count,
    first_seen_at: WireTime,
    last_seen_at: WireTime,
    last_accepted_at: v.nullable(WireTime),
    last_refused_at: v.nullable(WireTime),
  }),
  v.title('ClientSeen'),
)

const Anchor = v.pipe(
  v.strictObject({
    certificate_sha256: Fingerprint,
    certificate_id: v.pipe(
      v.nullable(CertificateId),
      v.description('null: no certificate of the hostname is this anchor any more'),
    ),
    subject: v.nullable(v.string()),
    expires_on: v.nullable(WireTime),
    count: v.pipe(Count, v.description('Requests that were let in over it since anchors_since')),
    share: v.pipe(v.number(), v.minValue(0), v.maxValue(1), v.description('Of these requests of all anchors')),
    last_at: v.nullable(WireTime),
  }),
  v.title('AnchorSeen'),
)

const Clients = v.pipe(
  v.strictObject({
    hostname: v.string(),
    since: v.pipe(v.nullable(WireTime), v.description('Since when clients are kept; null: none was seen')),
    ready_to_enforce: v.boolean(),
    reasons: v.array(
      v.strictObject({
        code: v.picklist(READINESS_CODES),
        blocks: v.pipe(v.boolean(), v.description('Whether ready_to_enforce is false because of it')),
        message: v.string(),
      }),
    ),
    anchors_since: WireTime,
    anchors: v.array(Anchor),
    others: v.pipe(
      v.strictObject({ own: Count, strangers: Count }),
      v.description('Requests of clients for which there was no room'),
    ),
    clients: v.array(Client),
  }),
  v.title('ClientsSeen'),
)

const time = (at: number | undefined) => (at === undefined ? null : rfc3339(at))

function shownClient(client: ClientSeen): Shape<typeof Client> {
  const { sha256, own, subject, issuer, notAfter, code, anchor, acceptedAt, refusedAt } = client
  return {
    certificate_sha256: sha256 ?? null,
    subject,
    issuer,
    expires_on: time(notAfter),
    issued_by_own_ca: own,
    accepted: code === 'accepted',
    code,
    anchor_sha256: anchor ?? null,
    accepted_count: client.accepted,
    refused_count: client.refused,
    first_seen_at: rfc3339(client.firstAt),
    last_seen_at: rfc3339(Math.max(acceptedAt ?? 0, refusedAt ?? 0)),
    last_accepted_at: time(acceptedAt),
    last_refused_at: time(refusedAt),
  }
}

function shownAnchor(anchor: AnchorSeen, all: number): Shape<typeof Anchor> {
  const { sha256, certificateId, subject, notAfter, count, lastAt } = anchor
  return {
    certificate_sha256: sha256,
    certificate_id: certificateId ?? null,
    subject: subject ?? null,
    expires_on: time(notAfter),
    count,
    share: all === 0 ? 0 : count / all,
    last_at: time(lastAt),
  }
}

function shown({ hostname, found, reasons, anchorsSince, page }: ListedClients): Shape<typeof Clients> {
  const all = found.anchors.reduce((sum, { count }) => sum + count, 0)
  return {
    hostname,
    since: time(found.since),
    ready_to_enforce: reasons.every(({ blocks }) => !blocks),
    reasons,
    anchors_since: rfc3339(anchorsSince),
    anchors: found.anchors.map((anchor) => shownAnchor(anchor, all)),
    others: { own: found.ownOthers, strangers: found.strangerOthers },
    clients: page.items.map(shownClient),
  }
}

/** The clients seen at a hostname: who would be locked out, and who comes in over which anchor. */
export const CLIENTS = [
  operation({
    namespace: 'edge',
    method: 'GET',
    path: `${SCOPE}/hostnames/:hostname/clients`,
    permission: 'read',
    summary: 'List the clients seen at a hostname',
    parameters: {
      hostname: v.string(),
      code: v.optional(v.string()),
      accepted: v.optional(v.picklist(['true', 'false'])),
      anchor: v.optional(Fingerprint),
    },
    pages: PAGES,
    status: 200,
    result: Clients,
    async serve({ query, claim, context, params }) {
      const asked = (parameter: string) => query.getAll(parameter)
      const listed = await listClients(context.db, claim, params.hostname, asked, readPage(query))
      return mapOk(listed, (found) => ({ result: shown(found), page: found.page }))
    },
  }),
]
