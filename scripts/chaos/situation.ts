import { type Chain, newChain } from './pki.ts'
import type { Random } from './random.ts'
import type { ChangeState, Outcome, RecordState, WriterState } from './state.ts'

/** Paths of a writer's scope. */
export interface Paths {
  /** …/access/certificates */
  readonly certificates: string
  /** /edge/v1/… of the scope */
  readonly edge: string
}

/** What a writer plans with. */
export interface Situation {
  readonly random: Random
  readonly state: WriterState
  readonly paths: Paths
  /** Makes hostnames: of certificates, and those that no certificate has. */
  readonly domain: string
  /** The chains of its records, by the SHA-256 of their first certificates. */
  readonly chains: Map<string, Chain>
  /** A number that was not used before. */
  readonly next: () => number
  /** Unix seconds, UTC. */
  readonly now: number
}

/** One request, and what it may lead to. */
export interface Write {
  readonly kind: string
  readonly method: 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** Any of them, if it is answered with success. */
  readonly outcomes: readonly Outcome[]
  /** What taking it back leads to, where that is possible. */
  readonly undo?: readonly Outcome[]
}

/** An outcome with one change. */
export function outcomeOf(state: WriterState, operation: string, record: string | null, isRevert = false): Outcome {
  return { state, changes: [{ operation, record, isRevert } satisfies ChangeState] }
}

/** A record of the writer for which a condition holds, with its key. */
export function someRecord(
  { random, state }: Situation,
  condition: (record: RecordState) => boolean = () => true,
): readonly [key: string, record: RecordState] | undefined {
  return random.pick(Object.entries(state.records).filter(([, record]) => record.id !== '' && condition(record)))
}

/** The chain of a new record. */
export async function chainFor({ chains, random, next, domain }: Situation): Promise<readonly [string, Chain]> {
  const chain = await newChain(`CA ${next()} ${domain}`, 1 + random.below(3))
  const [key = ''] = chain.sha256
  chains.set(key, chain)
  return [key, chain]
}
