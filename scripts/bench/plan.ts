import type { CrlRounds } from './crls.ts'
import type { Growth } from './growth.ts'
import type { Load } from './load.ts'
import type { Rounds } from './rounds.ts'

/** How much a run measures. */
export interface Plan {
  readonly computing: Rounds
  readonly lookUps: Rounds
  readonly load: Load
  /** Trust runs out once a second: a round must be longer. */
  readonly slow: Load
  /** New isolates of each Worker. */
  readonly isolates: number
  readonly crls: readonly CrlRounds[]
  readonly growth: Growth
}

/** A hostname's roots, in turn. */
export const ROOT_COUNTS = [1, 10, 100, 1_000] as const

/** Under five minutes on two cores; the first time three more, for databases of 3 GB in `.wrangler/bench`. */
export const FULL: Plan = {
  computing: { rounds: 40, batchMs: 20 },
  lookUps: { rounds: 20, batchMs: 40 },
  load: { rounds: 9, roundMs: 1_000, maxRequestsPerRound: 5_000 },
  slow: { rounds: 5, roundMs: 3_000, maxRequestsPerRound: 100_000 },
  isolates: 25,
  crls: [
    { entries: 10, rounds: 9 },
    { entries: 10_000, rounds: 9 },
    { entries: 1_000_000, rounds: 1 },
  ],
  growth: { sizes: [10_000, 100_000, 1_000_000], rounds: 15, batchMs: 40 },
}

/** Under a minute: to see that the bench works, and the order of magnitude. */
export const QUICK: Plan = {
  computing: { rounds: 7, batchMs: 20 },
  lookUps: { rounds: 3, batchMs: 20 },
  load: { rounds: 3, roundMs: 300, maxRequestsPerRound: 1_000 },
  slow: { rounds: 1, roundMs: 2_500, maxRequestsPerRound: 20_000 },
  isolates: 5,
  crls: [
    { entries: 10, rounds: 3 },
    { entries: 10_000, rounds: 3 },
  ],
  growth: { sizes: [10_000], rounds: 3, batchMs: 20 },
}
