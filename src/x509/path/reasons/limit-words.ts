import type { PathLimits } from '../../path-limits.ts'

/** A limit that can end a decision: one of limits.ts, or the caller's maxPathLength. */
export type LimitName = keyof PathLimits | 'pathLength'

const LIMIT_WORDS: Readonly<Record<LimitName, (value: number) => string>> = {
  depth: (value) => `at most ${value} intermediate CAs between the client certificate and a registered CA`,
  pathLength: (value) => `at most ${value} intermediate CAs that are not self-issued`,
  intermediates: (value) => `at most ${value} presented certificates that could stand above the client certificate`,
  bytes: (value) => `at most ${value} bytes of certificates`,
  signatureChecks: (value) => `at most ${value} signature checks`,
  signatureCost: (value) => `signature checks that cost at most as much as ${value} with P-256`,
  nameComparisons: (value) => `at most ${value} comparisons of names with name constraints`,
  candidates: (value) => `at most ${value} issuers tried`,
}

/** What a limit allows, in words. */
export function limitInWords(limit: LimitName, value: number): string {
  return LIMIT_WORDS[limit](value)
}
