import { snakeCase } from '../core/snake-case.ts'
import type { UnixMilliseconds } from '../core/units.ts'
import type { AcceptedLeaf } from '../edge/accepted-leaf.ts'
import { databaseSource, type Edge, newEdge } from '../edge/decision.ts'
import { answerError } from './answer.ts'
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

/** What lives as long as the isolate. */
export interface Isolate {
  edge?: Edge
}

const THIS_ISOLATE: Isolate = {}

/**
 * Serves one request to a protected hostname: it goes on to the origin, or is refused with a reference under which the log has
 * the reason. Nothing fails open: whatever is thrown becomes the fixed 500.
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
    return answerError(request, { status: 500, reference })
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
  const admission = await decideRequest(request, hostname, isolate.edge, {
    allowUnprotected,
    nowMs,
    waitUntil,
    logError: (cause) => log({ event: 'trust_unavailable', hostname, cause: String(cause) }),
  })
  if (!admission.pass) {
    const reference = newId()
    const { accepted: _, ...refused } = admission.why
    const why = Object(snakeCase(refused))
    const event = admission.report ? 'client_would_be_refused' : 'client_refused'
    log({ event, reference, hostname, method: request.method, ray: request.headers.get('cf-ray'), ...why })
    if (!admission.report) {
      const status = why.code === 'trust_unavailable' ? 503 : 403
      return answerError(request, { status, reference, explanation: explain ? why : undefined })
    }
  }
  if (admission.pass && admission.decided !== undefined) {
    const ray = request.headers.get('cf-ray')
    // Logged for new decisions only, and after the response: a client that is remembered costs no line of log.
    waitUntil(logAccepted(log, { event: 'client_accepted', hostname, ray }, admission.decided))
  }
  try {
    return await forward(request, hostname, origin, admission.pass ? admission.identity : undefined)
  } catch (cause) {
    const reference = newId()
    log({ event: 'origin_unreachable', reference, hostname, cause: String(cause) })
    return answerError(request, { status: 502, reference })
  }
}

async function logAccepted(log: GatewayAmbient['log'], entry: object, leaf: AcceptedLeaf): Promise<void> {
  const { path, revocation } = await leaf.verdict()
  log({ ...entry, ...Object(snakeCase({ path, revocation })) })
}

/** The hostname of a URL, without a final dot. With the dot it would be a different hostname, perhaps an unprotected one. */
function hostnameOf(url: string): string {
  return new URL(url).hostname.replace(/\.$/, '')
}
