import { setTimeout as after } from 'node:timers/promises'
import { UsageError } from './usage-error.ts'

/** An entry of `messages` or `errors`. */
export interface ApiMessage {
  readonly code: number
  readonly message: string
  readonly source?: { readonly pointer: string }
}

/** A success of the API. */
export interface Answer<T> {
  readonly result: T
  readonly messages: readonly ApiMessage[]
  readonly result_info?: { readonly total_pages: number }
}

/** The API refused a request. The message is what it says, in its words. */
export class ApiRefusal extends Error {
  readonly status: number
  readonly errors: readonly ApiMessage[]

  constructor(status: number, errors: readonly ApiMessage[]) {
    super(errors.map(({ code, message }) => `${code} ${message}`).join('\n'))
    this.name = 'ApiRefusal'
    this.status = status
    this.errors = errors
  }
}

/** A body that is not JSON. */
export interface OctetsBody {
  readonly type: string
  readonly octets: Uint8Array<ArrayBuffer>
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** How often a request is sent that a rate limit refuses, and for how long each wait may be, in seconds: limits count 60. */
const ATTEMPTS = 3
const MAX_WAIT_SECONDS = 60

/** The HTTP API of a running service, as any client sees it, with one token. */
export class ApiClient {
  readonly origin: string
  readonly #token: string

  constructor(origin: string, token: string) {
    this.origin = origin
    this.#token = token
  }

  /**
   * Sends one request, and again where a rate limit says when. Throws ApiRefusal when it is refused, UsageError when nothing answers there,
   * or something else than this API.
   */
  async send<T>(method: Method, path: string, body?: object | OctetsBody): Promise<Answer<T>> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.#fetch(method, path, body)
      const answer = readAnswer<T>(await response.text())
      if (answer === undefined) throw this.#stranger(response)
      if (response.ok) return answer
      const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
      const waits = response.status === 429 && attempt < ATTEMPTS && seconds <= MAX_WAIT_SECONDS
      if (!waits) throw new ApiRefusal(response.status, answer.errors)
      await after(seconds * 1_000)
    }
  }

  /** All items of a list, page by page. */
  async all<T>(path: string): Promise<readonly T[]> {
    const items: T[] = []
    const separator = path.includes('?') ? '&' : '?'
    for (let page = 1, last = 1; page <= last; page += 1) {
      const { result, result_info } = await this.send<readonly T[]>('GET', `${path}${separator}page=${page}`)
      items.push(...result)
      last = result_info?.total_pages ?? 1
    }
    return items
  }

  async #fetch(method: Method, path: string, body: object | OctetsBody | undefined): Promise<Response> {
    const sent = body === undefined ? undefined : encoded(body)
    const headers = { authorization: `Bearer ${this.#token}`, ...(sent && { 'content-type': sent.type }) }
    try {
      // A redirect is not followed: the token is for this server.
      const options = { method, headers, redirect: 'manual' as const }
      return await fetch(`${this.origin}${path}`, { ...options, ...(sent && { body: sent.octets }) })
    } catch (error) {
      const { cause } = error as { readonly cause?: NodeJS.ErrnoException }
      const why = cause?.code ?? cause?.message ?? String(error)
      throw new UsageError(
        `nothing answers on ${this.origin} (${why}): start it with npm start, or give --server http://host:port`,
      )
    }
  }

  #stranger({ status, headers }: Response): UsageError {
    const location = headers.get('location')
    const onward = location === null ? '' : `, to ${JSON.stringify(location)}`
    return new UsageError(`${this.origin} answered ${status}${onward}, and not as this API does: check --server`)
  }
}

function encoded(body: object | OctetsBody): OctetsBody {
  if ('octets' in body) return body
  return { type: 'application/json', octets: new TextEncoder().encode(JSON.stringify(body)) }
}

/** The envelope of an answer; undefined for any other text. */
function readAnswer<T>(text: string): (Answer<T> & { readonly errors: readonly ApiMessage[] }) | undefined {
  try {
    const answer = JSON.parse(text)
    return Array.isArray(answer?.errors) && Array.isArray(answer.messages) ? answer : undefined
  } catch {
    return undefined
  }
}
