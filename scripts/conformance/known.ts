import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT } from '../wrangler/wrangler.ts'
import type { ConformanceCase, ExpectedResult, Judgement } from './case.ts'

/** A case on which this verifier is meant to disagree. */
export interface KnownDivergence {
  readonly id: string
  readonly actual: ExpectedResult
  readonly reason: string
}

/** A row of the table: id, what we answer, why. */
const ROW = /^\| `([^`]+)` \| (SUCCESS|FAILURE) \| (.+) \|$/

/** The list in docs/conformance.md: rows of the table under its heading "Known divergences". */
export function readKnownDivergences(path = join(PROJECT, 'docs/conformance.md')): readonly KnownDivergence[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, id, actual, reason] = ROW.exec(line) ?? []
      if (id === undefined || reason === undefined) return []
      return [{ id, actual: actual === 'SUCCESS' ? 'SUCCESS' : 'FAILURE', reason } as const]
    })
}

/** Undefined when the outcome is the one expected or the one on record; otherwise what is to be told. */
export function complaint(
  { id, expected_result: expected }: ConformanceCase,
  { actual, because }: Judgement,
  known: KnownDivergence | undefined,
): string | undefined {
  if (known === undefined)
    return actual === expected ? undefined : `${id}: expected ${expected}, got ${actual} (${because})`
  if (known.actual === expected) return `${id}: listed as a divergence, but is none; delete the entry`
  if (actual !== known.actual) return `${id}: the listed divergence is gone; delete the entry (${known.reason})`
  return undefined
}
