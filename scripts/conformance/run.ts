import type { ConformanceCase, Judgement } from './case.ts'
import { complaint, type KnownDivergence } from './known.ts'
import type { Verifier } from './workerd.ts'

/** Each case is judged so many times; its time is the shortest, which is the one that other work disturbed least. */
const ROUNDS = 3

export interface Tally {
  cases: number
  agree: number
  readonly falseAccepts: string[]
  readonly falseRejects: string[]
}

/** What a run found. The keys are those that `--json` prints. */
export interface Summary extends Tally {
  /** Milliseconds, request and answer included. */
  slowestMs: number
  readonly byTier: Record<string, Tally>
}

export interface Run {
  readonly summary: Summary
  readonly slowestId: string
  /** What is neither expected nor on record. Empty: the run passed. */
  readonly complaints: readonly string[]
  readonly judgements: readonly Judgement[]
}

/** Judges every case by itself and compares with what is expected and with what is on record. */
export async function runCases(
  cases: readonly ConformanceCase[],
  known: readonly KnownDivergence[],
  verifier: Verifier,
): Promise<Run> {
  const summary: Summary = { ...emptyTally(), slowestMs: 0, byTier: {} }
  const complaints: string[] = []
  const judgements: Judgement[] = []
  let slowestId = ''
  // The first request pays for what later ones reuse.
  await verifier.judge(cases.slice(0, 1))
  for (const given of cases) {
    const { judgement, ms } = await timed(given, verifier)
    judgements.push(judgement)
    const tier = given.tier ?? 'untiered'
    summary.byTier[tier] ??= emptyTally()
    for (const tally of [summary, summary.byTier[tier]]) count(tally, given, judgement)
    if (ms > summary.slowestMs) {
      summary.slowestMs = ms
      slowestId = given.id
    }
    const said = complaint(
      given,
      judgement,
      known.find(({ id }) => id === given.id),
    )
    if (said !== undefined) complaints.push(said)
  }
  return { summary, slowestId, complaints, judgements }
}

async function timed(given: ConformanceCase, verifier: Verifier): Promise<{ judgement: Judgement; ms: number }> {
  let ms = Number.POSITIVE_INFINITY
  let judgement: Judgement | undefined
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now()
    ;[judgement] = await verifier.judge([given])
    ms = Math.min(ms, performance.now() - start)
  }
  if (judgement === undefined) throw new Error(`no judgement on ${given.id}`)
  return { judgement, ms: Math.round(ms * 10) / 10 }
}

function emptyTally(): Tally {
  return { cases: 0, agree: 0, falseAccepts: [], falseRejects: [] }
}

function count(tally: Tally, { id, expected_result: expected }: ConformanceCase, { actual }: Judgement): void {
  tally.cases += 1
  if (actual === expected) tally.agree += 1
  else if (actual === 'SUCCESS') tally.falseAccepts.push(id)
  else tally.falseRejects.push(id)
}
