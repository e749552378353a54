import type { GenericSchema, InferOutput } from 'valibot'
import type { Config } from '../core/config.ts'
import type { Log } from '../core/log.ts'
import type { Claim, Permission } from '../core/model.ts'
import type { Result } from '../core/result.ts'
import type { Seconds, UnixMilliseconds, UnixSeconds } from '../core/units.ts'
import type { WireMessage } from './envelope.ts'
import type { Page } from './page.ts'

/** What comes from outside the program. It is passed in, so that tests can set it. */
export interface Ambient {
  /** When the request came, in Unix seconds, UTC. All its decisions use this time. */
  readonly now: UnixSeconds
  /** The time of the call, in Unix seconds, UTC. */
  readonly clock: () => UnixSeconds
  /** Makes a lower-case UUID v4. */
  readonly newId: () => string
  /** The time of the call, in ms. Only durations in the log are made of it. */
  readonly clockMs: () => UnixMilliseconds
  /** Takes one line for each request, when it is answered. */
  readonly log: Log
  /** The client's address; undefined where it is not known. */
  readonly address?: string | undefined
  /** Does work after the answer, some seconds later. Without it, refused requests are not counted. */
  readonly later?: (work: () => Promise<unknown>, afterSeconds: Seconds) => void
}

/** Everything that a request is served with, except the request itself. */
export interface RequestContext extends Config, Ambient {}

/** One request whose route, ids and form of credentials are checked. */
export interface Exchange<Params = unknown> {
  readonly request: Request
  readonly query: URLSearchParams
  readonly claim: Claim
  /** The parameters of the path, percent-decoded. `certificate_id` is a lower-case UUID; the others are not checked. */
  readonly params: Params
  readonly context: RequestContext
}

/** An answer that is not JSON. */
export interface Document {
  readonly mediaType: string
  readonly text: string
}

/**
 * The answer of a success: the result, a page of a list, a result that holds such a page, or a document in their place; and messages,
 * which a document lacks.
 */
export type Answer<T> = { readonly messages?: readonly WireMessage[] } & (
  | { readonly result: T; readonly page?: Page<unknown> }
  | { readonly document: Document }
  | { readonly page: Page<Item<T>> }
)
type Item<T> = T extends readonly (infer I)[] ? I : never

/** An Answer whose shape is not known. */
export type AnyAnswer = { readonly messages?: readonly WireMessage[] } & (
  | { readonly result: unknown; readonly page?: Page<unknown> }
  | { readonly document: Document }
  | { readonly page: Page<unknown> }
  | { readonly would: WouldAnswer & { readonly status: Operation<never>['status'] }; readonly impact: unknown }
)

/** What a write would answer: its result and messages. */
interface WouldAnswer {
  readonly result: unknown
  readonly messages?: readonly WireMessage[]
}

/** What a dry run finds of a write that would be carried out: what it would answer, and what it would change for clients. */
export interface DryRun<T> {
  readonly would: WouldAnswer & { readonly result: T }
  readonly impact: unknown
}

/** The read-only type of what a schema describes. */
export type Shape<S extends GenericSchema> = ReadonlyDeep<InferOutput<S>>
type ReadonlyDeep<T> = T extends readonly (infer I)[]
  ? readonly ReadonlyDeep<I>[]
  : T extends object
    ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> }
    : T

/** One operation of the API. Router and OpenAPI document are made from it alone. */
export interface Operation<Refused> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** In itty-router's notation, which allows regular expressions, without the prefix. */
  readonly path: string
  /** `edge` for what Cloudflare's API does not have. */
  readonly namespace: 'cloudflare' | 'edge'
  /** The permission that the credential needs in the path's scope; undefined where it needs none. */
  readonly permission: Permission | undefined
  readonly summary: string
  /** Parameters of the path, except scope and certificate, and of the query, by name. */
  readonly parameters?: Readonly<Record<string, GenericSchema>>
  readonly body?: GenericSchema
  /** Media types of a body that is not JSON. */
  readonly rawBody?: readonly string[]
  /** For a list: how many items a page has by default, and whether every answer has `result_info`. */
  readonly pages?: { readonly perPage: number; readonly alwaysInfo: boolean }
  /** Status and `result` of a success. */
  readonly status: 200 | 201 | 202
  readonly result: GenericSchema
  /**
   * Of a GET: members of the result that its tag does not cover, since no PUT of the path sets them. So a client that gets, then
   * puts with If-Match, is not refused because a count went up; and such a GET never answers 304, which would hide that it did.
   */
  readonly untagged?: readonly string[]
  /** Media types other than JSON that a client may ask for with `Accept`. */
  readonly documents?: readonly string[]
  /** Every success is one of them, and never JSON. */
  readonly onlyDocuments?: boolean
  readonly serve: (exchange: Exchange<never>) => Promise<Result<AnyAnswer, Refused>>
  /**
   * Of a write that can be tried first (`dry_run=true`): refuses what `serve` refuses, and changes nothing. The database of its context
   * is only read.
   */
  readonly dryRun?: (exchange: Exchange<never>) => Promise<Result<DryRun<unknown>, Refused>>
}

/** The parameters of a path: the names after its colons. */
type ParamsOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Record<Name, string> & ParamsOf<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Record<Name, string>
    : unknown

/** Checks an operation's types: `serve` gets the parameters of `path`, and must answer with the shape of `result`. */
export function operation<Path extends string, R extends GenericSchema, Refused>(
  described: Omit<Operation<Refused>, 'path' | 'result' | 'serve' | 'dryRun'> & {
    readonly path: Path
    readonly result: R
    readonly serve: (exchange: Exchange<Readonly<ParamsOf<Path>>>) => Promise<Result<Answer<Shape<R>>, Refused>>
    readonly dryRun?: (exchange: Exchange<Readonly<ParamsOf<Path>>>) => Promise<Result<DryRun<Shape<R>>, Refused>>
  },
): Operation<Refused> {
  return described
}

/** The id of a scope. A path without it still matches, and is refused for its id (docs/differences.md, Requests). */
export const SCOPE_ID = '(/(?<scope_id>[^/]+))?'
/** An operation as the log names it: its method, and its path without the scope. It never changes with what a client sends. */
export function nameOf({ method, path }: Pick<Operation<never>, 'method' | 'path'>): string {
  return `${method} ${path
    .replace(SCOPE_ID, '')
    // The scope itself.
    .replace(/^\/\(\?<scope>(\w+)\)$/, '/$1/{id}')
    .replace(/\/\(\?<scope>[a-z|]+\)/, '')
    .replace(/:(\w+)/g, '{$1}')
    .slice(1)}`
}

/** Both scopes share every path (contract 1). */
export const SCOPE = `/(?<scope>accounts|zones)${SCOPE_ID}` as const
