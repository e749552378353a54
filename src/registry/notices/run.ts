import { backOff } from '../../core/back-off.ts'
import type { Database, Webhook } from '../../core/config.ts'
import type { Log } from '../../core/log.ts'
import type { Seconds, UnixSeconds } from '../../core/units.ts'
import type { Fetcher } from '../crl-fetches/download.ts'
import type { Notice } from './notice.ts'
import { beginRun, endRun, selectNotices } from './sql.ts'
import { sendNotices } from './webhook.ts'

/** The very first run tells what came due in the day before it. */
const FIRST: Seconds = 86_400
/** A run that has not ended after so long has broken off. */
const LEASE: Seconds = 600
/** Most notices of one request: some 100 KB. */
const NOTICES_A_REQUEST = 100

export interface TellRun {
  readonly db: Database
  readonly now: UnixSeconds
  readonly newId: () => string
  readonly log: Log
  readonly fetcher: Fetcher
  /** Undefined: nobody is told. */
  readonly webhook: Webhook | undefined
}

/**
 * Tells the webhook what came due since the last run. If a request fails, all of them are sent again later: each notice arrives at
 * least once, always with the same id.
 */
export async function tellNotices({ db, now, newId, log, fetcher, webhook }: TellRun): Promise<void> {
  if (webhook === undefined) return
  const run = await beginRun(db, now, now + LEASE, FIRST)
  if (run === undefined) return
  const { notices, isCut } = await selectNotices(db, run.toldUntil, now)
  for (const some of chunksOf(notices)) {
    const sent = await sendNotices(fetcher, webhook, { id: newId(), now, notices: some, isCut })
    if (sent.ok) continue
    const failures = run.failures + 1
    await endRun(db, { toldUntil: run.toldUntil, failures }, backOff(now, failures))
    log({ level: 'error', event: 'notices_failed', failures, cause: sent.error })
    return
  }
  // Even if the clock was set back, nothing is told twice.
  await endRun(db, { toldUntil: Math.max(run.toldUntil, now), failures: 0 }, now)
  if (notices.length > 0) log({ level: 'info', event: 'notices_sent', notices: notices.length })
}

function chunksOf(notices: readonly Notice[]): readonly (readonly Notice[])[] {
  const count = Math.ceil(notices.length / NOTICES_A_REQUEST)
  return Array.from({ length: count }, (_, i) => notices.slice(i * NOTICES_A_REQUEST, (i + 1) * NOTICES_A_REQUEST))
}
