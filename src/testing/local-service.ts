/** A service for tests: what `startAccessMtls` takes and gives. Declarations import nothing. */

/** Accounts with zones, tokens and certificates. Ids and tokens that are left out are made. */
export interface Seed {
  readonly accounts: readonly SeedAccount[]
}

export interface SeedAccount {
  /** 32 lower-case hexadecimal digits. */
  readonly id?: string
  readonly name?: string
  /** How much it may have, where that is not the default. */
  readonly quota?: {
    readonly certificates?: number
    readonly hostnames?: number
    readonly settings?: number
    readonly modes?: number
    readonly blocked_serials?: number
    readonly crls?: number
    readonly crl_entries?: number
  }
  readonly zones?: readonly { readonly id?: string; readonly name: string }[]
  readonly tokens?: readonly {
    readonly token?: string
    readonly permission?: 'read' | 'write'
    readonly name?: string
  }[]
  /** As they are sent to the API; `zone` is the name of the account's zone that they are added to. */
  readonly certificates?: readonly {
    readonly zone?: string
    readonly name: string
    readonly certificate: string
    readonly associated_hostnames?: readonly string[]
  }[]
  /** Settings of hostnames, as they are sent to the API. */
  readonly settings?: readonly {
    readonly hostname: string
    readonly china_network?: boolean
    readonly client_certificate_forwarding?: boolean
  }[]
}

/** What a seed has become. */
export interface Seeded {
  readonly accounts: readonly {
    readonly id: string
    readonly zones: readonly { readonly id: string; readonly name: string }[]
    readonly tokens: readonly { readonly id: string; readonly token: string; readonly permission: 'read' | 'write' }[]
    readonly certificates: readonly { readonly id: string; readonly name: string }[]
  }[]
}

/** A fault that requests of the API meet. Those that fit `method`, `path` and `operation` do; what is left out may be anything. */
export interface Fault {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD' | 'OPTIONS' | 'PATCH'
  /** Without its query; `*` stands for any text without a slash, and `/client/v4` may be left out. */
  readonly path?: string
  /** As the log names it, such as `POST access/certificates` or `DELETE access/certificates/{certificate_id}`. */
  readonly operation?: string
  /** How many requests meet it, 1 unless told otherwise; `Infinity`: all. */
  readonly times?: number
  /** The answer's; 500 where the fault is nothing else, 429 with `retryAfterSeconds`. */
  readonly status?: number
  /** The error's; Cloudflare's for this status unless told otherwise. */
  readonly code?: number
  readonly message?: string
  /** How long the answer, or the cut, waits. Alone, it delays the true answer. */
  readonly latencyMs?: number
  /** The connection is closed without an answer, before the request is carried out or after it. */
  readonly cut?: 'before' | 'after'
  /** The header retry-after. */
  readonly retryAfterSeconds?: number
}

/** A fault that waits for requests. */
export type PendingFault = Fault & {
  /** How many requests meet it yet; `Infinity`: all. */
  readonly left: number
  /** How many have met it. */
  readonly met: number
}

export interface StartOptions {
  /** 32 lower-case hexadecimal digits; the same for all services unless told otherwise, as the zone's. */
  readonly accountId?: string
  readonly zoneId?: string
  /** `example.com` unless told otherwise. */
  readonly zoneName?: string
  /** A token that may write in the account; a random one unless told otherwise. */
  readonly token?: string
  /** How many certificates the account may have: 50 unless told otherwise. */
  readonly quota?: number
  /** What there is from the beginning, besides the account. */
  readonly seed?: Seed
  /** The time at the beginning, which then stands still; the true time unless told otherwise. */
  readonly now?: Date | string
  /** `strict`: the real service's temporary conflicts, counted in requests. */
  readonly parity?: 'strict'
  /** The gateway as well, behind a TLS server that asks for client certificates. */
  readonly gateway?: GatewayOptions
  /** Takes a line for each request, and what goes wrong. */
  readonly log?: (line: string) => void
  /** Where the API listens on 127.0.0.1; a port that is free unless told otherwise. */
  readonly port?: number
  /** A folder that keeps the database for later starts; without it, everything is gone at the end. */
  readonly persist?: string
}

export interface GatewayOptions {
  /** Answers the requests that the gateway lets through. It runs here, in the test. */
  readonly origin: (request: Request) => Response | Promise<Response>
}

/** A certificate that a client presents, as `testCa` makes them. */
export interface ClientCertificate {
  /** PEM. */
  readonly certificate: string
  readonly key: string
  /** PEM of what is sent along. */
  readonly chain?: string
}

export interface Gateway {
  /** `https://127.0.0.1:PORT`. The hostname that a client asks for by SNI and Host decides. */
  readonly url: string
  /** PEM of the CA that issued the server's certificates, which there are for any name. */
  readonly ca: string
  /**
   * Requests a URL of a protected hostname from the gateway, through a TLS handshake of its own. No redirect is followed.
   * @param init `client`: the certificate to present; without it, none
   */
  fetch(url: string | URL, init?: RequestInit & { readonly client?: ClientCertificate }): Promise<Response>
}

/** A running service. */
export interface AccessMtls {
  /** `http://127.0.0.1:PORT`: the base URL of clients, with `/client/v4` behind it or without. */
  readonly url: string
  readonly accountId: string
  readonly zoneId: string
  readonly zoneName: string
  readonly token: string
  /** Where one was asked for. */
  readonly gateway?: Gateway
  /** Has everything as it was when the service had started. No fault waits any more. */
  reset(): Promise<void>
  /** Adds accounts. If anything is refused, the promise is rejected, and nothing is stored. */
  seed(seed: Seed): Promise<Seeded>
  /** Sets the time of API and gateway, which then stands still; null: the true time again. */
  setTime(time: Date | string | null): Promise<void>
  /** Orders a fault. Of several that fit a request, it meets the first. */
  fail(fault: Fault): Promise<void>
  /** The faults that still wait. */
  faults(): Promise<readonly PendingFault[]>
  /** Ends the service. It also ends with the process that started it. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts a Cloudflare API for Access mTLS certificates on this machine, for tests, in a process of its own. It runs in Node 22 or
 * newer: in other runtimes it throws.
 */
export function startAccessMtls(
  options: StartOptions & { readonly gateway: GatewayOptions },
): Promise<AccessMtls & { readonly gateway: Gateway }>
export function startAccessMtls(options?: StartOptions): Promise<AccessMtls>
export function startAccessMtls(): Promise<never> {
  throw new Error(
    'startAccessMtls starts a process, which only Node can: call it in a globalSetup, and hand url, accountId and token on (vitest: provide and inject)',
  )
}
