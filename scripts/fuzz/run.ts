import { Random } from './random.ts'
import { type Outcome, type Session, type Setup, type Target, thrown } from './target.ts'

/** One input and what is wrong. */
export interface Finding {
  readonly target: string
  readonly seed: number
  readonly at: number
  readonly problem: string
  readonly input: string
}

/** What a target's run found. */
export interface Run {
  readonly target: string
  readonly inputs: number
  readonly seconds: number
  /** How many inputs were accepted and refused, by reason. */
  readonly accepted: ReadonlyMap<string, number>
  readonly refused: ReadonlyMap<string, number>
  readonly findings: readonly Finding[]
  /** Why the target proves nothing: no input is accepted, or all are refused for one reason. */
  readonly harnessFault: string | undefined
  /** The input, where there is one only. */
  readonly only: string | undefined
}

/** What to run of a target: as many inputs as fit into a time, or one input. */
export type Extent = { readonly seconds: number } | { readonly at: number }

/** Findings after which a target ends: all that follow are mostly the same. */
const MAX_FINDINGS = 20
/** From so many inputs on, a target must have accepted one. */
const MIN_INPUTS = 100
/** Most characters of an input that are shown. */
const MAX_SHOWN = 8_000

/** Runs one target. */
export async function runTarget<I>(target: Target<I>, seed: number, extent: Extent, setup: Setup): Promise<Run> {
  const session = await target.open(setup)
  // On a busy machine, workerd takes seconds to start. The inputs have their time all the same.
  const start = performance.now()
  const elapsed = () => (performance.now() - start) / 1_000
  const tally = new Tally()
  const findings: Finding[] = []
  let only: string | undefined
  try {
    const more = () => !('at' in extent) && elapsed() < extent.seconds && findings.length < MAX_FINDINGS
    let index = 'at' in extent ? extent.at : 0
    do {
      const first = index
      const inputs = makeInputs(target, session, seed, first, 'at' in extent ? 1 : target.batch)
      for (const [offset, outcome] of (await judged(session, inputs)).entries()) {
        tally.count(outcome)
        if (outcome.problem === undefined) continue
        const input = shown(session, inputs[offset] as I)
        findings.push({ target: target.name, seed, at: first + offset, problem: outcome.problem, input })
      }
      if ('at' in extent) only = shown(session, inputs[0] as I)
      index += inputs.length
    } while (more())
  } finally {
    await session.close?.()
  }
  return { target: target.name, seconds: elapsed(), findings, only, ...tally.result('at' in extent) }
}

/** An input as text of bounded length. */
function shown<I>(session: Session<I>, input: I): string {
  const text = session.show(input)
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}… (${text.length} characters)` : text
}

function makeInputs<I>(target: Target<I>, session: Session<I>, seed: number, first: number, count: number): I[] {
  return Array.from({ length: count }, (_, offset) => session.make(new Random(seed, target.name, first + offset)))
}

/** Where a whole batch fails, its inputs are judged one by one: one of them is the reason. */
async function judged<I>(session: Session<I>, inputs: readonly I[]): Promise<readonly Outcome[]> {
  try {
    return await session.judge(inputs)
  } catch (error) {
    if (inputs.length === 1) return [thrown(error)]
    const outcomes: Outcome[] = []
    for (const input of inputs) outcomes.push(...(await judged(session, [input])))
    return outcomes
  }
}

class Tally {
  readonly #accepted = new Map<string, number>()
  readonly #refused = new Map<string, number>()
  #inputs = 0

  count({ accepted, reason }: Outcome): void {
    const counts = accepted ? this.#accepted : this.#refused
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
    this.#inputs += 1
  }

  result(single: boolean): Pick<Run, 'inputs' | 'accepted' | 'refused' | 'harnessFault'> {
    const harnessFault = single || this.#inputs < MIN_INPUTS ? undefined : this.#fault()
    return { inputs: this.#inputs, accepted: this.#accepted, refused: this.#refused, harnessFault }
  }

  #fault(): string | undefined {
    if (this.#accepted.size === 0) return `none of ${this.#inputs} inputs was accepted`
    return this.#refused.size < 2 ? 'inputs were refused for one reason only, or not at all' : undefined
  }
}
