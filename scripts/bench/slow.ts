import { type Compared, type Figure, figureOf, percentile } from './figure.ts'
import type { ClientChain, Stampeded, StampedeJob } from './job.ts'
import { type Load, loadInRounds } from './load.ts'
import type { Workers } from './workers.ts'

/** D1 on another continent, in ms. */
const LATENCY_MS = 300
/** D1 in trouble, in ms; and how many clients come at once meanwhile. */
const STAMPEDES: readonly StampedeJob[] = [
  { requests: 1_000, latencyMs: 300 },
  { requests: 1_000, latencyMs: 1_500 },
]

/** What clients wait for when a hostname's trust runs out, every second here, and D1 takes its time. */
export async function slowFigures(workers: Workers, load: Load, chain: ClientChain): Promise<readonly Figure[]> {
  await ask(workers, '/chain', chain)
  const target = (latencyMs: number) => ({
    name: `D1 at ${latencyMs} ms`,
    url: workers.url('slow', `/decide/${latencyMs}`),
    method: 'GET' as const,
    status: 200,
  })
  const [atOnce, slow] = await loadInRounds([target(0), target(LATENCY_MS)], load)
  if (atOnce === undefined || slow === undefined) throw new Error('two targets give two results')
  const figures = ([0.5, 0.99] as const).map(
    (share): Compared => ({
      section: `decision, D1 at ${LATENCY_MS} ms`,
      name: `leaf cached, p${share * 100}`,
      unit: 'ms',
      values: slow.latencies.map((round) => percentile(round, share)),
      floor: { name: atOnce.target.name, values: atOnce.latencies.map((round) => percentile(round, share)) },
    }),
  )
  return [...figures, ...(await stampedes(workers))].map(figureOf)
}

async function stampedes(workers: Workers): Promise<readonly Compared[]> {
  const figures: Compared[] = []
  for (const job of STAMPEDES) {
    const { loads, elapsedMs }: Stampeded = JSON.parse(await ask(workers, '/stampede', job))
    const at = {
      section: 'stampede',
      name: `${job.requests.toLocaleString('en')} clients at once, D1 at ${job.latencyMs.toLocaleString('en')} ms`,
    }
    figures.push({
      section: at.section,
      name: `${at.name}, loads`,
      unit: 'loads',
      values: [loads],
      floor: { name: 'one', values: [1] },
    })
    figures.push({
      section: at.section,
      name: `${at.name}, last answer`,
      unit: 'ms',
      values: [elapsedMs],
      floor: { name: 'one answer of D1', values: [job.latencyMs] },
    })
  }
  return figures
}

async function ask(workers: Workers, path: string, body: unknown): Promise<string> {
  const answer = await fetch(workers.url('slow', path), { method: 'POST', body: JSON.stringify(body) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`)
  return text
}
