import type { Seconds, UnixSeconds } from '../../core/units.ts'

/** The shortest time between two downloads, in seconds: CAs that issue CRLs every hour are asked four times an hour at most. [ours] */
const MIN_WAIT: Seconds = 900
/** The longest, in seconds: a day. A CRL can be issued before its time, when a key is lost (RFC 5280 5.1.2.5). [ours] */
const MAX_WAIT: Seconds = 86_400
/** The first wait after a failure, in seconds; each further failure doubles it, up to six hours. [ours] */
const FIRST_RETRY: Seconds = 300
const MAX_RETRY: Seconds = 21_600

/** When a CRL that was fetched is fetched again: halfway to its nextUpdate. @param nextUpdate of the CRL, the earliest of several */
export function afterSuccess(now: UnixSeconds, nextUpdate: UnixSeconds): UnixSeconds {
  return now + Math.min(Math.max(Math.floor((nextUpdate - now) / 2), MIN_WAIT), MAX_WAIT)
}

/** When it is tried again after a failure. @param failures in a row, this one included */
export function afterFailure(now: UnixSeconds, failures: number): UnixSeconds {
  return now + Math.min(FIRST_RETRY * 2 ** (failures - 1), MAX_RETRY)
}
