import { Agent, request } from 'node:http'

/** Something that is asked over HTTP, again and again. */
export interface Target {
  readonly name: string
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  /** Called for each request. */
  readonly body?: () => string
  /** Called before each round: another address and headers, where what a round leaves behind would make the next one dearer. */
  readonly renew?: () => Promise<Pick<Target, 'url' | 'headers'>>
  /** What every answer must have; another one ends the bench. */
  readonly status: number
  /** The name of the target it is compared with. */
  readonly floor?: string
}

/** How hard a target is asked: until either bound is met. */
export interface Load {
  readonly rounds: number
  readonly roundMs: number
  readonly maxRequestsPerRound: number
}

/** What the rounds gave for a target: a value a round. Latencies are in ms. */
export interface Loaded {
  readonly target: Target
  readonly requestsPerSecond: readonly number[]
  readonly latencies: readonly (readonly number[])[]
}

/** Requests that are under way at the same time. Few: the machine that asks is the one that answers. */
export const CONNECTIONS = 4

/** Asks targets in turn, round by round, so that whatever else the machine does hits all of them alike. */
export async function loadInRounds(targets: readonly Target[], load: Load): Promise<readonly Loaded[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const results = targets.map((target) => ({
    target,
    requestsPerSecond: [] as number[],
    latencies: [] as (readonly number[])[],
  }))
  try {
    for (const { target } of results) await askFor(target, { ...load, roundMs: load.roundMs / 2 }, agent)
    const order = [...results]
    for (let round = 0; round < load.rounds; round += 1) {
      for (const { target, requestsPerSecond, latencies } of order) {
        const { elapsedMs, took } = await askFor(target, load, agent)
        requestsPerSecond.push((took.length * 1_000) / elapsedMs)
        latencies.push(took)
      }
      order.reverse()
    }
  } finally {
    agent.destroy()
  }
  return results
}

async function askFor(
  given: Target,
  { roundMs, maxRequestsPerRound }: Load,
  agent: Agent,
): Promise<{ readonly elapsedMs: number; readonly took: readonly number[] }> {
  const target = { ...given, ...(await given.renew?.()) }
  const took: number[] = []
  const start = performance.now()
  let begun = 0
  const askOn = async () => {
    while (begun < maxRequestsPerRound && performance.now() - start < roundMs) {
      begun += 1
      const before = performance.now()
      await ask(target, agent)
      took.push(performance.now() - before)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, askOn))
  return { elapsedMs: performance.now() - start, took }
}

/** By node:http, which takes little of the machine: what asks takes its time from what answers. */
function ask({ name, url, method, headers = {}, body, status }: Target, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent }, (answer) => {
      answer.on('error', reject).on('end', () => {
        if (answer.statusCode === status) resolve()
        else reject(new Error(`${name} answered ${answer.statusCode}, not ${status}`))
      })
      answer.resume()
    })
    asked.on('error', reject).end(body?.())
  })
}
