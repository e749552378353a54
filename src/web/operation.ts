import type { GenericSchema, InferOutput } from 'valibot'
import type { Config } from '../core/config.ts'
import type { Claim, Permission } from '../core/model.ts'
import type { Result } from '../core/result.ts'
import type { UnixSeconds } from '../core/units.ts'
import type { WireMessage } from './envelope.ts'
import type { Page } from './page.ts'

/** What comes from outside the program: time, randomness, the log, the client's address. Passed in, so that tests can fix them. */
export interface Ambient {
  /** Unix seconds, UTC: when the request came. All of it is decided as of then. */
  readonly now: UnixSeconds
  /** Unix seconds, UTC, at the moment of the call. */
  readonly clock: () => UnixSeconds
  /** Makes a lower-case UUID v4. */
  readonly newId: () => string
  /** Where the cause of a 500 goes. Gets no part of a request body. */
  readonly logError: (entry: Readonly<Record<string, string>>) => void
  /** The client's address; undefined where it is not known. */
  readonly address?: string | undefined
}

/** What a request is served with: everything that is not in the request itself. */
export interface RequestContext extends Config, Ambient {}

/** One request, once the route, the ids and the form of the credentials are settled. */
export interface Exchange<Params = unknown> {
  readonly request: Request
  readonly query: URLSearchParams
  readonly claim: Claim
  /** What the path names, percent-decoded: `certificate_id` is a lower-case UUID, the rest is as it came. */
  readonly params: Params
  readonly context: RequestContext
}

/** What a success answers: the result, or a page of one; and what else there is to say. */
export type Answer<T> = { readonly messages?: readonly WireMessage[] } & (
  | { readonly result: T }
  | { readonly page: Page<Item<T>> }
)
type Item<T> = T extends readonly (infer I)[] ? I : never

/** The same of any shape. */
export type AnyAnswer = { readonly messages?: readonly WireMessage[] } & (
  | { readonly result: unknown }
  | { readonly page: Page<unknown> }
)

/** What a schema describes, as something that nobody changes. */
export type Shape<S extends GenericSchema> = ReadonlyDeep<InferOutput<S>>
type ReadonlyDeep<T> = T extends readonly (infer I)[]
  ? readonly ReadonlyDeep<I>[]
  : T extends object
    ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> }
    : T

/** One operation of the API. The router serves it, and the OpenAPI document describes it, from this alone. */
export interface Operation<Refused> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** In itty-router's notation, which lets regular expressions through; without the prefix. */
  readonly path: string
  /** Cloudflare's own namespace, or the one for what Cloudflare's API does not have. */
  readonly namespace: 'cloudflare' | 'edge'
  /** What the credential must be granted in the path's scope; undefined: nothing. */
  readonly permission: Permission | undefined
  readonly summary: string
  /** What the path names beside the scope and a certificate, and what the query may have, by name. */
  readonly parameters?: Readonly<Record<string, GenericSchema>>
  readonly body?: GenericSchema
  /** Media types under which the body may come as such, beside JSON. */
  readonly rawBody?: readonly string[]
  /** Of a list: how many items a page has unless the query says so, and whether every answer has `result_info`. */
  readonly pages?: { readonly perPage: number; readonly alwaysInfo: boolean }
  /** Status and `result` of a success. */
  readonly status: 200 | 201 | 202
  readonly result: GenericSchema
  readonly serve: (exchange: Exchange<never>) => Promise<Result<AnyAnswer, Refused>>
}

/** The names behind colons in a path. */
type ParamsOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Record<Name, string> & ParamsOf<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Record<Name, string>
    : unknown

/** Holds an operation to its own shapes: what it serves must be of its `result`, and it is given what its path names. */
export function operation<Path extends string, R extends GenericSchema, Refused>(
  described: Omit<Operation<Refused>, 'path' | 'result' | 'serve'> & {
    readonly path: Path
    readonly result: R
    readonly serve: (exchange: Exchange<Readonly<ParamsOf<Path>>>) => Promise<Result<Answer<Shape<R>>, Refused>>
  },
): Operation<Refused> {
  return described
}

/** The id of a scope. A path without it is the same path: the id is refused (docs/differences.md, Requests). */
export const SCOPE_ID = '(/(?<scope_id>[^/]+))?'
/** Both scopes share every path (contract 1). */
export const SCOPE = `/(?<scope>accounts|zones)${SCOPE_ID}` as const
