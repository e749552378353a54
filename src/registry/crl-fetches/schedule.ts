import type { Seconds, UnixSeconds } from '../../core/units.ts'

/** The shortest time between two downloads, in seconds: CAs that issue CRLs every hour are asked four times an hour at most. [ours] */
const MIN_WAIT: Seconds = 900
/** The longest, in seconds: a day. A CRL can be issued before its time, when a key is lost (RFC 5280 5.1.2.5). [ours] */
const MAX_WAIT: Seconds = 86_400
/** When a CRL that was fetched is fetched again: halfway to its nextUpdate. @param nextUpdate of the CRL, the earliest of several */
export function afterSuccess(now: UnixSeconds, nextUpdate: UnixSeconds): UnixSeconds {
  return now + Math.min(Math.max(Math.floor((nextUpdate - now) / 2), MIN_WAIT), MAX_WAIT)
}
