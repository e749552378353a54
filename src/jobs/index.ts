import { configFrom, type Database, type Env } from '../core/config.ts'
import type { UnixSeconds } from '../core/units.ts'
import { sweep } from './sweep-leftovers.ts'

/** Work that the cron trigger starts. `[triggers]` in wrangler.toml says when. */
export interface Job {
  /** Its name in the log. */
  readonly name: string
  /** @param now Unix seconds, UTC */
  readonly run: (db: Database, now: UnixSeconds) => Promise<void>
}

const JOBS: readonly Job[] = [{ name: 'sweep_leftovers', run: sweep }]

/** What comes from outside the program. */
export interface JobAmbient {
  /** Unix seconds, UTC. */
  readonly now: UnixSeconds
  readonly logError: (entry: Readonly<Record<string, string>>) => void
}

/**
 * Runs all jobs, one after the other. A job that fails is logged, and the others still run. At the end it makes the whole run
 * fail, so that Cloudflare shows the run as failed.
 */
export async function runJobs(
  env: Partial<Env>,
  { now, logError }: JobAmbient,
  jobs: readonly Job[] = JOBS,
): Promise<void> {
  const { d1 } = configFrom(env)
  const failed: string[] = []
  for (const { name, run } of jobs) {
    try {
      await run(d1, now)
    } catch (error) {
      failed.push(name)
      logError({
        event: 'job_failed',
        job: name,
        cause: error instanceof Error ? (error.stack ?? error.message) : String(error),
      })
    }
  }
  if (failed.length > 0) throw new Error(`jobs failed: ${failed.join(', ')}`)
}
