import { failure } from '../web/envelope.ts'
import type { Asked } from './operations.ts'

/**
 * The conflict windows of the real service (contract 3.5 and contract 4.2), counted in requests and not in time: how many requests
 * meet one. The official TypeScript SDK repeats a 409 twice, and so gets through.
 */
const WINDOW_REQUESTS = 2

const SETTINGS = 'access/certificates/settings'
const CERTIFICATES = 'access/certificates'
const CERTIFICATE = 'access/certificates/{certificate_id}'

/** Hostnames that are off a certificate, and still show. */
interface Detaching {
  readonly hostnames: readonly string[]
  left: number
}

/** The fields of an answered certificate that are read here. */
interface Shown {
  readonly id: string
  readonly associated_hostnames: readonly string[]
}

type Serve = (request: Request) => Promise<Response>

/** Answers as the real service does while earlier writes are still on their way. */
export class StrictParity {
  /** Scopes whose settings were changed, and how many changes are still refused. */
  readonly #settings = new Map<string, number>()
  /** By certificate id. */
  readonly #detaching = new Map<string, Detaching>()

  /** @param serve answers as this service does */
  async answer(request: Request, asked: Asked | undefined, serve: Serve): Promise<Response> {
    const { operation, scope = '', certificateId = '' } = asked ?? {}
    if (new URL(request.url).searchParams.get('dry_run') === 'true') return await serve(request)
    switch (operation) {
      case `PUT ${SETTINGS}`:
        return await this.#putSettings(request, scope, serve)
      case `PUT ${CERTIFICATE}`:
        return await this.#putCertificate(request, certificateId, serve)
      case `DELETE ${CERTIFICATE}`:
        return await this.#deleteCertificate(request, certificateId, serve)
      case `GET ${CERTIFICATE}`:
        return await this.#getCertificate(request, certificateId, serve)
      case `GET ${CERTIFICATES}`:
        return await this.#listCertificates(request, serve)
      default:
        return await serve(request)
    }
  }

  async #putSettings(request: Request, scope: string, serve: Serve): Promise<Response> {
    const left = this.#settings.get(scope) ?? 0
    if (left > 0) {
      const refused = await refusal(request, serve, 'previous certificate settings still being updated')
      if (refused.status === 409) this.#settings.set(scope, left - 1)
      return refused
    }
    const response = await serve(request)
    if (response.ok) this.#settings.set(scope, WINDOW_REQUESTS)
    return response
  }

  async #putCertificate(request: Request, id: string, serve: Serve): Promise<Response> {
    const before = await shownBy(await serve(new Request(request.url, { headers: request.headers })))
    const response = await serve(request)
    const after = response.ok ? await shownBy(response.clone()) : undefined
    if (before === undefined || after === undefined) return response
    const shown = [...before.associated_hostnames, ...(this.#detaching.get(id)?.hostnames ?? [])]
    const hostnames = shown.filter((hostname) => !after.associated_hostnames.includes(hostname))
    if (hostnames.length > 0) this.#detaching.set(id, { hostnames, left: WINDOW_REQUESTS })
    else this.#detaching.delete(id)
    return response
  }

  async #deleteCertificate(request: Request, id: string, serve: Serve): Promise<Response> {
    const detaching = this.#detaching.get(id)
    if (detaching === undefined) return await serve(request)
    const refused = await refusal(request, serve, 'certificate has active associations')
    if (refused.status === 409) this.#count(id, detaching)
    return refused
  }

  async #getCertificate(request: Request, id: string, serve: Serve): Promise<Response> {
    const detaching = this.#detaching.get(id)
    if (detaching === undefined) return await serve(request)
    const response = await serve(withoutCondition(request))
    if (!response.ok) return response
    this.#count(id, detaching)
    return await edited(response, (result) => withHostnames(result as Shown, detaching))
  }

  async #listCertificates(request: Request, serve: Serve): Promise<Response> {
    if (this.#detaching.size === 0) return await serve(request)
    const response = await serve(withoutCondition(request))
    if (!response.ok) return response
    return await edited(response, (result) =>
      (result as readonly Shown[]).map((shown) => withHostnames(shown, this.#detaching.get(shown.id))),
    )
  }

  /** One request more has met the window. */
  #count(id: string, detaching: Detaching): void {
    detaching.left -= 1
    if (detaching.left === 0) this.#detaching.delete(id)
  }
}

/** The tag that no answer has: what asks for it is refused with 412 after everything that comes before a conflict, and changes nothing. */
const NO_TAG = '"strict-parity"'

/** A temporary conflict, without the header that forbids a retry; what would be refused anyway is refused for its own reason. */
async function refusal(request: Request, serve: Serve, words: string): Promise<Response> {
  const headers = new Headers(request.headers)
  headers.set('if-match', NO_TAG)
  headers.delete('content-length')
  const response = await serve(new Request(request.url, { method: request.method, headers }))
  if (response.status !== 412) return response
  const errors = [{ code: 12132, message: `access.api.error.conflict: ${words}` }]
  return failure({ status: 409, errors }, request)
}

/** What is shown is not what is there, so its tag does not count. */
function withoutCondition(request: Request): Request {
  const headers = new Headers(request.headers)
  headers.delete('if-none-match')
  return new Request(request, { headers })
}

async function shownBy(response: Response): Promise<Shown | undefined> {
  if (!response.ok) return void (await response.arrayBuffer())
  const { result }: { readonly result: Shown } = await response.json()
  return result
}

function withHostnames(shown: Shown, detaching: Detaching | undefined): Shown {
  return { ...shown, associated_hostnames: [...shown.associated_hostnames, ...(detaching?.hostnames ?? [])] }
}

async function edited(response: Response, edit: (result: unknown) => unknown): Promise<Response> {
  const body: { readonly result: unknown } = await response.json()
  const headers = new Headers(response.headers)
  headers.delete('etag')
  return new Response(JSON.stringify({ ...body, result: edit(body.result) }), { status: response.status, headers })
}
