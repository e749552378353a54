import { makeChain, makeHostileChain, makeOtherRoots } from './chain.ts'
import { type Uploaded, uploadCrls } from './crls.ts'
import { type Compared, type Figure, figureOf } from './figure.ts'
import { growthFigures } from './growth.ts'
import { httpFigures } from './http.ts'
import { installPeers } from './install-peers.ts'
import type { DecisionJob, PeersJob, StoreJob, VisitorJob } from './job.ts'
import { memoryFigures, WEIGHED_ROOTS } from './memory.ts'
import { opensslFigure, opensslVersion } from './openssl.ts'
import { type Plan, ROOT_COUNTS } from './plan.ts'
import { slowFigures } from './slow.ts'
import { sizeFigures, startFigures } from './start.ts'
import { addRoots, addTenant, hostnameOf, migrateDatabase } from './tenants.ts'
import { startWorkers, type Workers } from './workers.ts'

/**
 * Measures everything, one thing after the other. `say` is told what comes next.
 * @param peers whether to install the peers that have packages of their own
 */
export async function measure(plan: Plan, peers: boolean, say: (what: string) => void): Promise<readonly Figure[]> {
  const allPeers = peers && installPeers()
  if (!allPeers) say(`without @peculiar/x509, ${peers ? 'which npm could not install' : 'which --peers installs'}`)
  const workers = await startWorkers(allPeers)
  try {
    const figures = await measureWith(workers, plan, say)
    say('databases that have grown')
    return [...figures, ...(await growthFigures(plan.growth, say))]
  } finally {
    await workers.stop()
  }
}

async function measureWith(workers: Workers, plan: Plan, say: (what: string) => void): Promise<readonly Figure[]> {
  const { computing, lookUps, load, isolates } = plan
  const chains = { 'RSA-2048': await makeChain('RSA-2048'), 'P-256': await makeChain('P-256') }
  const rsa = chains['RSA-2048']
  const ec = chains['P-256']
  const otherRoots = await makeOtherRoots(Math.max(...ROOT_COUNTS) - 1)
  await migrateDatabase(workers.db)
  const reader = await addTenant(workers.db, 'reader.example')
  const writer = await addTenant(workers.db, 'writer.example')
  const many = await addTenant(workers.db, 'many.example')
  await addRoots(workers.db, many, [ec.root, ...otherRoots], ROOT_COUNTS)

  const figures: Figure[] = [...sizeFigures(workers)]
  say('new isolates')
  figures.push(...(await startFigures(workers, isolates, chains)))
  say('decisions')
  const hostile = await makeHostileChain(rsa.root)
  figures.push(
    ...(await inside(workers, 'decision', { ...computing, chains, hostile, otherRoots, rootCounts: ROOT_COUNTS })),
  )
  figures.push(...(await inside(workers, 'peers', { ...computing, chain: ec })))
  const openssl = opensslVersion()
  if (openssl === undefined) say('without openssl verify, for there is no OpenSSL 3 or later')
  else {
    const floor = async () => Number(await ask(workers, 'peers', '/floor', { ...computing, rounds: 1, chain: ec }))
    figures.push(await opensslFigure(openssl, ec, computing.rounds, floor))
  }
  say('look-ups')
  const trusts = ROOT_COUNTS.map((roots) => ({ hostname: hostnameOf(many, roots), roots }))
  figures.push(...(await inside(workers, 'store', { ...lookUps, trusts, crls: [] })))
  say('the gateway')
  figures.push(...(await inside(workers, 'visitor', { ...computing, hostname: hostnameOf(many, 1), chain: ec })))
  say('decisions while D1 is slow')
  figures.push(...(await slowFigures(workers, plan.slow, ec)))
  say('the API over HTTP')
  figures.push(...(await httpFigures(workers, load, reader, rsa)))
  say('CRLs')
  const crls: Uploaded[] = []
  for (const size of plan.crls) {
    const { figure, uploaded } = await uploadCrls(workers, writer, size)
    figures.push(figure)
    crls.push(uploaded)
  }
  figures.push(...(await inside(workers, 'store', { ...lookUps, trusts: [], crls })))
  say('memory')
  figures.push(...memoryFigures(otherRoots.slice(0, WEIGHED_ROOTS)))
  return figures
}

interface Jobs {
  readonly decision: DecisionJob
  readonly store: StoreJob
  readonly visitor: VisitorJob
  readonly peers: PeersJob
}

/** Has a Worker measure something inside workerd. */
async function inside<K extends keyof Jobs>(workers: Workers, name: K, job: Jobs[K]): Promise<readonly Figure[]> {
  const compared = (await ask(workers, name, '/rounds', job)) as readonly Compared[]
  return compared.map(figureOf)
}

async function ask<K extends keyof Jobs>(workers: Workers, name: K, path: string, job: Jobs[K]): Promise<unknown> {
  const answer = await fetch(workers.url(name, path), { method: 'POST', body: JSON.stringify(job) })
  if (!answer.ok) throw new Error(`the Worker for ${name} answered ${answer.status}: ${await answer.text()}`)
  return await answer.json()
}
