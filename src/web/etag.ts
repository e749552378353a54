import { sha256Hex } from '../core/sha256.ts'
import type { AnyAnswer } from './operation.ts'

/**
 * The entity tag of an answer (RFC 9110 8.8.3): half of the SHA-256 of its result, and of its place in a list. Messages do not
 * count, so a PUT has the tag that a GET has after it.
 * @param untagged members of the result that do not count either
 */
export async function etagOf(answer: AnyAnswer, untagged: readonly string[] = []): Promise<string> {
  const represented =
    'document' in answer
      ? answer.document
      : 'result' in answer
        ? tagged(answer, untagged)
        : 'page' in answer && answer.page
  return `"${(await sha256Hex(JSON.stringify(represented))).slice(0, 32)}"`
}

/** What a tag covers of a result, which may hold a page. */
function tagged(
  { result, page }: { readonly result: unknown; readonly page?: unknown },
  untagged: readonly string[],
): unknown {
  const isWhole = untagged.length === 0 || typeof result !== 'object' || result === null
  const shown = isWhole
    ? result
    : Object.fromEntries(Object.entries(result).filter(([name]) => !untagged.includes(name)))
  return page === undefined ? shown : [shown, page]
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
