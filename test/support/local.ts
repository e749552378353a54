import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { LocalService } from '../../src/local/service.ts'

/** An answer as a client of the local service reads it. */
export interface LocalAnswer {
  readonly status: number
  readonly headers: Headers
  readonly result: unknown
  /** Code and message of the first error. */
  readonly error: string | undefined
}

/** A service as `access-mtls/testing` starts it, on the test's own database. */
export function newService(parity?: 'strict', log: string[] = []): LocalService {
  const own = { SECRET: 'secret', ...(parity && { PARITY: parity }) }
  return new LocalService({ ...env, LOG: 'errors', ...own }, (line) => log.push(line))
}

/** A client of a local service, with this credential. */
export function clientOf(service: LocalService, authorization: string) {
  return async (method: string, path: string, body?: object, headers: object = {}): Promise<LocalAnswer> => {
    const request = new Request(`https://api.example/client/v4${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json', ...headers },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const response = await service.answer(request, createExecutionContext())
    const { result, errors }: Envelope = await response.json()
    const [error] = errors
    return {
      status: response.status,
      headers: response.headers,
      result,
      error: error && `${error.code} ${error.message}`,
    }
  }
}

interface Envelope {
  readonly result: unknown
  readonly errors: readonly { readonly code: number; readonly message: string }[]
}
