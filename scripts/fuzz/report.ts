import type { Finding, Run } from './run.ts'

/** Most reasons of a target that are printed, the most frequent first. */
const MAX_REASONS = 12

/** A finding, with the command that makes it again. */
export function findingInWords({ target, seed, at, problem, input }: Finding): string {
  return `
FINDING in ${target}: ${problem}
again: npm run fuzz -- --target ${target} --seed ${seed} --at ${at}
${input}
`
}

/** How many inputs of a target were accepted and refused, by reason. */
export function runInWords({ target, inputs, seconds, accepted, refused, findings, harnessFault, only }: Run): string {
  const lines = [
    `${target}: ${inputs} inputs in ${seconds.toFixed(1)} s (${Math.round(inputs / seconds)}/s), ${findings.length} findings`,
    `  accepted: ${countsInWords(accepted)}`,
    `  refused: ${countsInWords(refused)}`,
  ]
  if (harnessFault !== undefined) lines.push(`  FAULT of the fuzzer: ${harnessFault}`)
  if (only !== undefined) lines.push(only)
  return lines.join('\n')
}

function countsInWords(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort((a, b) => b[1] - a[1])
  const shown = sorted.slice(0, MAX_REASONS).map(([reason, count]) => `${count} ${reason}`)
  const rest = sorted.slice(MAX_REASONS).reduce((sum, [, count]) => sum + count, 0)
  return [...shown, ...(rest > 0 ? [`${rest} others`] : [])].join(', ') || 'none'
}
