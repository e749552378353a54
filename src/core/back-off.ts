import type { Seconds, UnixSeconds } from './units.ts'

/** The first wait after a failure: the next run of the cron trigger. Each further failure doubles it, up to six hours. [ours] */
const FIRST_RETRY: Seconds = 300
const MAX_RETRY: Seconds = 21_600

/** When something is tried again after a failure. @param failures in a row, this one included */
export function backOff(now: UnixSeconds, failures: number): UnixSeconds {
  return now + Math.min(FIRST_RETRY * 2 ** (failures - 1), MAX_RETRY)
}
