import { rfc3339 } from '../../core/rfc3339.ts'
import type { UnixSeconds } from '../../core/units.ts'
import type { ClientsFound, ClientWindow } from './sql.ts'

/** What stands against enforcing, or should be known before. */
export interface Readiness {
  readonly code: ReadinessCode
  /** Whether a hostname with it is not ready. */
  readonly blocks: boolean
  readonly message: string
}

export const READINESS_CODES = [
  'no_trust',
  'no_client_seen',
  'observed_briefly',
  'no_client_accepted',
  'clients_refused',
  'clients_not_kept',
  'strangers_refused',
  'strangers_not_kept',
  'without_certificate',
] as const
export type ReadinessCode = (typeof READINESS_CODES)[number]

const SECONDS_A_DAY = 86_400
/** How long clients must have been seen: what runs once a week has run. [ours] */
const OBSERVED_DAYS = 7
/** A client that was refused, but was let in later, counts as refused for so long: it may present its chain only now and then. [ours] */
const RECENT_DAYS = 1

/** The times from which clients count for a hostname's readiness, and requests for the shares of its anchors. */
export function windowAt(now: UnixSeconds): ClientWindow {
  return { since: now - OBSERVED_DAYS * SECONDS_A_DAY, recently: now - RECENT_DAYS * SECONDS_A_DAY }
}

/** From when requests count for the shares of anchors: from the beginning of a day. @param seenSince since when clients are kept */
export function anchorsSince({ since }: ClientWindow, seenSince: UnixSeconds | undefined): UnixSeconds {
  return Math.max(since - (since % SECONDS_A_DAY), seenSince ?? 0)
}

/** What stands against enforcing at a hostname, or should be known before. Ready is a hostname against which nothing stands. */
export function readinessOf(found: ClientsFound, { since: from }: ClientWindow): readonly Readiness[] {
  const { since, acceptedClients, refusedClients, refusedStrangers, withoutCertificateAt = 0 } = found
  const { ownOthers, ownOthersAt = 0, strangerOthers, strangerOthersAt = 0, anchors } = found
  const days = `the last ${OBSERVED_DAYS} days`
  const reasons: (Readiness | false)[] = [
    !anchors.some(({ certificateId }) => certificateId !== undefined) &&
      blocking('no_trust', 'no CA is associated with the hostname: every client would be refused; associate one'),
    since === undefined &&
      blocking(
        'no_client_seen',
        'no client was seen yet: send requests through the gateway, with CLIENTS not off; new clients are here after 25 seconds',
      ),
    since !== undefined &&
      since > from &&
      blocking(
        'observed_briefly',
        `clients are kept since ${rfc3339(since)} only: wait until ${rfc3339(since + OBSERVED_DAYS * SECONDS_A_DAY)}`,
      ),
    since !== undefined &&
      acceptedClients === 0 &&
      blocking('no_client_accepted', `no client was let in during ${days}`),
    refusedClients > 0 &&
      blocking(
        'clients_refused',
        `${refusedClients} clients with certificates of the hostname's CAs were refused during ${days}: list them with accepted=false, renew their certificates, or change what refuses them`,
      ),
    ownOthers > 0 &&
      ownOthersAt >= from &&
      blocking(
        'clients_not_kept',
        `clients of the hostname's CAs found no room during ${days}: this list is not complete`,
      ),
    refusedStrangers > 0 && {
      code: 'strangers_refused',
      blocks: false,
      message: `${refusedStrangers} certificates that no CA of the hostname issued were refused during ${days}: if a client of yours is among them, associate its CA`,
    },
    strangerOthers > 0 &&
      strangerOthersAt >= from && {
        code: 'strangers_not_kept',
        blocks: false,
        message: `more certificates that no CA of the hostname is known to have issued came during ${days} than are kept`,
      },
    withoutCertificateAt >= from && {
      code: 'without_certificate',
      blocks: false,
      message: `requests without a certificate that can be read came during ${days}: they would be refused`,
    },
  ]
  return reasons.filter((reason) => reason !== false)
}

function blocking(code: ReadinessCode, message: string): Readiness {
  return { code, blocks: true, message }
}
