import type { Database } from '../../core/config.ts'
import type { UnixSeconds } from '../../core/units.ts'
import { pruneSome, type SealedHead, sealSome } from './chain-sql.ts'

/** How long changes are kept, in seconds: 400 days, so that a change can be compared with the same day a year ago. [ours] */
export const RETENTION_SECONDS = 400 * 86_400

/**
 * Rounds of one run: each seals 1,000 changes or 4 MB at most. The free plan lets an invocation make 50 queries of D1: sweeping
 * makes up to 36, each of these rounds 2, pruning 3, and the other jobs 4.
 */
const MAX_ROUNDS = 3

/**
 * Seals the changes that have no seal yet, up to the limit of one run.
 * @returns the newest seal of each account that got one. Kept elsewhere, in a log for example, it proves what came before.
 */
export async function sealChanges(db: Database): Promise<readonly SealedHead[]> {
  const heads = new Map<string, SealedHead>()
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { heads: sealed, more } = await sealSome(db)
    for (const head of sealed) heads.set(head.accountId, head)
    if (!more) break
  }
  return [...heads.values()]
}

/** Prunes some of what is older than the retention, and of what an account has too much of. @param now Unix seconds, UTC */
export async function pruneChanges(db: Database, now: UnixSeconds): Promise<void> {
  await pruneSome(db, now - RETENTION_SECONDS)
}
