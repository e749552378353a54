import { fail, ok, type Result } from '../core/result.ts'
import type { HttpRefusal } from './http-refusal.ts'

/** The `pages` of most lists (contract 2). */
export const PAGES = { perPage: 50, alwaysInfo: true } as const
/** Most items on a page (contract 2). */
export const MAX_PER_PAGE = 1_000

/** The page that a request asks for. Pages count from 1. */
export interface PageRequest {
  readonly page: number
  readonly perPage: number
}

/** A page of a list, and how many items there are in all. */
export interface Page<T> extends PageRequest {
  readonly items: readonly T[]
  readonly total: number
}

/** The page that a query asks for, or why the query is invalid. */
export type AskedPage = Result<PageRequest, Extract<HttpRefusal, { readonly reason: 'invalid_page' }>>

/**
 * Reads `page` and `per_page` (contract 2). Each is a whole number, given once. 0 counts as absent: the official Go client sends
 * it for a field that was not set.
 * @param perPageOtherwise the size of a page where `per_page` is absent
 */
export function readPage(query: URLSearchParams, perPageOtherwise: number = PAGES.perPage): AskedPage {
  const page = pageParameter(query, 'page', 1, MAX_PAGE)
  if (!page.ok) return page
  const perPage = pageParameter(query, 'per_page', perPageOtherwise, MAX_PER_PAGE)
  return perPage.ok ? ok({ page: page.value, perPage: perPage.value }) : perPage
}

/** Fifteen nines: a double holds every whole number up to it exactly. */
const MAX_PAGE = 999_999_999_999_999

function pageParameter(query: URLSearchParams, parameter: 'page' | 'per_page', otherwise: number, max: number) {
  const [value, ...more] = query.getAll(parameter)
  if (value === undefined || (value === '0' && more.length === 0)) return ok(otherwise)
  const number = /^\d{1,15}$/.test(value) && more.length === 0 ? Number(value) : 0
  return number >= 1 && number <= max ? ok(number) : fail({ reason: 'invalid_page', parameter, max } as const)
}

/** Stands for an invalid page. The database is still asked, because whether the client has access is told first. */
const NO_PAGE: PageRequest = { page: 1, perPage: 0 }

/** The SQL offset and limit of a page. */
export function windowOf(asked: AskedPage): { readonly offset: number; readonly limit: number } {
  const { page, perPage } = asked.ok ? asked.value : NO_PAGE
  // SQLite takes no larger number, and no list is that long.
  return { offset: Math.min((page - 1) * perPage, Number.MAX_SAFE_INTEGER), limit: perPage }
}

/** How many items a list has: counted where it ends on this page, otherwise `stored`, some of which may not be shown. */
export function totalOf(asked: AskedPage, shown: number, stored: number): number {
  const { offset, limit } = windowOf(asked)
  const ends = shown < limit && (shown > 0 || offset === 0)
  return ends ? offset + shown : stored
}

/** The page with `turn` applied to its items. */
export function mapPage<T, U>({ items, ...page }: Page<T>, turn: (item: T) => U): Page<U> {
  return { ...page, items: items.map(turn) }
}
