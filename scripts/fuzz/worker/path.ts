import { Budget } from '../../../src/x509/budget.ts'
import { TrustSet } from '../../../src/x509/path/trust-set.ts'
import { verdictOf } from '../../../src/x509/path/verdict.ts'
import { verifyPath } from '../../../src/x509/path/verify.ts'
import { PATH_LIMITS } from '../../../src/x509/path-limits.ts'
import { fromBase64 } from '../base64.ts'
import type { Observation, PathInput } from '../wire.ts'
import { beyond, measured } from './work.ts'

/** Builds and validates a path, and checks that the work is within PATH_LIMITS. */
export async function observePath({ leaf, intermediates, anchors, at }: PathInput): Promise<Observation> {
  const budget = new Budget()
  const trust = new TrustSet(anchors.map((base64, i) => ({ id: `anchor ${i}`, certificate: fromBase64(base64) })))
  const request = { leaf: fromBase64(leaf), intermediates: intermediates.map(fromBase64), trust, at, budget }
  const { result, work } = await measured(() => verifyPath(request))
  const { result: traced } = await measured(() => verifyPath({ ...request, budget: new Budget(), trace: true }))
  const verdict = await verdictOf(result)
  const problem =
    beyond('signatures', work.signatures, PATH_LIMITS.signatureChecks) ??
    (traced.accepted === result.accepted ? undefined : 'with a trace it is decided differently') ??
    (Object.entries(budget.spent).some(([what, spent]) => spent > PATH_LIMITS[what as keyof typeof budget.spent])
      ? `spent ${JSON.stringify(budget.spent)}`
      : undefined)
  return verdict.accepted
    ? {
        accepted: true,
        reason: `path of ${verdict.path.length}`,
        problem,
        facts: { path: verdict.path.map(({ sha256 }) => sha256) },
      }
    : { accepted: false, reason: verdict.code, problem }
}
