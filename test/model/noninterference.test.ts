import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Command, commandKinds } from './commands.ts'
import { Solo, twoTenants } from './solo.ts'

/** Pairs of histories; TEST_LONG=1 asks for the long run. */
const PAIRS = env.TEST_LONG === '' ? 16 : 2_000
const MIN_COMMANDS = 10
const MAX_COMMANDS = 24
const SEED = 20_260_701

/** What B must have done, and what the gateway must have said at A's hostnames, or nothing was shown. */
const MUST_HAPPEN = [
  ...['POST access/certificates', 'PUT certificates/*', 'DELETE certificates/*', 'PUT certificates/settings'],
  ...['PUT */crl', 'DELETE */crl', 'PUT blocked_serials/dec:1001', 'PUT blocked_serials/dec:1002', 'PUT */revocation'],
  ...['PUT hostnames/*', 'gateway 200', 'gateway 403'],
]

it(`what a tenant is answered does not depend on another tenant: ${PAIRS} pairs of histories (seed ${SEED})`, {
  timeout: 7_200_000,
}, async () => {
  const world = await twoTenants()
  const started = Date.now()
  const counts = { answers: 0, others: 0 }
  const happened = new Map<string, number>()
  const count = (what: string, times: number) => happened.set(what, (happened.get(what) ?? 0) + times)
  const kinds = [...commandKinds(world.pems), ...world.edgeCommands]
  const history = fc.array(fc.oneof(...kinds), { minLength: MIN_COMMANDS, maxLength: MAX_COMMANDS, size: 'max' })
  // Which of the two goes next; the rest of a history comes at the end.
  const turns = fc.array(fc.boolean(), { minLength: 2 * MAX_COMMANDS, maxLength: 2 * MAX_COMMANDS })
  const property = fc.asyncProperty(history, history, turns, async (ours, theirs, order) => {
    await world.begin()
    const alone = new Solo(world, 'alpha')
    await alone.open()
    for (const command of ours) await decided(command, alone)
    await alone.readAll()

    await world.begin()
    const [beside, other] = [new Solo(world, 'alpha'), new Solo(world, 'bravo')]
    await other.open()
    await beside.open()
    for (const [command, isOurs] of merged(ours, theirs, order)) {
      await (isOurs ? decided(command, beside) : command.run({}, other))
    }
    await beside.readAll()

    expect(beside.transcript).toEqual(alone.transcript)
    counts.answers += alone.transcript.length
    counts.others += other.transcript.length
    for (const [what, times] of other.acknowledged) count(what, times)
    for (const status of decisionsOf(alone)) count(`gateway ${status}`, 1)
  })
  await fc.assert(property, { numRuns: PAIRS, seed: SEED, endOnFailure: true })
  console.log(
    `noninterference: seed ${SEED}, ${JSON.stringify(counts)}, ${JSON.stringify(Object.fromEntries(happened))}, ${Date.now() - started} ms`,
  )
  expect(MUST_HAPPEN.filter((what) => !happened.has(what))).toEqual([])
})

/** A command, and what the gateway then decides. */
async function decided(command: Command, solo: Solo): Promise<void> {
  await command.run({}, solo)
  await solo.decide('alpha.example')
}

/** Both histories in one. `order`: whether the next is ours; what is left comes at the end. */
function merged<T>(ours: readonly T[], theirs: readonly T[], order: readonly boolean[]): (readonly [T, boolean])[] {
  const left = { true: [...ours], false: [...theirs] }
  const all = [...order, ...ours.map(() => true), ...theirs.map(() => false)]
  return all.flatMap((isOurs) => {
    const next = left[`${isOurs}`].shift()
    return next === undefined ? [] : [[next, isOurs] as const]
  })
}

/** The statuses of the gateway. */
function decisionsOf({ transcript }: Solo): readonly string[] {
  return transcript.flatMap((answer) => /^gateway .*\n(\d+)/.exec(answer)?.[1] ?? [])
}
