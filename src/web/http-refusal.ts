import type { Seconds } from '../core/units.ts'
import type { BodyEnd } from './octets.ts'

/** Why a request is refused before the rules of its resource are applied, with the facts. */
export type HttpRefusal =
  | { readonly reason: 'no_credentials' }
  | { readonly reason: 'authorization_syntax' }
  | { readonly reason: 'key_pair_syntax'; readonly email: boolean; readonly key: boolean }
  | { readonly reason: 'no_route' }
  /** `form`: the kind of id that it looks like; undefined where it looks like none. */
  | { readonly reason: 'bad_identifier'; readonly path: string; readonly form: 'certificate' | 'scope' | undefined }
  | { readonly reason: 'method_not_allowed'; readonly allow: readonly string[] }
  | { readonly reason: 'rate_limited'; readonly retryAfterSeconds: Seconds }
  /** `type`: the media type that was sent, in lower case. */
  | { readonly reason: 'content_type'; readonly type: string }
  | { readonly reason: 'body_too_large'; readonly limitBytes: number }
  | { readonly reason: 'body_incomplete'; readonly end: BodyEnd }
  /** `detail`: what is wrong and where; undefined where that was not found. */
  | { readonly reason: 'malformed_json'; readonly detail: string | undefined }
  /** `dry_run` is not `true` or `false`, is given twice or in another spelling; or the route has no dry run. */
  | { readonly reason: 'dry_run'; readonly because: 'form' | 'route' }
  | { readonly reason: 'invalid_page'; readonly parameter: 'page' | 'per_page'; readonly max: number }
  /** If-Match does not hold: the resource has another tag, has none, or something was changed while this was being found out. */
  | {
      readonly reason: 'precondition_failed'
      readonly because:
        | { readonly why: 'changed'; readonly etag: string }
        | { readonly why: 'no_tag' }
        | { readonly why: 'meanwhile' }
    }
  /** Too much of the account's record of changes waits for its seal. */
  | { readonly reason: 'changes_unsealed'; readonly retryAfterSeconds: Seconds }
