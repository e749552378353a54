import type { Config } from '../core/config.ts'
import type { Claim } from '../core/model.ts'

/** What comes from outside the program: time, randomness, the log, the client's address. Passed in, so that tests can fix them. */
export interface Ambient {
  /** Unix seconds, UTC: when the request came. All of it is decided as of then. */
  readonly now: number
  /** Unix seconds, UTC, at the moment of the call. */
  readonly clock: () => number
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
export interface Exchange {
  readonly request: Request
  readonly claim: Claim
  /** The id in the path, a lower-case UUID; empty where the path has none. */
  readonly certificateId: string
  /** The hostname in the path, percent-decoded and otherwise as it came; empty where the path has none. */
  readonly hostname: string
  /** The serial number in the path, likewise. */
  readonly serial: string
  readonly context: RequestContext
}

/** Serves one operation. */
export type Handler = (exchange: Exchange) => Promise<Response>
