import fc from 'fast-check'
import type { Command } from './commands.ts'
import { nthId, type Talk } from './conversation.ts'

/** Commands that the model does not know: CRLs, blocks, policies, modes, and changes that are taken back. */

/** A write in the edge namespace, on a certificate that was made or a hostname of a place. */
class EdgeCall implements fc.AsyncCommand<object, Talk> {
  readonly method: string
  readonly rest: string
  readonly body: string | Uint8Array | undefined
  readonly ago: number
  constructor(method: string, rest: string, ago: number, body?: string | Uint8Array) {
    this.method = method
    this.rest = rest
    this.ago = ago
    this.body = body
  }

  check(): boolean {
    return true
  }

  async run(_: object, talk: Talk): Promise<void> {
    const made = talk.made(this.ago)
    const { kind, id, headers, names } = made?.place ?? talk.place(this.ago)
    const rest = this.rest.replace(':id', made?.id ?? nthId(999)).replace(':name', names[this.ago % names.length] ?? '')
    const type = this.body instanceof Uint8Array ? 'application/pkix-crl' : 'application/json'
    await talk.exchange({
      method: this.method,
      target: `/edge/v1/${kind}/${id}${encodeURI(rest)}`,
      headers: { ...headers, 'content-type': type },
      throttled: false,
      ...(this.body === undefined ? {} : { body: this.body as string }),
    })
  }

  toString(): string {
    return `${this.method} ${this.rest} (made ${this.ago} ago)`
  }
}

/** @param crls CRLs that a PUT may carry */
export function edgeCommands(crls: readonly Uint8Array[]): readonly fc.Arbitrary<Command>[] {
  const ago = fc.nat({ max: 3 })
  const one = (method: string, rest: string, ...bodies: readonly (string | Uint8Array)[]) =>
    fc
      .tuple(ago, fc.constantFrom(...(bodies.length === 0 ? [undefined] : bodies)))
      .map(([n, body]) => new EdgeCall(method, rest, n, body))
  const record = '/certificates/:id'
  return [
    ...Array.from({ length: 4 }, () => one('PUT', `${record}/crl`, ...crls)),
    one('DELETE', `${record}/crl`),
    one('PUT', `${record}/blocked_serials/dec:1001`),
    one('PUT', `${record}/blocked_serials/dec:1002`),
    one('DELETE', `${record}/blocked_serials/dec:1001`),
    one('PUT', `${record}/revocation`, '{"stale_policy": "soft"}', '{"uncovered": "refuse"}'),
    one('PUT', '/hostnames/:name', '{"mode": "report"}', '{"mode": "required"}', '{"mode": "open"}'),
    one(
      'PUT',
      '/hostnames/:name',
      '{"mode": "required", "identities": [{"common_name": "nobody"}]}',
      '{"mode": "report", "identities": [{"organization": "a"}, {"email": "@b.example"}]}',
      '{"mode": "required", "identities": null}',
    ),
    one('POST', '/changes/1/revert'),
    one('POST', '/changes/2/revert'),
  ]
}
