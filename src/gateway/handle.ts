import { causeOf, type Log, type LogEntry, type LogEvent } from '../core/log.ts'
import { requestIdOf } from '../core/request-id.ts'
import { snakeCase } from '../core/snake-case.ts'
import type { Seconds, UnixMilliseconds } from '../core/units.ts'
import type { AcceptedLeaf } from '../edge/accepted-leaf.ts'
import { ClientCounter } from '../edge/clients/counter.ts'
import { databaseSource, type Edge, newEdge, trustDatabase } from '../edge/decision.ts'
import { answerError, type GatewayError } from './answer.ts'
import { type Admission, decideRequest, type IncomingRequest } from './decide.ts'
import { forward } from './origin.ts'
import { type GatewayEnv, gatewaySettings } from './settings.ts'

/** What comes from outside the program. */
export interface GatewayAmbient {
  /** When the request came, Unix time in ms. */
  readonly nowMs: UnixMilliseconds
  /** The time of the call, in ms. */
  readonly clockMs: () => UnixMilliseconds
  /** Makes the reference of a refusal. */
  readonly newId: () => string
  readonly log: Log
  /** Keeps the request alive until a promise settles (ExecutionContext.waitUntil). */
  readonly waitUntil: (promise: Promise<unknown>) => void
  /** Does work after the answer, some seconds later. */
  readonly later: (work: () => Promise<unknown>, afterSeconds: Seconds) => void
}

/** What lives as long as the isolate. */
export interface Isolate {
  edge?: Edge
  readonly clients?: ClientCounter
}

/** An isolate that remembers nothing. */
export function newIsolate(): Isolate {
  return { clients: new ClientCounter() }
}

const THIS_ISOLATE = newIsolate()

/** How much the log has of a text that a client chose. */
const MAX_TEXT = 1_024

/** One request: its line of the log, and the answers that are made here. */
interface Exchange {
  /** Round trips to the database that began for it. */
  readonly counted: { d1_calls: number }
  readonly newId: () => string
  readonly write: (level: LogEntry['level'], event: LogEvent, more: object) => void
  readonly answer: (error: Omit<GatewayError, 'requestId'>) => Response
}

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
  const { nowMs, clockMs, newId, log } = ambient
  const { method, url, headers } = request
  const { hostname: host, pathname } = new URL(url)
  // Without its final dot. With the dot it would be a different hostname, perhaps an unprotected one.
  const hostname = host.replace(/\.$/, '')
  const requestId = requestIdOf(headers, newId)
  const counted = { d1_calls: 0 }
  const exchange: Exchange = {
    counted,
    newId,
    write: (level, event, more) =>
      log({
        level,
        event,
        request_id: requestId,
        method,
        hostname,
        request_path: pathname.slice(0, MAX_TEXT),
        address: headers.get('cf-connecting-ip') ?? undefined,
        ...counted,
        duration_ms: clockMs() - nowMs,
        ...more,
      }),
    answer: (error) => answerError(request, { requestId, ...error }),
  }
  try {
    return await serve(request, hostname, env, ambient, isolate, exchange)
  } catch (error) {
    return fails(exchange, 500, 'internal_error', causeOf(error))
  }
}

function fails({ newId, write, answer }: Exchange, status: 500 | 502, event: LogEvent, cause: string): Response {
  const reference = newId()
  write('error', event, { reference, status, cause })
  return answer({ status, reference })
}

async function serve(
  request: IncomingRequest,
  hostname: string,
  env: Partial<GatewayEnv>,
  { nowMs, clockMs, waitUntil, later }: GatewayAmbient,
  isolate: Isolate,
  exchange: Exchange,
): Promise<Response> {
  const { d1, trust, origin, explain, allowUnprotected, clients } = gatewaySettings(env)
  isolate.edge ??= newEdge(databaseSource(trustDatabase(d1, trust.reads)), trust.ages)
  let cause: string | undefined
  const admission = await decideRequest(request, hostname, isolate.edge, {
    allowUnprotected,
    clients: clients && isolate.clients && { ...clients, counter: isolate.clients, db: d1 },
    nowMs,
    clockMs,
    waitUntil,
    later,
    logError: (error) => {
      cause = String(error)
    },
    onLoad: () => {
      exchange.counted.d1_calls += 1
    },
    onLost: (error) => exchange.write('error', 'clients_lost', { cause: causeOf(error) }),
    onStale: (error) => exchange.write('error', 'trust_stale', { cause: String(error) }),
  })
  if (!admission.pass) {
    const refused = refuse(exchange, admission, explain, cause)
    if (refused !== undefined) return refused
  } else if (admission.decided !== undefined) {
    // Logged for new decisions only, and after the response: a client that is remembered costs no line of log.
    waitUntil(logAccepted(exchange, admission.decided))
  }
  try {
    return await forward(request, hostname, origin, admission.pass ? admission.identity : undefined)
  } catch (error) {
    return fails(exchange, 502, 'origin_unreachable', String(error))
  }
}

type Refusal = Extract<Admission, { readonly pass: false }>['why']

/**
 * Logs a refusal, and answers the client, unless it is only reported.
 * @param cause why the trust store could not be read
 */
function refuse(
  { newId, write, answer }: Exchange,
  { why: refusal, subject, report }: Extract<Admission, { readonly pass: false }>,
  explain: boolean,
  cause: string | undefined,
): Response | undefined {
  const reference = newId()
  const { accepted: _, ...refused } = refusal
  const why = Object(snakeCase(refused))
  const logged = { reference, subject: subject?.slice(0, MAX_TEXT), ...why, cause }
  if (report) {
    write('info', 'client_would_be_refused', logged)
    return undefined
  }
  const status = why.code === 'trust_unavailable' ? 503 : 403
  write(status === 503 ? 'error' : 'info', 'client_refused', { ...logged, status })
  return answer({ status, reference, explanation: explain ? explanationOf(refusal) : undefined })
}

/** What a client may read of its refusal: not whom else the hostname's identity rules let in. */
function explanationOf(refused: Refusal): Readonly<Record<string, unknown>> {
  const { accepted: _, ...why } = refused
  if (why.code !== 'identity_not_allowed') return Object(snakeCase(why))
  const { asked: __, ...fault } = why.fault
  return Object(snakeCase({ ...why, fault }))
}

async function logAccepted({ write }: Exchange, leaf: AcceptedLeaf): Promise<void> {
  const { path, revocation } = await leaf.verdict()
  write('info', 'client_accepted', {
    subject: path[0]?.subject,
    revocation_covered: revocation.every(({ status }) => status !== 'not_covered'),
    ...Object(snakeCase({ path, revocation })),
  })
}
