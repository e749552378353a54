import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { commandKinds, places } from './commands.ts'
import { Conversation } from './conversation.ts'
import { clear } from './real.ts'
import { makeWorld, provision } from './world.ts'

/** Total number of sequences in the files that share them; TEST_LONG=1 starts the long run. */
const SEQUENCES = env.TEST_LONG === '' ? 1000 : 50_000
const FILES = 2

/** Most commands of a sequence; the average is half of it. */
const MAX_COMMANDS = 24

/** Outcomes that a run must include; otherwise it has shown nothing. */
const MUST_HAPPEN = [
  ...['POST 201', 'GET 200', 'PUT 200', 'PUT 202', 'DELETE 200', 'POST 400 quota'],
  ...['POST 400 12130', 'PUT 400 12130', 'PUT 400 12036', 'GET 400 12130', 'POST 409 12132', 'DELETE 409 12132'],
  ...['GET 404 12135', 'PUT 404 12135', 'DELETE 404 12135', 'GET 404 7003', '405 10405', '429 971'],
  ...['401 10000', '403 10000', '403 9103', '403 9999', '400 9106', '400 6003', '400 6007', '413 6008'],
  ...['401 1000', '400 7000'],
]

/** One file's share of the sequences. A failure has the values to repeat it: seed, path and replayPath. */
export function testSequences(file: number): void {
  const seed = 20_260_601 + file
  const share = SEQUENCES / FILES
  it(`${share} sequences of commands (seed ${seed}) are answered as the model answers`, {
    timeout: 7_200_000,
  }, async () => {
    const { world, pems } = await makeWorld()
    await provision(world)
    const outcomes = new Map<string, number>()
    const started = Date.now()
    const commands = fc.commands(commandKinds(pems), { maxCommands: MAX_COMMANDS, size: 'max' })
    const property = fc.asyncProperty(places, commands, async (about, sequence) => {
      await clear()
      await fc.asyncModelRun(() => ({ model: {}, real: new Conversation(world, about, outcomes) }), sequence)
    })
    await fc.assert(property, { numRuns: share, seed })
    const requests = [...outcomes.values()].reduce((sum, count) => sum + count, 0)
    const table = [...outcomes]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([outcome, count]) => `${outcome}: ${count}`)
    console.log(
      `model: seed ${seed}, ${share} sequences, ${requests} requests, ${Date.now() - started} ms\n${table.join('; ')}`,
    )
    expect(MUST_HAPPEN.filter((outcome) => ![...outcomes.keys()].some((met) => met.endsWith(outcome)))).toEqual([])
  })
}
