import type { ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endTree } from '../../../scripts/cli/process-tree.ts'
import { startWrangler } from '../../../scripts/wrangler/wrangler.ts'
import { freePort, migratedFolder, startServer } from '../support/server.ts'

/** The limit of failures of one address, from wrangler.toml. */
const LIMIT = 30

/** Tries this many unknown tokens, one after the other; returns the statuses. */
async function tryTokens(origin: string, times: number): Promise<readonly number[]> {
  const statuses: number[] = []
  for (let i = 0; i < times; i += 1) {
    const headers = { authorization: `Bearer unknown-${crypto.randomUUID()}` }
    const response = await fetch(`${origin}/client/v4/user/tokens/verify`, { headers })
    await response.text()
    statuses.push(response.status)
  }
  return statuses
}

describe('wrangler.toml as it is deployed', () => {
  const folder = migratedFolder()
  let worker: ChildProcess
  let origin = ''

  beforeAll(async () => {
    const port = await freePort()
    origin = `http://127.0.0.1:${port}`
    const where = ['--ip', '127.0.0.1', '--port', `${port}`, '--persist-to', folder.path]
    worker = startWrangler(['dev', ...where, '--show-interactive-dev-session=false'], { stdio: 'ignore' })
    for (let tries = 0; ; tries += 1) {
      if (await fetch(origin).catch(() => undefined)) break
      if (tries > 120) throw new Error('the Worker does not answer')
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  })
  afterAll(() => {
    if (worker.pid !== undefined) endTree(worker.pid)
    folder.remove()
  })

  it('limits failed authentication by address', async () => {
    // The binding restarts its count with every minute of the wall clock, so the minute must not end inside the test.
    const left = 60_000 - (Date.now() % 60_000)
    if (left < 20_000) await new Promise((resolve) => setTimeout(resolve, left))
    const statuses = await tryTokens(origin, LIMIT + 10)
    expect(statuses).toEqual([...Array(LIMIT).fill(401), ...Array(10).fill(429)])
  })
})

it('npm start limits nothing', async () => {
  const folder = migratedFolder()
  const server = await startServer(folder.path)
  try {
    expect(new Set(await tryTokens(server.origin, LIMIT + 10))).toEqual(new Set([401]))
  } finally {
    await server.stop()
    folder.remove()
  }
})
