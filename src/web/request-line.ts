import type { LogEntry } from '../core/log.ts'
import { requestIdOf } from '../core/request-id.ts'
import type { UnixMilliseconds } from '../core/units.ts'
import type { Ambient } from './operation.ts'

/**
 * What the log says of one request. It is filled in while the request is served, and written once, when it is answered. Nothing
 * of the client's own text gets into it, but for ids of the right form: a path may hold what was pasted by mistake.
 */
export class RequestLine {
  readonly requestId: string
  /** Method and path of the operation; undefined where the request was refused before its route was known. */
  operation?: string | undefined
  /** `accounts/{id}` or `zones/{id}`. */
  scope?: string | undefined
  certificateId?: string | undefined
  /** Whether the request only asks what it would do. */
  isDryRun = false
  /** Of the credential that the database found by its secret. */
  credentialId?: string | undefined
  /** The first of the answer's errors. */
  code?: number | undefined
  /** Why the service failed. The client does not read it. */
  cause?: string | undefined
  /** An exception that nobody expected. */
  isInternalError = false
  /** Round trips to the database. */
  d1Calls = 0
  readonly #method: string
  readonly #address: string | undefined
  readonly #beginMs: UnixMilliseconds
  readonly #clockMs: () => UnixMilliseconds

  constructor({ method, headers }: Request, { newId, clockMs, address }: Ambient) {
    this.requestId = requestIdOf(headers, newId)
    this.#method = method
    this.#address = address
    this.#clockMs = clockMs
    this.#beginMs = clockMs()
  }

  /** The line of an answer with this status. */
  entry(status: number): LogEntry {
    return {
      level: status >= 500 ? 'error' : 'info',
      event: this.isInternalError ? 'internal_error' : 'request',
      request_id: this.requestId,
      method: this.#method,
      operation: this.operation,
      dry_run: this.isDryRun || undefined,
      scope: this.scope,
      certificate_id: this.certificateId,
      credential_id: this.credentialId,
      status,
      code: this.code,
      d1_calls: this.d1Calls,
      duration_ms: this.#clockMs() - this.#beginMs,
      address: this.#address,
      cause: this.cause,
    }
  }
}
