import type { Result } from '../core/result.ts'
import type { Refusal } from '../registry/refusal.ts'

/** Which page of a list. Pages count from 1. */
export interface PageRequest {
  readonly page: number
  readonly perPage: number
}

/** A page of a list, and how many items there are in all. */
export interface Page<T> extends PageRequest {
  readonly items: readonly T[]
  readonly total: number
}

/** What is read where no page was asked for properly: how the claim stands is told first. */
const NO_PAGE: PageRequest = { page: 1, perPage: 0 }

/** Items before the page, and items on it, as the database counts them. */
export function windowOf(request: Result<PageRequest, Refusal>): { readonly offset: number; readonly limit: number } {
  const { page, perPage } = request.ok ? request.value : NO_PAGE
  // No list is longer than a number can count; SQLite takes no larger one.
  return { offset: Math.min((page - 1) * perPage, Number.MAX_SAFE_INTEGER), limit: perPage }
}

/** How many items a list has: known where it ends on this page; else as many as are stored, of which not all may be shown. */
export function totalOf(request: Result<PageRequest, Refusal>, shown: number, stored: number): number {
  const { offset, limit } = windowOf(request)
  const ends = shown < limit && (shown > 0 || offset === 0)
  return ends ? offset + shown : stored
}
