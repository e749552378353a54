import type { Lab } from './lab.ts'
import type { Random } from './random.ts'
import type { Observation } from './wire.ts'

/** What became of one input. */
export type Outcome = Omit<Observation, 'facts'>

/** What targets are opened with. */
export interface Setup {
  /** DER of certificates of other people; empty where CERTIFICATE_CORPUS is not set. */
  readonly corpus: readonly Uint8Array[]
  readonly lab: Lab
}

/** A target that runs. */
export interface Session<I> {
  /** Makes an input. The random numbers decide all of it. */
  make(random: Random): I
  /** Gives inputs to the program. The outcomes are in the order of the inputs. */
  judge(inputs: readonly I[]): Promise<readonly Outcome[]>
  /** An input as a person can paste it. The runner bounds its length. */
  show(input: I): string
  close?(): Promise<void>
}

/** A part of the program that is given random inputs. */
export interface Target<I> {
  readonly name: string
  /** How many inputs are judged together. */
  readonly batch: number
  /** Its share of the time: more where inputs take long, and where more can go wrong. */
  readonly weight: number
  open(setup: Setup): Promise<Session<I>>
}

/** An input and what workerd saw of it. */
export interface Seen<I> {
  readonly input: I
  readonly seen: Observation
}

/** A target whose inputs are JSON that a part of the program gets in workerd. */
export interface LabTarget<I> extends Pick<Target<I>, 'name' | 'batch' | 'weight'> {
  /** Makes a maker of inputs. */
  readonly maker: (setup: Setup) => (random: Random) => I
  /** What Node's oracles find wrong; each gets the input and what was seen. Asked for those without a problem only. */
  readonly problem?: (input: I, seen: Observation) => string | undefined
  /** The same for all inputs of a batch at once. */
  readonly problems?: (all: readonly Seen<I>[], setup: Setup) => Promise<readonly (string | undefined)[]>
  readonly show: (input: I) => string
}

/** A target that runs in workerd. */
export function labTarget<I>({ name, batch, weight, maker, problem, problems, show }: LabTarget<I>): Target<I> {
  return {
    name,
    batch,
    weight,
    async open(setup) {
      const judge = async (inputs: readonly I[]): Promise<readonly Outcome[]> => {
        const observations = await setup.lab.ask({ target: name, inputs })
        const all = inputs.flatMap((input, i) => (observations[i] ? [{ input, seen: observations[i] }] : []))
        const found = (await problems?.(all, setup)) ?? all.map(({ input, seen }) => problem?.(input, seen))
        return all.map(({ seen: { facts: _, ...seen } }, i) => ({ ...seen, problem: seen.problem ?? found[i] }))
      }
      return { make: maker(setup), judge, show }
    },
  }
}

/** The outcome of an input for which something was thrown. */
export function thrown(error: unknown): Outcome {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { accepted: false, reason: 'thrown', problem: `uncaught: ${stack}` }
}
