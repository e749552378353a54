import type { GenericSchema } from 'valibot'
import type { Permission } from '../core/model.ts'
import type { Handler } from './context.ts'

/** One operation of the API. The router serves it, and the OpenAPI document describes it, from this alone. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** In itty-router's notation, which lets regular expressions through; without the prefix. */
  readonly path: string
  /** Cloudflare's own namespace, or the one for what Cloudflare's API does not have. */
  readonly namespace: 'cloudflare' | 'edge'
  /** What the credential must be granted in the path's scope. Token verification asks for nothing. */
  readonly permission: Permission
  readonly handler: Handler
  readonly summary: string
  readonly body?: GenericSchema
  /** Media types under which the body may come as such, beside JSON. */
  readonly rawBody?: readonly string[]
  /** Of a list: how many items a page has unless the query says so, and whether every answer has `result_info`. */
  readonly pages?: { readonly perPage: number; readonly alwaysInfo: boolean }
  /** Status and kind of `result` of a success. */
  readonly success: { readonly status: 200 | 201 | 202; readonly result: ResultKind }
}

/** What lists have in common (contract 2). */
export const PAGES = { perPage: 50, alwaysInfo: true } as const
/** Most items of a page (contract 2). */
export const MAX_PER_PAGE = 1_000

export type ResultKind =
  | 'certificate'
  | 'certificates'
  | 'certificateId'
  | 'settings'
  | 'token'
  | 'decision'
  | 'mode'
  | 'modes'
  | 'crls'
  | 'deleted'
  | 'revocation'
  | 'blockedSerial'
  | 'blockedSerials'
  | 'serial'
  | 'quotas'

/** The id of a scope. A path without it is the same path: the id is refused (docs/differences.md, Requests). */
export const SCOPE_ID = '(/(?<scope_id>[^/]+))?'
/** Both scopes share every path (contract 1). */
export const SCOPE = `/(?<scope>accounts|zones)${SCOPE_ID}`
