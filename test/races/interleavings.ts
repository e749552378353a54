import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { type Choose, everyOrder, isSequential, runScheduled } from '../support/scheduled-db.ts'
import { expectModelled, MODELLED } from './model.ts'
import {
  ask,
  type Fresh,
  freshRecord,
  type Has,
  type Material,
  type Sent,
  stateOf,
  WRITES,
  type Write,
  type WriteName,
} from './record.ts'

/** What came of one order of the batches. */
export interface Run {
  readonly names: readonly WriteName[]
  readonly fresh: Fresh
  /** The request of each batch. */
  readonly order: readonly number[]
  readonly answers: readonly Sent[]
  readonly state: Readonly<Record<string, Sent>>
}

let made = 0

/** Another UUID each time. Like the ids of accounts, it is not compared. */
function newId(): string {
  made += 1
  return `00000000-0000-4000-8000-${made.toString().padStart(12, '0')}`
}

/**
 * Whether a request was refused because another change came between: one with If-Match, or one that takes back a change of a record
 * that is deleted meanwhile.
 */
function isOvertaken(name: WriteName, { status, text }: Sent): boolean {
  return text.includes('at the same time: send it again') || (name === 'revert' && status === 404)
}

/**
 * Tries every order of the batches of these requests, each on a fresh record. What comes of each must be what comes of the same
 * requests one after the other, in some order. Some may also be refused because another came between (`isOvertaken`): then it must
 * be as if it had not been sent. Of writes that test/model knows, requests one after the other do what the model says.
 * @returns the number of orders
 */
export async function everyInterleaving(material: Material, names: readonly WriteName[]): Promise<number> {
  const has = new Set<Has>(names.flatMap((name): readonly Has[] => writeOf(name).needs ?? []))
  const runs: Run[] = []
  const orders = await everyOrder(async (choose) => {
    const run = await runOnce(material, names, has, choose)
    expectOnRecord(names, run)
    runs.push(run)
  })
  expect(runs.length).toBe(orders)
  const explained = sequentialOutcomes(runs)
  // As many as there are orders of the requests.
  expect(runs.filter(({ order }) => isSequential(order)).length).toBe(names.length === 2 ? 2 : 6)
  const isModelled = names.every((name) => MODELLED.includes(name))
  for (const run of runs) if (isModelled && isSequential(run.order)) expectModelled(material, names, run)
  for (const run of runs) {
    const given = run.answers.flatMap((sent, index) => (isOvertaken(names[index] ?? 'PUT', sent) ? [] : [index]))
    if (given.length < names.length) expect(isSequential(run.order)).toBe(false)
    const outcomes =
      given.length === names.length
        ? explained
        : await outcomesOf(
            material,
            given.map((index) => names[index] ?? 'PUT'),
            has,
          )
    expectExplained(`${names.join(' | ')}, in the order ${run.order.join()}`, outcomeOf(run, given), outcomes)
  }
  return orders
}

const writeOf = (name: WriteName): Write => WRITES[name]

async function runOnce(
  material: Material,
  names: readonly WriteName[],
  has: ReadonlySet<Has>,
  choose: Choose,
): Promise<Run> {
  const fresh = await freshRecord(material, has)
  const senders = names.map((name) => (db: D1Database) => ask(db, fresh, writeOf(name).asked(fresh, material), newId))
  const { results, order } = await runScheduled(env.DB, senders, choose)
  const answers = results.map(({ status, text }) => ({ status, text }))
  return { names, fresh, order, answers, state: await stateOf(fresh, names) }
}

/** What comes of requests one after the other, in every order. */
async function outcomesOf(
  material: Material,
  names: readonly WriteName[],
  has: ReadonlySet<Has>,
): Promise<ReadonlySet<string>> {
  const runs: Run[] = []
  await everyOrder(async (choose) => {
    runs.push(await runOnce(material, names, has, choose))
  })
  return sequentialOutcomes(runs)
}

function sequentialOutcomes(runs: readonly Run[]): ReadonlySet<string> {
  return new Set(runs.filter(({ order }) => isSequential(order)).map((run) => outcomeOf(run, run.answers.keys())))
}

/**
 * A PUT looks for what is no longer covered in a round trip after its own. Where CRLs go in between, its note is missing, so it is
 * not compared. It should be looked for in the PUT's own transaction.
 */
const READ_AFTER = /,?\{"code":12930,.*?"documentation_url":"[^"]*"\}/g

/** The answers to some requests, and the state, without what differs between records that are alike. */
function outcomeOf({ names: writes, fresh, answers, state }: Run, requests: Iterable<number>): string {
  const { accountId, id, domain, authorization } = fresh
  const names: readonly (readonly [string, string])[] = [
    [domain, 'DOMAIN'],
    [accountId, 'ACCOUNT'],
    [id, 'RECORD'],
    [authorization.replace('Bearer secret-', ''), 'CREDENTIAL'],
  ]
  const answered = [...requests].map((index) => {
    const { status, text } = answers[index] ?? { status: 0, text: '' }
    const isPut = writeOf(writes[index] ?? 'PUT').operation === 'update_certificate'
    return `${status} ${isPut ? text.replace(READ_AFTER, '') : text}`
  })
  const read = Object.values(state).map(({ status, text }) => `${status} ${text}`)
  const lines = [...answered, ...read].join('\n')
  return names
    .reduce((text, [from, to]) => text.replaceAll(from, to), lines)
    .replaceAll(/00000000-0000-4000-8000-\d{12}/g, 'NEW')
    .replaceAll(/(ETag \\")[0-9a-f]{32}/g, '$1TAG')
}

function expectExplained(what: string, outcome: string, outcomes: ReadonlySet<string>): void {
  if (outcomes.has(outcome)) return
  const lines = outcome.split('\n')
  const differing = (other: string) => other.split('\n').filter((line, index) => line !== lines[index])
  const nearest = [...outcomes].toSorted((a, b) => differing(a).length - differing(b).length)[0] ?? ''
  expect(lines, `${what}: no order explains it. The nearest`).toEqual(nearest.split('\n'))
}

/** One change is on record for each acknowledged write, none for a refused one. */
function expectOnRecord(names: readonly WriteName[], { fresh, answers, state }: Run): void {
  const changes: readonly { readonly operation: string; readonly id: number }[] = JSON.parse(
    state['changes']?.text ?? '',
  ).result
  const recorded = changes.filter(({ id }) => id > fresh.head).map(({ operation }) => operation)
  for (const [index, name] of names.entries()) {
    if ((answers[index]?.status ?? 0) > 299) continue
    const at = recorded.indexOf(writeOf(name).operation)
    if (at >= 0) recorded.splice(at, 1)
    else expect(writeOf(name).mayBeNothing, `${name} is acknowledged, and on record`).toBe(true)
  }
  expect(recorded, 'changes of no acknowledged write').toEqual([])
}
