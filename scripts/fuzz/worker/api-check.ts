/** Round trips to the database that a request may take (docs/architecture.md: one for each request). */
const CALLS: readonly (readonly [RegExp, number])[] = [
  // Access, keys of old rows, the CAs of the account, the entries. The uploads here are small.
  [/^PUT .*\/crl$/, 4],
  // The decision, and the revocation of its path.
  [/^POST .*\/verify$/, 2],
  // Access first where there is much to read; and what pkijs objects to is taken back.
  [/^POST .*\/access\/certificates$/, 3],
  // Access first, or the coverage that is lost.
  [/^(?:PUT|DELETE) .*\/access\/certificates\/[^/]+$/, 2],
]

/** Checks an answer. It keeps the first thing that is wrong. */
export class ApiCheck {
  problem: string | undefined
  readonly #request: Pick<Request, 'method' | 'url'>

  constructor({ method, url }: Request) {
    this.#request = { method, url }
  }

  note(problem: string): void {
    this.problem ??= problem
  }

  answer(response: Response, text: string, calls: number, written: number): void {
    const { method, url } = this.#request
    const path = new URL(url).pathname.replace(/\/{2,}/g, '/').replace(/\/$/, '')
    const bound = CALLS.find(([pattern]) => pattern.test(`${method} ${path}`))?.[1] ?? 1
    if (response.status >= 500) this.note(`status ${response.status}: ${text.slice(0, 500)}`)
    if (calls > bound) this.note(`${calls} round trips to the database, and the bound is ${bound}`)
    if ((method === 'GET' || method === 'HEAD') && written > 0) this.note(`a ${method} wrote ${written} rows`)
    if (response.headers.get('content-type')?.startsWith('application/json')) this.#envelope(response, text)
  }

  /** Nothing that was refused may stay, whatever was written and taken back. */
  database({ ok }: Pick<Response, 'ok'>, before: string, after: string): void {
    if (!ok && before !== after) this.note('a refusal changed the database')
  }

  /** Contract 2: success, errors, messages and result; errors where and only where it is no success. */
  #envelope(response: Response, text: string): void {
    let body: Record<string, unknown>
    try {
      body = JSON.parse(text)
    } catch {
      this.note('the answer is no JSON')
      return
    }
    // A public page, which has no envelope.
    if (!('success' in body)) return
    const errors = Array.isArray(body['errors']) ? body['errors'] : undefined
    if (body['success'] !== response.ok) this.note(`status ${response.status} with success ${body['success']}`)
    if (errors === undefined || errors.length > 0 === response.ok) this.note('errors do not fit the status')
    if (!text.isWellFormed()) this.note('the answer has half of a surrogate pair')
  }
}
