import type * as v from 'valibot'
import { typeMessage } from '../web/shapes.ts'

/** The message for what is not an object, for a field that is missing, and for one that nobody knows. */
export function strictMessage({ input, expected }: v.StrictObjectIssue): string {
  if (expected === 'never') return 'is not a known field'
  return expected === 'Object' ? typeMessage('a JSON object')({ input }) : 'is required'
}

/** What is wrong with a body: a JSON pointer for each fault. */
export function describeIssues(issues: readonly v.BaseIssue<unknown>[], whole: string): string {
  const pointerOf = ({ path }: v.BaseIssue<unknown>) => (path ?? []).map(({ key }) => `/${String(key)}`).join('')
  return issues.map((issue) => `${pointerOf(issue) || whole} ${issue.message}`).join('; ')
}
