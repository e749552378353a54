import { backOff } from '../../core/back-off.ts'
import type { Database } from '../../core/config.ts'
import { causeOf, type Log } from '../../core/log.ts'
import type { Claim } from '../../core/model.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { Seconds, UnixSeconds } from '../../core/units.ts'
import type { CrlDraft } from '../crls/draft.ts'
import { describeCrl } from '../crls/fault-text.ts'
import { describeConflict } from '../crls/order-text.ts'
import { putCrls } from '../crls/upload.ts'
import type { Refusal } from '../refusal.ts'
import { download, type Fetcher } from './download.ts'
import { afterSuccess } from './schedule.ts'
import { type DueFetch, noteFetch, selectDue, takeFetch } from './sql.ts'

/** Most fetches of one run: with some 20 statements each, less than the 1,000 queries that D1 gives an invocation. */
const MAX_FETCHES = 40
/** After so long, a run begins no other fetch, in seconds: the next run comes after 300. */
const MAX_RUN: Seconds = 240
/** How many due fetches a run looks at, to choose fairly among accounts. */
const MAX_DUE = 400
/** A fetch that has not ended after so long has broken off, in seconds: twice what a download and an upload may take. */
const LEASE: Seconds = 600
/** Most characters of an error that are kept. */
const MAX_ERROR = 1_000

/** Largest CRL that is fetched, in bytes: as large as one that is uploaded. */
const MAX_CRL_BYTES = 48 * 1024 * 1024

export interface FetchRun {
  readonly db: Database
  /** The time of the call, Unix seconds, UTC. */
  readonly clock: () => UnixSeconds
  readonly newId: () => string
  readonly log: Log
  readonly fetcher: Fetcher
  /** CRL_SOURCE_HOSTS. Where it is empty, nothing is fetched. */
  readonly hosts: readonly string[]
}

/** Fetches the CRLs whose time has come, each account in its turn, and uploads them. A failure is noted, logged, and tried again. */
export async function fetchDueCrls(run: FetchRun): Promise<void> {
  const { db, clock, hosts } = run
  if (hosts.length === 0) return
  const begin = clock()
  for (const due of inTurns(await selectDue(db, begin, MAX_DUE)).slice(0, MAX_FETCHES)) {
    if (clock() - begin > MAX_RUN) return
    await fetchOne(run, due)
  }
}

/** The first of each account, then the second of each, and so on. */
function inTurns(due: readonly DueFetch[]): readonly DueFetch[] {
  const turns = new Map<string, number>()
  const turnOf = ({ accountId }: DueFetch) => {
    const turn = turns.get(accountId) ?? 0
    turns.set(accountId, turn + 1)
    return turn
  }
  return due
    .map((one) => ({ one, turn: turnOf(one) }))
    .toSorted((a, b) => a.turn - b.turn)
    .map(({ one }) => one)
}

async function fetchOne(run: FetchRun, due: DueFetch): Promise<void> {
  const { db, clock, log } = run
  const { certificateId, scope } = due
  const now = clock()
  const until = now + LEASE
  if (!(await takeFetch(db, certificateId, now, until))) return
  const about = { scope: `${scope.kind}/${scope.id}`, certificate_id: certificateId }
  let cause: string | undefined
  // A bug, or a database that is away for a moment, keeps no other CRL from being fetched.
  const stored = await store(run, due).catch((error: unknown) => {
    cause = causeOf(error)
    return fail('an unexpected error')
  })
  const ended = clock()
  if (stored.ok) {
    await noteFetch(db, certificateId, until, { nextAt: afterSuccess(ended, stored.value), fetchedAt: ended })
    log({ level: 'info', event: 'crl_fetched', ...about })
    return
  }
  const failures = due.failures + 1
  const error = stored.error.slice(0, MAX_ERROR)
  await noteFetch(db, certificateId, until, { nextAt: backOff(ended, failures), failures, failedAt: ended, error })
  log({ level: 'error', event: 'crl_fetch_failed', ...about, failures, cause: cause ?? error })
}

/** Downloads and uploads a record's CRLs. Returns the earliest nextUpdate of them. */
async function store(run: FetchRun, due: DueFetch): Promise<Result<UnixSeconds, string>> {
  const { db, clock, newId, fetcher, hosts } = run
  const { certificateId, scope, secretSha256, url } = due
  const downloaded = await download(fetcher, url, { hosts, maxBytes: MAX_CRL_BYTES })
  if (!downloaded.ok) return downloaded
  const credential = { kind: 'token', secretSha256 } as const
  const claim: Claim = { credential, scope, permission: 'write', now: clock() }
  const draft: CrlDraft = { pointer: '', octets: downloaded.value, ca: undefined, faults: [] }
  const uploaded = await putCrls<never>({ db, newId, clock }, claim, certificateId, async () => ok(draft))
  if (!uploaded.ok) return fail(describe(uploaded.error))
  return ok(Math.min(...uploaded.value.map(({ crl }) => crl.nextUpdate)))
}

/** Why a CRL that was downloaded is not stored. */
function describe(refusal: Refusal): string {
  switch (refusal.reason) {
    case 'invalid_fields':
      return refusal.faults
        .map((fault) => (fault.reason === 'crl' ? `the CRL ${describeCrl(fault.fault)}` : 'the file cannot be read'))
        .join('; ')
    case 'crl_conflict':
      return `the CRL is not newer than the current one: ${refusal.conflicts.map(describeConflict).join('; ')}`
    case 'quota_reached':
      return `the quota has no room: ${refusal.used} of ${refusal.limit} are used, and ${refusal.added} would be added`
    case 'not_enabled':
      return 'Access is switched off for the account or zone'
    case 'unknown_credential':
    case 'forbidden':
      return 'the credential of this fetch is switched off or deleted; if it was deleted, set crl_url to null, and then again'
    default:
      return `it is refused: ${refusal.reason}`
  }
}
