import * as v from 'valibot'
import { mapOk } from '../../core/result.ts'
import { rfc3339 } from '../../core/rfc3339.ts'
import type { UnixSeconds } from '../../core/units.ts'
import { operation, type Shape } from '../../web/operation.ts'
import { CertificateId, Count, WireTime } from '../../web/shapes.ts'
import { Coverage, FACTS, facts, Position, Role, shownCoverage } from '../certificate-details/api.ts'
import { HOSTNAME_PATH, Mode, shownMode } from '../modes/api.ts'
import type { Overlap } from './overlaps.ts'
import { getHostnameState, type HostnameState, type NextEvent, type PlacedCertificate } from './rules.ts'
import type { HeldCrl } from './sql.ts'
import { eventText, overlapText } from './text.ts'

/** Most certificates, overlaps and CRLs of an answer, and most certificates of an overlap. More are rare, and nobody reads them. [ours] */
const MAX_LISTED = 100
const MAX_NAMED = 10

const AnchorTraffic = v.pipe(
  v.strictObject({
    count: v.pipe(Count, v.description('Requests that were let in over it since traffic_since')),
    share: v.pipe(
      v.number(),
      v.minValue(0),
      v.maxValue(1),
      v.description('Of these requests of all anchors, those included that the hostname does not have any more'),
    ),
    last_at: v.nullable(WireTime),
  }),
  v.title('AnchorTraffic'),
)

const Certificate = v.pipe(
  v.strictObject({
    certificate_id: CertificateId,
    name: v.pipe(v.string(), v.description('Of the record')),
    ...FACTS,
    role: Role,
    valid: v.pipe(v.boolean(), v.description('not_before is past, and not_after is not')),
    coverage: v.pipe(
      v.nullable(Coverage),
      v.description('The current CRLs that cover the clients of this CA; null: none does'),
    ),
    traffic: v.pipe(v.nullable(AnchorTraffic), v.description('null: it is not an anchor')),
  }),
  v.title('TrustedCertificate'),
)

const Overlapping = v.pipe(
  v.strictObject({
    code: v.pipe(
      v.picklist(['same_certificate', 'same_key', 'same_name', 'cross_signed']),
      v.description('What the certificates have in common'),
    ),
    message: v.string(),
    certificates: v.pipe(
      v.array(v.strictObject({ certificate_id: CertificateId, position: Position })),
      v.description(`The first ${MAX_NAMED}`),
    ),
    certificates_total: Count,
  }),
  v.title('TrustOverlap'),
)

const Crl = v.pipe(
  v.strictObject({
    certificate_id: v.pipe(CertificateId, v.description('The record to which it was uploaded')),
    issuer: v.string(),
    covers: v.picklist(['all', 'user', 'ca']),
    in_parts: v.pipe(v.boolean(), v.description('It covers only certificates that name its distribution point')),
    this_update: WireTime,
    next_update: WireTime,
    stale: v.pipe(v.boolean(), v.description('next_update is past')),
    stale_policy: v.picklist(['soft', 'hard']),
    fetch: v.pipe(
      v.nullable(
        v.strictObject({
          failures: v.pipe(Count, v.description('How often it failed since the last success')),
          next_at: v.nullable(WireTime),
        }),
      ),
      v.description('How its fetching stands; null: it is only uploaded'),
    ),
  }),
  v.title('TrustedCrl'),
)

const Next = v.pipe(
  v.strictObject({
    kind: v.picklist(['certificate', 'crl', 'report_mode']),
    at: WireTime,
    certificate_id: v.pipe(v.nullable(CertificateId), v.description('The record; null for a mode')),
    message: v.string(),
  }),
  v.title('NextEvent'),
)

const firstOf = <S extends v.GenericSchema>(item: S, what: string) =>
  v.pipe(v.array(item), v.description(`The first ${MAX_LISTED} ${what}`))

const State = v.pipe(
  v.strictObject({
    forwarding: v.pipe(v.boolean(), v.description('client_certificate_forwarding, where it counts')),
    certificates: firstOf(Certificate, 'that count: anchors first, by expiry'),
    certificates_total: Count,
    traffic_since: WireTime,
    overlaps: firstOf(Overlapping, 'of certificates that let the same clients in, or are of the same CA'),
    overlaps_total: Count,
    crls: firstOf(Crl, 'that count on paths of the hostname, by next_update'),
    crls_total: Count,
    next: v.pipe(v.nullable(Next), v.description('The next thing that changes who comes in; null: nothing is known')),
  }),
  v.title('HostnameState'),
)

const HostnameWithState = v.pipe(v.strictObject({ ...Mode.entries, state: State }), v.title('HostnameWithState'))

function shownCertificate(one: PlacedCertificate, requests: number, now: UnixSeconds): Shape<typeof Certificate> {
  return {
    certificate_id: one.certificateId,
    name: one.name,
    ...facts(one, one.index),
    role: one.role,
    valid: one.notBefore <= now && now <= one.notAfter,
    coverage: shownCoverage(one.coverage, now),
    traffic: one.traffic === undefined ? null : shownTraffic(one.traffic, requests),
  }
}

function shownTraffic(
  { count, lastAt }: NonNullable<PlacedCertificate['traffic']>,
  requests: number,
): Shape<typeof AnchorTraffic> {
  return { count, share: requests === 0 ? 0 : count / requests, last_at: shownTime(lastAt) }
}

function shownOverlap(overlap: Overlap): Shape<typeof Overlapping> {
  const { code, certificates } = overlap
  return {
    code,
    message: overlapText(overlap),
    certificates: certificates
      .slice(0, MAX_NAMED)
      .map(({ certificateId, index }) => ({ certificate_id: certificateId, position: index + 1 })),
    certificates_total: certificates.length,
  }
}

function shownCrl(crl: HeldCrl, now: UnixSeconds): Shape<typeof Crl> {
  const { fetch } = crl
  return {
    certificate_id: crl.certificateId,
    issuer: crl.issuer,
    covers: crl.covers,
    in_parts: crl.isPart,
    this_update: rfc3339(crl.thisUpdate),
    next_update: rfc3339(crl.nextUpdate),
    stale: crl.nextUpdate < now,
    stale_policy: crl.whenStale,
    fetch: fetch === undefined ? null : { failures: fetch.failures, next_at: shownTime(fetch.nextAt) },
  }
}

const shownTime = (at: UnixSeconds | undefined) => (at === undefined ? null : rfc3339(at))

function shownNext(event: NextEvent): Shape<typeof Next> {
  return {
    kind: event.kind,
    at: rfc3339(event.at),
    certificate_id: 'certificateId' in event ? event.certificateId : null,
    message: eventText(event),
  }
}

function shownState(state: HostnameState, now: UnixSeconds): Shape<typeof State> {
  return {
    forwarding: state.forwarding,
    certificates: state.certificates.slice(0, MAX_LISTED).map((one) => shownCertificate(one, state.requests, now)),
    certificates_total: state.total,
    traffic_since: rfc3339(state.trafficSince),
    overlaps: state.overlaps.slice(0, MAX_LISTED).map(shownOverlap),
    overlaps_total: state.overlaps.length,
    crls: state.crls.slice(0, MAX_LISTED).map((crl) => shownCrl(crl, now)),
    crls_total: state.crls.length,
    next: state.next === undefined ? null : shownNext(state.next),
  }
}

/** What is set for a hostname, with how things stand there. */
export const HOSTNAME_STATE = [
  operation({
    namespace: 'edge',
    method: 'GET',
    path: HOSTNAME_PATH,
    permission: 'read',
    summary: 'Get the mode and identity rules of a hostname, and its state',
    parameters: { hostname: v.string() },
    status: 200,
    result: HostnameWithState,
    untagged: ['state'],
    async serve({ claim, context, params }) {
      return mapOk(await getHostnameState(context.db, claim, params.hostname), (state) => ({
        result: { ...shownMode(state.mode), state: shownState(state, claim.now) },
      }))
    },
  }),
]
