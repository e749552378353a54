import { type Config, configFrom, type Database, type Env } from '../core/config.ts'
import { countingCalls } from '../core/counting-calls.ts'
import { causeOf, type Log, limited } from '../core/log.ts'
import type { UnixMilliseconds, UnixSeconds } from '../core/units.ts'
import { fillKeyHashes } from '../registry/certificates/key-hashes.ts'
import { pruneChanges, sealChanges } from '../registry/changes/keep.ts'
import { pruneClients } from '../registry/clients/sql.ts'
import type { Fetcher } from '../registry/crl-fetches/download.ts'
import { fetchDueCrls } from '../registry/crl-fetches/run.ts'
import { tellNotices } from '../registry/notices/run.ts'
import { pruneRefusals } from '../registry/refusals/sql.ts'
import { sweep } from './sweep-leftovers.ts'

/** Work that the cron trigger starts. `[triggers]` in wrangler.toml says when. */
export interface Job {
  /** Its name in the log. */
  readonly name: string
  /** @param now Unix seconds, UTC; the time when all jobs began */
  readonly run: (db: Database, now: UnixSeconds, context: JobContext) => Promise<void>
}

/** What some jobs need besides the database. */
export interface JobContext extends JobAmbient, Pick<Config, 'crlSourceHosts' | 'webhook'> {}

const JOBS: readonly Job[] = [
  { name: 'sweep_leftovers', run: sweep },
  {
    name: 'seal_changes',
    async run(db, _, { log }) {
      for (const { accountId, position, sha256 } of await sealChanges(db)) {
        log({ level: 'info', event: 'changes_sealed', scope: `accounts/${accountId}`, position, sha256 })
      }
    },
  },
  { name: 'prune_changes', run: pruneChanges },
  { name: 'prune_refusals', run: pruneRefusals },
  { name: 'fill_key_hashes', run: fillKeyHashes },
  { name: 'prune_clients', run: pruneClients },
  { name: 'tell_notices', run: (db, _, context) => tellNotices({ ...context, db }) },
  // The last one: it may take minutes.
  {
    name: 'fetch_crls',
    run: (db, _, { crlSourceHosts: hosts, ...ambient }) => fetchDueCrls({ db, hosts, ...ambient }),
  },
]

/** What comes from outside the program. */
export interface JobAmbient {
  /** Unix seconds, UTC. */
  readonly now: UnixSeconds
  /** The time of the call, in Unix seconds, UTC. */
  readonly clock: () => UnixSeconds
  /** The time of the call, in ms. */
  readonly clockMs: () => UnixMilliseconds
  /** Makes a lower-case UUID v4. */
  readonly newId: () => string
  readonly log: Log
  /** Downloads CRLs. */
  readonly fetcher: Fetcher
}

/**
 * Runs all jobs, one after the other, with a line of the log for each. Where a job fails, the others still run. At the end it
 * makes the whole run fail, so that Cloudflare shows the run as failed.
 */
export async function runJobs(env: Partial<Env>, ambient: JobAmbient, jobs: readonly Job[] = JOBS): Promise<void> {
  const { now, clockMs, newId } = ambient
  const { d1, crlSourceHosts, webhook } = configFrom(env)
  const log = limited(ambient.log, env.LOG)
  const failed: string[] = []
  for (const { name, run } of jobs) {
    const beginMs = clockMs()
    const line = { d1Calls: 0, cause: undefined as string | undefined }
    try {
      await run(countingCalls(d1, line), now, { ...ambient, log, crlSourceHosts, webhook })
    } catch (error) {
      failed.push(name)
      line.cause = causeOf(error)
    }
    log({
      level: line.cause === undefined ? 'info' : 'error',
      event: 'job',
      request_id: newId(),
      operation: name,
      d1_calls: line.d1Calls,
      duration_ms: clockMs() - beginMs,
      cause: line.cause,
    })
  }
  if (failed.length > 0) throw new Error(`jobs failed: ${failed.join(', ')}`)
}
