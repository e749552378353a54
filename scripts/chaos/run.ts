import { setTimeout as sleep } from 'node:timers/promises'
import { askForAll } from './ask.ts'
import { type Checked, checkTables } from './check.ts'
import { withCopy } from './copy.ts'
import { type Random, randomOf } from './random.ts'
import { type Bundled, bundleWorkers, type Service, startService } from './service.ts'
import { LEFTOVERS_SQL } from './soundness.ts'
import { makeAuthors } from './tenants.ts'
import { type Tally, Writer } from './writer.ts'

export interface ChaosOptions {
  /** Where the database is: an empty folder. */
  readonly folder: string
  readonly seed: number
  /** The run ends after so many writes that were answered, or after so many seconds. */
  readonly writes: number
  readonly seconds: number
  /** Takes what is to be known of the run. */
  readonly say: (line: string) => void
  /** A fault of the test's own, before the last kill. */
  readonly plant?: (service: Service, writers: readonly Writer[]) => Promise<void>
}

export interface ChaosReport extends Tally {
  readonly kills: number
  /** Bytes of the write-ahead log that a kill left at most. */
  readonly logBytes: number
  /** Uploads of CRLs that a kill met between two batches. */
  readonly brokenOff: number
  readonly findings: readonly string[]
}

const ACCOUNTS = 2
const WRITERS_OF_EACH = 3

/** How long the writers write before a kill, in ms. */
const SHORTEST_MS = 50
const LONGEST_MS = 2_500

/** How often a kill meets a process that has only begun to recover, and how soon after its first request, in ms. */
const EARLY_KILLS = 0.15
const EARLY_MS = 40

/** An upload without a sign of life counts as broken off after 120 s (src/registry/crls/leftovers-sql.ts). */
const AFTER_LEASE_SECONDS = 121

/** Writes, kills and checks, again and again. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { folder, seed, seconds, writes, say, plant } = options
  const random = randomOf(seed)
  const bundled = await bundleWorkers()
  const authors = await makeAuthors(folder, ACCOUNTS, WRITERS_OF_EACH, nowSeconds())
  const tally: Tally = { acknowledged: new Map(), refused: 0, unanswered: 0, carriedOut: 0 }
  const writers = authors.map((author) => new Writer(author, random.fork(author.name), tally))
  const findings: string[] = []
  const found = (lines: readonly string[]) => {
    for (const line of lines) say(`FINDING ${line}`)
    findings.push(...lines)
  }
  const checked: Checked = { heads: new Map(), sealed: new Map() }
  const end = performance.now() + seconds * 1_000
  let kills = 0
  let logBytes = 0
  let brokenOff = 0
  let isLast = false
  while (!isLast) {
    kills += await killEarly(bundled, folder, random)
    const service = await startService(bundled, folder, (line) => found([`workerd said: ${line}`]))
    try {
      found((await Promise.all(writers.map((writer) => askForAll(service.origin, writer)))).flat())
      found(await sweep(service))
      isLast = performance.now() >= end || acknowledgedOf(tally) >= writes
      if (isLast) await plant?.(service, writers)
      else found(await writeFor(service, writers, random))
      if (service.hasEnded()) found(['workerd ended by itself'])
    } finally {
      await service.kill()
    }
    kills += 1
    found(
      await withCopy(folder, (copy) => {
        logBytes = Math.max(logBytes, copy.logBytes)
        brokenOff += copy.count("SELECT count(*) AS n FROM crls WHERE state = 'loading'")
        return checkTables(copy, writers, checked)
      }),
    )
    say(
      `kill ${kills}: ${acknowledgedOf(tally)} writes answered, ${tally.carriedOut} of ${tally.unanswered} unanswered ones carried out`,
    )
  }
  return { ...tally, kills, logBytes, brokenOff, findings }
}

export function acknowledgedOf({ acknowledged }: Pick<Tally, 'acknowledged'>): number {
  return [...acknowledged.values()].reduce((sum, count) => sum + count, 0)
}

/** Lets all writers write for a while, and jobs run beside them, and kills the process in the middle. */
async function writeFor(service: Service, writers: readonly Writer[], random: Random): Promise<readonly string[]> {
  const delay = SHORTEST_MS + random.below(LONGEST_MS - SHORTEST_MS)
  let isOn = true
  const written = writers.map((writer) => writer.write(service.origin, () => isOn))
  // Sweeping and sealing are killed as well.
  const jobs = random.chance(0.6)
    ? sleep(random.below(delay)).then(() => service.jobs(nowSeconds()).catch(() => []))
    : Promise.resolve([])
  await sleep(delay)
  if (service.hasEnded()) return ['workerd ended by itself']
  isOn = false
  await service.kill()
  const failed = (await jobs).map((cause) => `a job failed: ${cause}`)
  return [...(await Promise.all(written)).flat(), ...failed]
}

/** Now and then, kills a process while it opens the database. @returns how many */
async function killEarly(bundled: Bundled, folder: string, random: Random): Promise<number> {
  if (!random.chance(EARLY_KILLS)) return 0
  const service = await startService(bundled, folder, () => undefined)
  const jobs = service.jobs(nowSeconds()).catch(() => undefined)
  await sleep(random.below(EARLY_MS))
  await service.kill()
  await jobs
  return 1
}

/** Runs the jobs as if the lease of all uploads had passed: nothing of what broke off may stay. */
async function sweep(service: Service): Promise<readonly string[]> {
  const failed = await service.jobs(nowSeconds() + AFTER_LEASE_SECONDS)
  const [rows] = await service.sql([{ unscoped: 'operator', sql: LEFTOVERS_SQL, params: [] }])
  const left = Object.entries(rows?.[0] ?? { rows: 1 }).filter(([, count]) => count !== 0)
  return [
    ...failed.map((cause) => `a job failed: ${cause}`),
    ...left.map(([what, count]) => `a sweep leaves ${count} ${what}`),
  ]
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000)
}
