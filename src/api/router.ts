import { type IRequest, Router } from 'itty-router'
import { configFrom, type Database, type Env, LIMIT_PERIOD_SECONDS, readOrigins } from '../core/config.ts'
import { countingCalls } from '../core/counting-calls.ts'
import { causeOf, type Log, limited } from '../core/log.ts'
import type { Claim, Credential } from '../core/model.ts'
import { REQUEST_ID_HEADER } from '../core/request-id.ts'
import { fail, type Result } from '../core/result.ts'
import { sha256Hex } from '../core/sha256.ts'
import type { UnixSeconds } from '../core/units.ts'
import { findPrivateKeys } from '../registry/private-key.ts'
import type { Refusal } from '../registry/refusal.ts'
import { RefusalCounter } from '../registry/refusals/counter.ts'
import { addRefusals } from '../registry/refusals/sql.ts'
import { selectMetrics } from '../store/metrics-sql.ts'
import { type Authenticated, AuthenticationLimit } from '../web/authentication-limit.ts'
import { openSession, type Session } from '../web/bookmark.ts'
import { addressKey } from '../web/client-address.ts'
import { allowOrigin, isPreflight, preflight } from '../web/cors.ts'
import { readCredential } from '../web/credentials.ts'
import { failure, notModified, success, type WireFailure } from '../web/envelope.ts'
import { etagOf, ifNoneMatchNames } from '../web/etag.ts'
import type { HttpRefusal } from '../web/http-refusal.ts'
import { type Ambient, type AnyAnswer, nameOf, type RequestContext } from '../web/operation.ts'
import { RequestLine } from '../web/request-line.ts'
import { CERTIFICATE_ID_FORM, SCOPE_ID_FORM } from '../web/shapes.ts'
import { isDryRun, serveAsked } from './dry-run.ts'
import { HEALTH_PATH, type HealthAmbient, HealthCheck } from './health.ts'
import { METRICS_PATH, METRICS_TYPE, metricsText } from './metrics.ts'
import { isOfBrowser, isPublicPage, noSuchPage, publicPage } from './pages.ts'

import { INTERNAL_ERROR, notReady, refusalToWire } from './refusals.ts'
import { ROUTES } from './routes.ts'

/** Cloudflare's prefix is optional: the test suites of the official clients call without it (contract 1). */
export const PREFIXES = { cloudflare: '(/client/v4)?', edge: '/edge/v1' } as const

/** What lives as long as the isolate. */
export interface Isolate {
  readonly authentication: AuthenticationLimit
  readonly health: HealthCheck
  readonly refusals: RefusalCounter
}

/** An isolate that remembers nothing. */
export function newIsolate(): Isolate {
  return { authentication: new AuthenticationLimit(), health: new HealthCheck(), refusals: new RefusalCounter() }
}

const THIS_ISOLATE = newIsolate()

type Arguments = [
  context: RequestContext,
  request: Request,
  credential: Credential,
  session: Session,
  isolate: Isolate,
  line: RequestLine,
]
type AnyRefusal = Refusal | HttpRefusal

/**
 * Serves one request of the API, always with the envelope. Order of checks (contract 4): credentials present, their form, route
 * and form of the ids, method, rate limit. The operations make the other checks.
 * Whatever is thrown becomes the fixed 500. The log gets one line, with the cause of a 500.
 */
export async function handleRequest(
  request: Request,
  env: Partial<Env>,
  ambient: Ambient,
  isolate: Isolate = THIS_ISOLATE,
): Promise<Response> {
  const line = new RequestLine(request, ambient)
  const response = await answer(request, env, ambient, isolate, line)
  response.headers.set(REQUEST_ID_HEADER, line.requestId)
  // Of a malformed setting, the log tells: every answer that needs the configuration is a 500.
  allowOrigin(response.headers, request, readOrigins(env.CORS_ORIGINS) ?? [])
  const log = limited(ambient.log, env.LOG)
  log(line.entry(response.status))
  countRefusal(request.method, response.status, { env, ambient, isolate, line, log })
  return response
}

interface Answered {
  readonly env: Partial<Env>
  readonly ambient: Ambient
  readonly isolate: Isolate
  readonly line: RequestLine
  readonly log: Log
}

/**
 * Counts failed authentication (401, and 403 of keys), and writes that are refused, except dry runs of those that may write. They are
 * not stored one by one.
 */
function countRefusal(method: string, status: number, { env, ambient, isolate, line, log }: Answered): void {
  const { later, address, now, clock } = ambient
  const isRefused =
    status === 401 || status === 403 || (method !== 'GET' && !line.isDryRun && status >= 400 && status < 500)
  if (later === undefined || env.DB === undefined || line.operation === undefined || !isRefused) return
  const { DB } = env
  const { scope = '', credentialId = '', code = 0 } = line
  const afterSeconds = isolate.refusals.note({ scope, credentialId, address: addressKey(address), code, at: now })
  if (afterSeconds === undefined) return
  const lost = (error: unknown) => {
    log({ level: 'error', event: 'refusals_lost', request_id: line.requestId, cause: causeOf(error) })
  }
  later(() => addRefusals(DB, isolate.refusals.take(clock())).catch(lost), afterSeconds)
}

async function answer(
  request: Request,
  env: Partial<Env>,
  ambient: Ambient,
  isolate: Isolate,
  line: RequestLine,
): Promise<Response> {
  try {
    const routed = toRoute(request)
    const page = publicPage(routed, request)
    if (page !== undefined) {
      line.operation = page.operation
      return page.response
    }
    const { d1, ...config } = configFrom(env)
    // A browser sends a preflight without credentials.
    const methods = isPreflight(request, config.corsOrigins) ? await methodsAt(routed) : undefined
    if (methods !== undefined) {
      line.operation = 'OPTIONS preflight'
      return preflight(request, methods)
    }
    if (new URL(routed.url).pathname === HEALTH_PATH) {
      return await answerHealth(request, { ...ambient, db: countingCalls(d1, line) }, isolate.health, line)
    }
    if (isOfBrowser(request) && (await methodsAt(routed)) === undefined) {
      line.operation = 'GET no such page'
      return noSuchPage()
    }
    const credential = await readCredential(request.headers)
    if (!credential.ok) return refuse(credential.error, request, line)
    if (new URL(routed.url).pathname === METRICS_PATH && config.metricsToken !== undefined) {
      const asked = {
        token: config.metricsToken,
        credential: credential.value,
        db: countingCalls(d1, line),
        now: ambient.now,
      }
      return await answerMetrics(request, asked, line)
    }
    const session = openSession(d1, request.headers, line)
    const context = { ...config, ...ambient, db: session.db }
    return await router.fetch(routed, context, request, credential.value, session, isolate, line)
  } catch (error) {
    line.isInternalError = true
    line.cause = causeOf(error)
    return fails(INTERNAL_ERROR, request, line)
  }
}

/** The health check. Whoever may ask is told what is wrong; the causes are in the log. */
async function answerHealth(request: Request, ambient: HealthAmbient, health: HealthCheck, line: RequestLine) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return refuse({ reason: 'method_not_allowed', allow: ['GET', 'HEAD'] }, request, line)
  }
  line.operation = 'GET health'
  const faults = await health.faults(ambient)
  if (faults.length > 0) {
    line.cause = faults.map((fault) => ('cause' in fault ? fault.cause : fault.check)).join('; ')
    return fails(notReady(faults), request, line)
  }
  const checks = { d1: 'ok', migrations: 'ok', clock: 'ok' }
  return success(200, { result: { alive: true, ready: true, checks } }, request)
}

interface AskedMetrics {
  /** METRICS_TOKEN. */
  readonly token: string
  readonly credential: Credential
  readonly db: Database
  readonly now: UnixSeconds
}

/** Figures of all accounts, for the operator: no grant reads them, and their token reads nothing else. */
async function answerMetrics(request: Request, { token, credential, db, now }: AskedMetrics, line: RequestLine) {
  line.operation = 'GET metrics'
  // Hashes are compared: the time that it takes tells nothing of the token.
  const isTheirs = credential.kind === 'token' && credential.secretSha256 === (await sha256Hex(token))
  if (!isTheirs) {
    const { kind } = credential
    return refuse({ reason: 'unknown_credential', kind, expiredOn: undefined, validFrom: undefined }, request, line)
  }
  if (request.method !== 'GET') return refuse({ reason: 'method_not_allowed', allow: ['GET'] }, request, line)
  const text = metricsText(await selectMetrics(db, now))
  return success(200, { document: { mediaType: METRICS_TYPE, text } }, request)
}

function refuse(refusal: AnyRefusal, request: Request, line: RequestLine): Response {
  return fails(refusalToWire(refusal), request, line)
}

function fails(wire: WireFailure, request: Request, line: RequestLine): Response {
  line.code = wire.errors[0]?.code
  return failure(wire, request)
}

/**
 * What is matched with the routes. Doubled slashes count as one: clients make them of a base URL that ends in a slash.
 * Percent-encoded slashes belong to a name. It is a plain object, because itty-router writes params and query onto it.
 */
export function toRoute({ method, url }: Request): Pick<Request, 'method' | 'url'> {
  const routed = new URL(url)
  routed.pathname = routed.pathname.replace(/\/{2,}/g, '/')
  return { method, url: routed.href }
}

/** The operations of each path, in the order in which paths are matched. */
const operationsByPath = () => Map.groupBy(ROUTES, ({ namespace, path }) => PREFIXES[namespace] + path)

/** The methods of a path, whatever its ids; undefined where there is no such path. */
async function methodsAt(routed: Pick<Request, 'method' | 'url'>): Promise<readonly string[] | undefined> {
  const { pathname } = new URL(routed.url)
  if (pathname === HEALTH_PATH || isPublicPage(pathname)) return ['GET']
  methodRouter ??= buildMethodRouter()
  return await methodRouter.fetch(routed)
}

/** Made with the first preflight, or the first browser: most deployments have neither. */
let methodRouter: ReturnType<typeof buildMethodRouter> | undefined

function buildMethodRouter() {
  const router = Router<IRequest, [], readonly string[]>()
  for (const [path, operations] of operationsByPath()) router.all(path, () => operations.map(({ method }) => method))
  return router
}

/** For each path: the check of its ids, then its methods, then 405. itty-router takes the first that answers. */
function buildRouter() {
  const router = Router<IRequest, Arguments, Response>()
  for (const [path, operations] of operationsByPath()) {
    router.all(path, refuseBadIdentifiers)
    for (const one of operations) router[METHODS[one.method]](path, (...args) => respond(one, ...args))
    const allow = operations.map(({ method }) => method)
    router.all(path, (...[, , request, , , , line]) => refuse({ reason: 'method_not_allowed', allow }, request, line))
  }
  router.all('*', (...[, , request, , , , line]) => refuse({ reason: 'no_route' }, request, line))
  return router
}

const METHODS = { GET: 'get', POST: 'post', PUT: 'put', DELETE: 'delete' } as const

const router = buildRouter()

/** The path of a URL, for answers. A private key in it is not repeated. */
function shownPath(url: string): string {
  const { pathname } = new URL(url)
  return findPrivateKeys(pathname).length === 0 ? pathname : '(a path with a private key in it)'
}

function refuseBadIdentifiers({ params, url }: IRequest, ...[, request, , , , line]: Arguments): Response | undefined {
  const { scope_id = '', certificate_id = '' } = params
  const badScope = 'scope_id' in params && !SCOPE_ID_FORM.test(scope_id)
  const badCertificate = 'certificate_id' in params && !CERTIFICATE_ID_FORM.test(certificate_id)
  if (!badScope && !badCertificate) return undefined
  return refuse(
    { reason: 'bad_identifier', path: shownPath(url), form: formOfOther(badScope, scope_id, certificate_id) },
    request,
    line,
  )
}

/** The kind of id that a bad id has the form of, if any. Only the form is looked at, so nothing is told of what exists. */
function formOfOther(badScope: boolean, scopeId: string, certificateId: string): 'certificate' | 'scope' | undefined {
  if (badScope) return CERTIFICATE_ID_FORM.test(scopeId) ? 'certificate' : undefined
  return SCOPE_ID_FORM.test(certificateId) ? 'scope' : undefined
}

/** Serves an operation and renders its answer. */
async function respond(one: Served, routed: IRequest, ...args: Arguments): Promise<Response> {
  const [, request, , session, , line] = args
  const { scope, scope_id, certificate_id } = routed.params
  line.operation = NAMES.get(one)
  line.scope = scope_id && `${scope}/${scope_id}`
  line.certificateId = certificate_id
  const outcome = await serve(one, routed, ...args)
  if (!outcome.ok && outcome.error.reason === 'rate_limited') return refuse(outcome.error, request, line)
  if (!outcome.ok) return session.mark(refuse(outcome.error, request, line))
  const etag = await tagOf(one, outcome.value)
  const known = one.method === 'GET' && one.untagged === undefined ? request.headers.get('if-none-match') : null
  const isKnown = known !== null && etag !== undefined && ifNoneMatchNames(known, etag)
  const response = isKnown
    ? notModified(etag)
    : success('would' in outcome.value ? 200 : one.status, outcome.value, request, etag)
  if (one.documents !== undefined) response.headers.set('vary', 'accept')
  return session.mark(response)
}

/** The tag of what was read, or of one thing that was added or changed: a GET then answers the same. */
async function tagOf({ method, status, untagged }: Served, answer: AnyAnswer): Promise<string | undefined> {
  const isOne = 'result' in answer && !Array.isArray(answer.result)
  const isTagged = method === 'GET' || (isOne && (method === 'PUT' || status === 201))
  return isTagged ? await etagOf(answer, untagged) : undefined
}

type Served = (typeof ROUTES)[number]

/** The operations as the log names them (docs/operate.md, Fields). */
const NAMES = new Map(ROUTES.map((one) => [one, nameOf(one)]))

type Outcome = Result<AnyAnswer, AnyRefusal>

/** Applies the limit of failed authentication, then serves the operation. */
async function serve(one: Served, routed: IRequest, ...args: Arguments): Promise<Outcome> {
  const [context, , credential, , isolate] = args
  const count = context.countFailedAuthentication
  if (count === undefined) return await serveCredential(one, routed, ...args)
  const attempt = { address: addressKey(context.address), credential: credential.secretSha256, now: context.now }
  const served = await isolate.authentication.run(attempt, count, async () => {
    const value = await serveCredential(one, routed, ...args)
    return { value, authenticated: authenticated(value) }
  })
  return 'value' in served ? served.value : fail({ reason: 'rate_limited', ...served })
}

const UNAUTHENTICATED: ReadonlySet<AnyRefusal['reason']> = new Set([
  'unknown_credential',
  'unknown_token',
  'unknown_access_token',
])

/**
 * Whether the outcome shows that the credential is valid. Only a success counts as proof: a proven credential is not refused for
 * its address any more.
 */
function authenticated(outcome: Outcome): Authenticated {
  if (outcome.ok) return 'yes'
  const { reason } = outcome.error
  return UNAUTHENTICATED.has(reason) ? 'no' : 'unsaid'
}

/** Applies the rate limit of the credential, then serves the operation. */
async function serveCredential(one: Served, routed: IRequest, ...args: Arguments): Promise<Outcome> {
  const [context, request, credential, , , line] = args
  if (!(await context.withinRateLimit(credential.secretSha256))) {
    return fail({ reason: 'rate_limited', retryAfterSeconds: LIMIT_PERIOD_SECONDS })
  }
  const { scope, scope_id = '', ...named } = routed.params
  const claim: Claim = {
    credential,
    scope: { kind: scope === 'zones' ? 'zones' : 'accounts', id: scope_id },
    permission: one.permission ?? 'read',
    now: context.now,
    address: context.address,
    onCredential: (id) => {
      line.credentialId = id
    },
  }
  const params = Object.fromEntries(Object.entries(named).map(([name, text]) => [name, percentDecoded(text ?? '')]))
  const query = new URL(request.url).searchParams
  line.isDryRun = isDryRun(one, query)
  // The parameters have the type that `serve` asks for: the router matched the path that it is made from.
  return await serveAsked(one, { request, query, claim, params: params as never, context })
}

/** Percent-decodes a parameter. What cannot be decoded stays as it is, and the operation refuses it: no name has that form. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
