import type { Tenant } from './tenant.ts'

/** The HTTP API, as any client sees it, within one account. */
export class Api {
  readonly origin: string
  readonly #tenant: Tenant

  constructor(origin: string, tenant: Tenant) {
    this.origin = origin
    this.#tenant = tenant
  }

  /** Whether the database has the tenant: a run that was broken off may have left it without. */
  async knowsToken(): Promise<boolean> {
    const headers = { authorization: `Bearer ${this.#tenant.token}` }
    const response = await fetch(`${this.origin}/client/v4/user/tokens/verify`, { headers })
    await response.text()
    return response.ok
  }

  /** The address of something of the account: `access` is Cloudflare's part of the API, `edge` what it has besides. */
  url(part: 'access' | 'edge', path: string): string {
    const base = { access: 'client/v4', edge: 'edge/v1' }[part]
    return `${this.origin}/${base}/accounts/${this.#tenant.accountId}/${part === 'access' ? 'access/' : ''}${path}`
  }

  /** The result of one request. A text is sent as it is, anything else as JSON. Throws when it is refused. */
  async call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object | string): Promise<unknown> {
    const type = typeof body === 'string' ? 'application/x-pem-file' : 'application/json'
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${this.#tenant.token}`, ...(body !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const answer = (await response.json()) as { readonly result: unknown; readonly errors: unknown }
    if (response.ok) return answer.result
    throw new Error(`${method} ${url} was answered ${response.status}: ${JSON.stringify(answer.errors)}`)
  }
}
