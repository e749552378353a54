import { sha256Hex } from '../core/sha256.ts'
import type { AnyAnswer } from './operation.ts'

/**
 * The entity tag of an answer (RFC 9110 8.8.3): half of the SHA-256 of its result, and of its place in a list. Messages do not
 * count, so a PUT has the tag that a GET has after it.
 */
export async function etagOf(answer: AnyAnswer): Promise<string> {
  const represented =
    'page' in answer ? answer.page : 'document' in answer ? answer.document : 'result' in answer && answer.result
  return `"${(await sha256Hex(JSON.stringify(represented))).slice(0, 32)}"`
}

/** Whether a field If-Match holds for a tag (RFC 9110 13.1.1): the comparison is strong, so a weak tag never matches. */
export function ifMatchHolds(field: string, etag: string): boolean {
  return tagsOf(field).some((tag) => tag === '*' || tag === etag)
}

/** Whether a field If-None-Match names a tag (RFC 9110 13.1.2): the comparison is weak. */
export function ifNoneMatchNames(field: string, etag: string): boolean {
  return tagsOf(field).some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag)
}

/** Our tags have no comma in them, so a comma ends a tag. */
function tagsOf(field: string): readonly string[] {
  return field.split(',').map((tag) => tag.trim())
}
