import type { Compared } from './figure.ts'

/** How much is measured. */
export interface Rounds {
  readonly rounds: number
  /** How long one thing is repeated within a round, in ms. The clock of workerd has whole milliseconds. */
  readonly batchMs: number
}

/** Done once, again and again. It must throw when it did not do what is to be timed. */
export type Once = () => Promise<void>

/** What is to be timed, and what against. */
export interface Comparison {
  readonly floor: { readonly name: string; readonly once: Once }
  readonly subjects: readonly { readonly section: string; readonly name: string; readonly once: Once }[]
}

/**
 * Times several things in turn, round by round, so that whatever else the machine does hits all of them alike; each
 * round goes through them in the other direction. Gives the µs of one repetition, a value a round.
 * Only of use where the clock moves while a Worker computes: in workerd on one's own machine, not at Cloudflare.
 */
export async function compareInRounds({ floor, subjects }: Comparison, rounds: Rounds): Promise<readonly Compared[]> {
  const [floorValues = [], ...values] = await timeInRounds(
    [floor, ...subjects].map(({ once }) => once),
    rounds,
  )
  return subjects.map(({ section, name }, i) => ({
    section,
    name,
    unit: 'µs',
    values: values[i] ?? [],
    floor: { name: floor.name, values: floorValues },
  }))
}

/** µs of one repetition, for each thing a value a round. */
export async function timeInRounds(work: readonly Once[], { rounds, batchMs }: Rounds): Promise<readonly number[][]> {
  const timed = work.map((once) => ({ once, count: 1, values: [] as number[] }))
  for (const entry of timed) entry.count = await calibrate(entry.once, batchMs)
  const order = [...timed]
  for (let round = 0; round < rounds; round += 1) {
    for (const { once, count, values } of order) {
      const elapsedMs = await repeat(once, count)
      values.push((elapsedMs * 1_000) / count)
    }
    order.reverse()
  }
  return timed.map(({ values }) => values)
}

/** Batches of each number of repetitions that are tried: what interrupts one of them seldom interrupts all. */
const TRIES = 3

/** How often to repeat something so that it fills a batch. On the way it is compiled. */
async function calibrate(once: Once, batchMs: number): Promise<number> {
  for (let count = 1; ; count *= 2) {
    const tries: number[] = []
    while (tries.length < TRIES) tries.push(await repeat(once, count))
    const elapsedMs = Math.min(...tries)
    if (elapsedMs >= batchMs / 2) return Math.max(1, Math.round((count * batchMs) / elapsedMs))
  }
}

/** Elapsed ms. */
async function repeat(once: Once, count: number): Promise<number> {
  const start = Date.now()
  for (let i = 0; i < count; i += 1) await once()
  return Date.now() - start
}
