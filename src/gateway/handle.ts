import { snakeCase } from '../core/snake-case.ts'
import type { UnixMilliseconds } from '../core/units.ts'
import type { AcceptedLeaf } from '../edge/accepted-leaf.ts'
import { databaseSource, type Edge, newEdge } from '../edge/decision.ts'
import { refuse } from './answer.ts'
import { decideRequest, type IncomingRequest } from './decide.ts'
import { forward } from './origin.ts'
import { type GatewayEnv, gatewaySettings } from './settings.ts'

/** What comes from outside the program. */
export interface GatewayAmbient {
  /** Unix time in ms. */
  readonly nowMs: UnixMilliseconds
  /** Makes the reference of a refusal. */
  readonly newId: () => string
  readonly log: (entry: Readonly<Record<string, unknown>>) => void
  /** Keeps the request alive until a promise settles (ExecutionContext.waitUntil). */
  readonly waitUntil: (promise: Promise<unknown>) => void
}

/** What lives as long as the isolate: the trust of the hostnames it was asked about. */
export interface Isolate {
  edge?: Edge
}

const THIS_ISOLATE: Isolate = {}

/**
 * Serves one request to a protected hostname: on to its origin, or refused with a reference under which the log has the
 * reason. Whatever goes wrong, nobody is let in by it: anything thrown becomes the fixed 500.
 */
export async function handleGateway(
  request: IncomingRequest,
  env: Partial<GatewayEnv>,
  ambient: GatewayAmbient,
  isolate: Isolate = THIS_ISOLATE,
): Promise<Response> {
  try {
    return await serve(request, env, ambient, isolate)
  } catch (error) {
    const reference = ambient.newId()
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
    ambient.log({ event: 'internal_error', reference, cause })
    return refuse(request, { status: 500, reference })
  }
}

async function serve(
  request: IncomingRequest,
  env: Partial<GatewayEnv>,
  { nowMs, newId, log, waitUntil }: GatewayAmbient,
  isolate: Isolate,
): Promise<Response> {
  const { d1, trustMaxAgeSeconds, origin, explain, allowUnprotected } = gatewaySettings(env)
  isolate.edge ??= newEdge(databaseSource(d1), trustMaxAgeSeconds)
  const hostname = hostnameOf(request.url)
  const outcome = await decideRequest(request, hostname, isolate.edge, {
    allowUnprotected,
    nowMs,
    waitUntil,
    logError: (cause) => log({ event: 'trust_unavailable', hostname, cause: String(cause) }),
  })
  if (!outcome.pass) {
    const reference = newId()
    const { accepted: _, ...refused } = outcome.why
    const why = Object(snakeCase(refused))
    const event = outcome.report ? 'client_would_be_refused' : 'client_refused'
    log({ event, reference, hostname, method: request.method, ray: request.headers.get('cf-ray'), ...why })
    if (!outcome.report) {
      const status = why.code === 'trust_unavailable' ? 503 : 403
      return refuse(request, { status, reference, explanation: explain ? why : undefined })
    }
  }
  if (outcome.pass && outcome.decided !== undefined) {
    const ray = request.headers.get('cf-ray')
    // Once a client and age, and off the request's way: what is remembered costs nothing, a line of log neither.
    waitUntil(logAccepted(log, { event: 'client_accepted', hostname, ray }, outcome.decided))
  }
  try {
    return await forward(request, hostname, origin, outcome.pass ? outcome.identity : undefined)
  } catch (cause) {
    const reference = newId()
    log({ event: 'origin_unreachable', reference, hostname, cause: String(cause) })
    return refuse(request, { status: 502, reference })
  }
}

async function logAccepted(log: GatewayAmbient['log'], entry: object, leaf: AcceptedLeaf): Promise<void> {
  const { path, revocation } = await leaf.verdict()
  log({ ...entry, ...Object(snakeCase({ path, revocation })) })
}

/** The final dot of a fully qualified name would make another hostname of it, and perhaps an unprotected one. */
function hostnameOf(url: string): string {
  return new URL(url).hostname.replace(/\.$/, '')
}
