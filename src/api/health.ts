import type { Database } from '../core/config.ts'
import { causeOf } from '../core/log.ts'
import type { Seconds, UnixMilliseconds, UnixSeconds } from '../core/units.ts'
import { type DatabaseState, selectState } from '../store/health-sql.ts'
import MIGRATIONS from './generated/migrations.json' with { type: 'json' }

/** The path of the health check. It needs no credentials: uptime checks have none. */
export const HEALTH_PATH = '/edge/v1/health'

/** How long an isolate answers with what it found, in ms. Anyone may ask: the database is asked this often at most. */
const KEPT_MS = 5_000

/** How long a request waits for the check of another, in ms. Then it makes its own: the other request may have ended. */
const SHARED_WAIT_MS = 2_000

/** How many checks of others a request waits for. */
const MAX_SHARED_WAITS = 2

/** How long the database has for its answer, in ms. D1 retries reads for some seconds. */
const CHECK_WAIT_MS = 5_000

/**
 * How far the clocks of Worker and database may be apart, in seconds. Kerberos allows 5 minutes (RFC 4120 8.2). A clock that is
 * wrong lets expired certificates in, or keeps good ones out.
 */
export const MAX_CLOCK_SKEW_SECONDS = 300

/** What keeps the service from being ready. */
export type HealthFault =
  /** `cause`: for the log. */
  | { readonly check: 'd1'; readonly cause: string }
  /** `missing`: the migrations that the database has not; undefined where it does not know which it has. */
  | { readonly check: 'migrations'; readonly missing: readonly string[] | undefined }
  /** The Worker's clock is that much behind (or, where negative, before) the other time. */
  | { readonly check: 'clock'; readonly against: 'database' | 'newest'; readonly behind: Seconds }

/** What a check asks with. */
export interface HealthAmbient {
  readonly db: Database
  readonly now: UnixSeconds
  readonly clockMs: () => UnixMilliseconds
}

type Faults = readonly HealthFault[]

/** The health check of an isolate. It has one check under way at a time, and remembers the last one for some seconds. */
export class HealthCheck {
  #kept: { readonly atMs: number; readonly faults: Faults } | undefined
  #underWay: { readonly atMs: number; readonly faults: Promise<Faults> } | undefined
  readonly #migrations: readonly string[]

  /** @param migrations those that the code needs, by the names of their files */
  constructor(migrations: readonly string[] = MIGRATIONS) {
    this.#migrations = migrations
  }

  /** What keeps the service from being ready. Never rejects. */
  async faults(ambient: HealthAmbient): Promise<Faults> {
    for (let waits = 0; waits < MAX_SHARED_WAITS; waits += 1) {
      const nowMs = ambient.clockMs()
      if (isYoung(this.#kept, KEPT_MS, nowMs)) return this.#kept.faults
      if (!isYoung(this.#underWay, SHARED_WAIT_MS, nowMs)) break
      const faults = await settledWithin(this.#underWay.faults, SHARED_WAIT_MS)
      if (faults !== undefined) return faults
    }
    const nowMs = ambient.clockMs()
    const faults = this.#check(ambient)
    const underWay = { atMs: nowMs, faults }
    this.#underWay = underWay
    this.#kept = { atMs: nowMs, faults: await faults }
    if (this.#underWay === underWay) this.#underWay = undefined
    return faults
  }

  async #check({ db, now }: HealthAmbient): Promise<Faults> {
    try {
      const state = await settledWithin(selectState(db), CHECK_WAIT_MS)
      if (state === undefined) return [{ check: 'd1', cause: `no answer within ${CHECK_WAIT_MS} ms` }]
      return [...this.#migrationFaults(state), ...clockFaults(state, now)]
    } catch (error) {
      return [{ check: 'd1', cause: causeOf(error) }]
    }
  }

  /** Migrations that the code does not know are no fault: an earlier version runs on a later schema after a rollback. */
  #migrationFaults({ migrations }: DatabaseState): Faults {
    const missing = migrations && this.#migrations.filter((name) => !migrations.has(name))
    return missing?.length === 0 ? [] : [{ check: 'migrations', missing }]
  }
}

/** The build's date is not compared with: the same code makes the same bundle on any day. */
function clockFaults({ now: databaseNow, newest }: DatabaseState, now: UnixSeconds): Faults {
  const behind = databaseNow - now
  if (Math.abs(behind) > MAX_CLOCK_SKEW_SECONDS) return [{ check: 'clock', against: 'database', behind }]
  const behindNewest = (newest ?? now) - now
  return behindNewest > MAX_CLOCK_SKEW_SECONDS ? [{ check: 'clock', against: 'newest', behind: behindNewest }] : []
}

/** A negative age means that the clock was set back: the true age is unknown then. */
function isYoung<T extends { readonly atMs: number }>(kept: T | undefined, maxMs: number, nowMs: number): kept is T {
  return kept !== undefined && nowMs >= kept.atMs && nowMs - kept.atMs < maxMs
}

/** What a promise settles with; undefined where it does not within `waitMs`. */
async function settledWithin<T>(promise: Promise<T>, waitMs: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), waitMs)
  })
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
