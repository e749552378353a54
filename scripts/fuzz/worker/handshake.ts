import { toHex } from '../../../src/core/bytes.ts'
import { type Edge, newEdge } from '../../../src/edge/decision.ts'
import type { LoadedHostname } from '../../../src/edge/hostname-sql.ts'
import type { IncomingRequest } from '../../../src/gateway/decide.ts'
import { handleGateway } from '../../../src/gateway/handle.ts'
import { PATH_LIMITS } from '../../../src/x509/path-limits.ts'
import { fromBase64 } from '../base64.ts'
import type { HandshakeInput, Observation } from '../wire.ts'
import { beyond, measured } from './work.ts'

/** Answers that a gateway gives on purpose; 403 is a refusal. */
const STATUSES: ReadonlySet<number> = new Set([200, 403])
/** A header that says who the client is. */
const CLAIM = /client.?(?:cert|dn|verify)|ssl|mtls|forwarded/i
/** Those that the gateway writes itself. */
const OWN: ReadonlySet<string> = new Set([
  'cf-client-cert-der-base64',
  'cf-client-cert-sha256',
  'client-cert',
  'client-cert-chain',
])

/** Serves a request as the gateway does. What is registered comes from here and not from a database. */
export async function observeHandshake({ cf, hostname, headers, anchor, at }: HandshakeInput): Promise<Observation> {
  if (!URL.canParse(`https://${hostname}/`)) return { accepted: false, reason: 'no URL' }
  const request = new Request(`https://${hostname}/`, { headers: headers.map(([name, value]) => [name, value]) })
  Object.defineProperty(request, 'cf', { value: cf })
  const log: Readonly<Record<string, unknown>>[] = []
  const origin = new Origin()
  const env = { DB: {} as D1Database, ORIGIN: origin as unknown as Fetcher, EXPLAIN: 'true' }
  const pending: Promise<unknown>[] = []
  const ambient = {
    nowMs: at * 1_000,
    clockMs: () => at * 1_000,
    newId: () => 'reference',
    log: (entry: Readonly<Record<string, unknown>>) => log.push(entry),
    waitUntil: (promise: Promise<unknown>) => pending.push(promise),
    later: () => undefined,
  }
  const serve = () => handleGateway(request as unknown as IncomingRequest, env, ambient, { edge: edgeOf(anchor) })
  const { result: response, work } = await measured(serve)
  await Promise.all(pending)
  const { status } = response
  const reason = status === 403 ? String(log.at(-1)?.['code']) : status === 200 ? 'let in' : `status ${status}`
  return {
    accepted: status === 200,
    reason,
    problem:
      beyond('signatures', work.signatures, PATH_LIMITS.signatureChecks) ??
      (STATUSES.has(status) ? undefined : `status ${status}: ${JSON.stringify(log)}`) ??
      ((await answerProblem(response)) || (await origin.problem(status))),
    facts: origin.received?.get('cf-client-cert-der-base64'),
  }
}

/** What is wrong with an answer to a client that is refused. */
async function answerProblem(response: Response): Promise<string | undefined> {
  const text = await response.text()
  if (response.status === 200) return undefined
  if (response.headers.get('access-mtls-reference') !== 'reference') return 'a refusal has no reference'
  if (response.headers.get('content-type')?.startsWith('text/html')) return undefined
  return JSON.parse(text).status_code === response.status ? undefined : 'the body has another status'
}

/** The server behind the gateway. */
class Origin {
  received: Headers | undefined

  async fetch(request: Request, init: { readonly headers: Headers }): Promise<Response> {
    this.received = new Request(request, init).headers
    return new Response('origin')
  }

  /** What the origin was told that is not proven. */
  async problem(status: number): Promise<string | undefined> {
    const { received } = this
    if ((received !== undefined) !== (status === 200))
      return `status ${status}, and the origin was reached: ${!!received}`
    if (received === undefined) return undefined
    const claim = [...received.keys()].find((name) => CLAIM.test(name) && !OWN.has(name))
    if (claim !== undefined) return `the origin reads ${claim}`
    const base64 = received.get('cf-client-cert-der-base64') ?? ''
    const digest = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', fromBase64(base64))))
    const same = received.get('cf-client-cert-sha256') === digest && received.get('client-cert') === `:${base64}:`
    return same ? undefined : 'the headers about the client do not agree'
  }
}

function edgeOf(anchor: string): Edge {
  const certificate = { der: fromBase64(anchor), isAnchor: true }
  const loaded: LoadedHostname = {
    facts: {
      owned: true,
      enabled: true,
      accountId: '0'.repeat(32),
      zoneId: 'zone',
      mode: { mode: 'required' },
      identities: undefined,
      everAssociated: true,
      forwarding: true,
      hasCertificates: true,
      revocable: false,
      version: '1',
    },
    records: [{ id: 'record', uncovered: 'allow', chain: [certificate] }],
  }
  const lookUp = () => Promise.reject(new Error('nothing is revocable'))
  return newEdge({ load: async () => loaded, lookUp }, { maxAgeSeconds: 3_600, staleIfErrorSeconds: 0 })
}
