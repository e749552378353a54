import { type Compared, type Figure, figureOf } from './figure.ts'
import type { ClientChain } from './job.ts'
import type { Workers } from './workers.ts'

/** What is uploaded. */
export function sizeFigures({ api, gateway }: Workers): readonly Figure[] {
  const bundles = [
    { entry: 'src/index.ts', bundle: api },
    { entry: 'src/gateway.ts', bundle: gateway },
  ]
  return bundles.flatMap(({ entry, bundle }) =>
    [
      { name: entry, values: [bundle.bytes] },
      { name: `${entry}, gzip`, values: [bundle.gzippedBytes] },
    ].map((size) => figureOf({ section: 'bundle', unit: 'bytes', ...size })),
  )
}

/** Workers that are started, and what each says to a GET of `/` on `localhost`: no credentials, no hostname of ours. */
const STATUS = { bare: 200, api: 400, gateway: 403 } as const

/** What it takes a new isolate to begin, and to decide for the first time, when nothing is compiled yet. */
export async function startFigures(
  workers: Workers,
  isolates: number,
  chains: Readonly<Record<string, ClientChain>>,
): Promise<readonly Figure[]> {
  const started = { bare: [] as number[], api: [] as number[], gateway: [] as number[] }
  const first = Object.entries(chains).map(([kind, chain]) => ({
    kind,
    body: JSON.stringify(chain),
    signatures: [] as number[],
    decision: [] as number[],
  }))
  for (let i = 0; i < isolates; i += 1) {
    for (const name of ['bare', 'api', 'gateway'] as const) {
      started[name].push(await ask(workers, `/${name}/${i}/`, STATUS[name]))
    }
    for (const { kind, body, signatures, decision } of first) {
      signatures.push(await firstTime(workers, `/decision/${kind}-floor-${i}`, 'signatures', body))
      decision.push(await firstTime(workers, `/decision/${kind}-${i}`, 'decision', body))
    }
  }
  const start = (name: 'api' | 'gateway', entry: string): Compared => ({
    section: 'new isolate',
    name: `${entry}, first answer`,
    unit: 'ms',
    values: started[name],
    floor: { name: 'bare handler', values: started.bare },
  })
  return [
    start('api', 'src/index.ts'),
    start('gateway', 'src/gateway.ts'),
    ...first.map(
      ({ kind, signatures, decision }): Compared => ({
        section: 'new isolate',
        name: `first decision, ${kind}`,
        unit: 'ms',
        values: decision,
        floor: { name: 'its 2 signatures', values: signatures },
      }),
    ),
  ].map(figureOf)
}

/** What an isolate that runs already takes for something it does for the first time, in ms, the request included. */
async function firstTime(workers: Workers, isolate: string, what: string, body: string): Promise<number> {
  await ask(workers, `${isolate}/nothing`, 200, body)
  return await ask(workers, `${isolate}/${what}`, 200, body)
}

/** Elapsed ms up to the answer's end. */
async function ask(workers: Workers, path: string, status: number, body?: string): Promise<number> {
  const start = performance.now()
  const answer = await fetch(workers.url('starter', path), body === undefined ? {} : { method: 'POST', body })
  const text = await answer.text()
  const elapsedMs = performance.now() - start
  if (answer.status !== status) throw new Error(`${path} answered ${answer.status}, not ${status}: ${text}`)
  return elapsedMs
}
