import { fail, ok, type Result } from '../core/result.ts'
import type { HttpRefusal } from './http-refusal.ts'

/** What lists have in common (contract 2). */
export const PAGES = { perPage: 50, alwaysInfo: true } as const
/** Most items of a page (contract 2). */
export const MAX_PER_PAGE = 1_000

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

/** A page that was asked for, or why the query asks for none. */
export type AskedPage = Result<PageRequest, Extract<HttpRefusal, { readonly reason: 'invalid_page' }>>

/**
 * Reads `page` and `per_page` (contract 2). Each stands once, as a whole number; 0 counts as absent: the official Go
 * client sends it for a field that was not set. `perPageOtherwise`: how many where `per_page` is absent.
 */
export function readPage(query: URLSearchParams, perPageOtherwise: number = PAGES.perPage): AskedPage {
  const page = pageParameter(query, 'page', 1, MAX_PAGE)
  if (!page.ok) return page
  const perPage = pageParameter(query, 'per_page', perPageOtherwise, MAX_PER_PAGE)
  return perPage.ok ? ok({ page: page.value, perPage: perPage.value }) : perPage
}

/** Fifteen digits: the largest number of nines that a double holds exactly. */
const MAX_PAGE = 999_999_999_999_999

function pageParameter(query: URLSearchParams, parameter: 'page' | 'per_page', otherwise: number, max: number) {
  const [value, ...more] = query.getAll(parameter)
  if (value === undefined || (value === '0' && more.length === 0)) return ok(otherwise)
  const number = /^\d{1,15}$/.test(value) && more.length === 0 ? Number(value) : 0
  return number >= 1 && number <= max ? ok(number) : fail({ reason: 'invalid_page', parameter, max } as const)
}

/** What is read where no page was asked for properly: how the claim stands is told first. */
const NO_PAGE: PageRequest = { page: 1, perPage: 0 }

/** Items before the page, and items on it, as the database counts them. */
export function windowOf(asked: AskedPage): { readonly offset: number; readonly limit: number } {
  const { page, perPage } = asked.ok ? asked.value : NO_PAGE
  // No list is longer than a number can count; SQLite takes no larger one.
  return { offset: Math.min((page - 1) * perPage, Number.MAX_SAFE_INTEGER), limit: perPage }
}

/** How many items a list has: known where it ends on this page; else as many as are stored, of which not all may be shown. */
export function totalOf(asked: AskedPage, shown: number, stored: number): number {
  const { offset, limit } = windowOf(asked)
  const ends = shown < limit && (shown > 0 || offset === 0)
  return ends ? offset + shown : stored
}

/** A page of the same items in another form. */
export function mapPage<T, U>({ items, ...page }: Page<T>, turn: (item: T) => U): Page<U> {
  return { ...page, items: items.map(turn) }
}
