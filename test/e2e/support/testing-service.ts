import { type AccessMtls, type StartOptions, startAccessMtls } from 'access-mtls/testing'
import { afterEach } from 'vitest'

/** What a client reads of an answer. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly result: unknown
  /** Code and message of the first error. */
  readonly error: string | undefined
}

let running: AccessMtls[] = []

/** A service that ends with the test. */
export async function startedService(options: StartOptions = {}): Promise<AccessMtls> {
  const service = await startAccessMtls(options)
  running.push(service)
  return service
}

/** To be called once in a file that starts services. */
export function stopAfterEach(): void {
  afterEach(async () => {
    await Promise.all(running.map((service) => service.stop()))
    running = []
  })
}

/** One request within the service's account. */
export async function ask(service: AccessMtls, method: string, path: string, body?: object): Promise<Answer> {
  const response = await fetch(`${service.url}/client/v4/accounts/${service.accountId}/access/${path}`, {
    method,
    headers: { authorization: `Bearer ${service.token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  const { result, errors } = (await response.json()) as Envelope
  const [error] = errors
  return {
    status: response.status,
    headers: response.headers,
    result,
    error: error && `${error.code} ${error.message}`,
  }
}

interface Envelope {
  readonly result: unknown
  readonly errors: readonly { readonly code: number; readonly message: string }[]
}
