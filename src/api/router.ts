import { type IRequest, Router } from 'itty-router'
import { configFrom, type Env, LIMIT_PERIOD_SECONDS } from '../core/config.ts'
import type { Claim, Credential } from '../core/model.ts'
import { type Authenticated, AuthenticationLimit } from '../web/authentication-limit.ts'
import { openSession, type Session } from '../web/bookmark.ts'
import { addressKey } from '../web/client-address.ts'
import type { Ambient, RequestContext } from '../web/context.ts'
import { readCredential } from '../web/credentials.ts'
import { failed, failure, refusalOf } from '../web/envelope.ts'
import type { Route } from '../web/route.ts'
import { publicPage } from './pages.ts'
import { INTERNAL_ERROR } from './refusals.ts'
import { ROUTES } from './routes.ts'

/** Cloudflare's prefix may be left out: the official clients' own test suites call without it (contract 1). */
const PREFIXES = { cloudflare: '(/client/v4)?', edge: '/edge/v1' } as const

/** Contract 1: 32 lower-case hex digits. */
const SCOPE_ID = /^[0-9a-f]{32}$/
/** Contract 1: a lower-case UUID v4. */
const CERTIFICATE_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** What lives as long as the isolate. */
export interface Isolate {
  readonly authentication: AuthenticationLimit
}

const THIS_ISOLATE: Isolate = { authentication: new AuthenticationLimit() }

type Arguments = [context: RequestContext, request: Request, credential: Credential, session: Session, isolate: Isolate]

/**
 * Serves one request of the API; always answers with the envelope. Order of checks (contract 4): credentials present,
 * their form, route and id shape, method, rate limit; the rest belongs to the handlers.
 * Anything thrown becomes the fixed 500, and its cause goes to the log.
 */
export async function handleRequest(
  request: Request,
  env: Partial<Env>,
  ambient: Ambient,
  isolate: Isolate = THIS_ISOLATE,
): Promise<Response> {
  try {
    const routed = toRoute(request)
    const page = publicPage(routed)
    if (page !== undefined) return page
    const { d1, ...config } = configFrom(env)
    const credential = await readCredential(request.headers)
    if (!credential.ok) return failed(credential.error, request)
    const session = openSession(d1, request.headers)
    const context = { ...config, ...ambient, db: session.db }
    return await router.fetch(routed, context, request, credential.value, session, isolate)
  } catch (error) {
    ambient.logError({
      event: 'internal_error',
      method: request.method,
      path: new URL(request.url).pathname,
      cause: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
    return failure(INTERNAL_ERROR, request)
  }
}

/**
 * What is matched with the routes. Doubled slashes are one: clients make them of a base URL that ends in a slash. Those
 * that are percent-encoded belong to a name. A plain object, because itty-router writes params and query onto it.
 */
function toRoute({ method, url }: Request): Pick<Request, 'method' | 'url'> {
  const routed = new URL(url)
  routed.pathname = routed.pathname.replace(/\/{2,}/g, '/')
  return { method, url: routed.href }
}

/** Entries of each path: ids first, then its verbs, then 405. itty-router takes the first that answers. */
function buildRouter() {
  const router = Router<IRequest, Arguments, Response>()
  for (const [path, routes] of Map.groupBy(ROUTES, ({ namespace, path }) => PREFIXES[namespace] + path)) {
    router.all(path, refuseBadIdentifiers)
    for (const route of routes) router[METHODS[route.method]](path, (...args) => serve(route, ...args))
    const allow = routes.map(({ method }) => method)
    router.all(path, (_, __, request) => failed({ reason: 'method_not_allowed', allow }, request))
  }
  router.all('*', (_, __, request) => failed({ reason: 'no_route' }, request))
  return router
}

const METHODS = { GET: 'get', POST: 'post', PUT: 'put', DELETE: 'delete' } as const

const router = buildRouter()

function refuseBadIdentifiers({ params, url }: IRequest, ...[, request]: Arguments): Response | undefined {
  const { scope_id = '', certificate_id = '' } = params
  const badScope = 'scope_id' in params && !SCOPE_ID.test(scope_id)
  const badCertificate = 'certificate_id' in params && !CERTIFICATE_ID.test(certificate_id)
  if (!badScope && !badCertificate) return undefined
  const { pathname } = new URL(url)
  return failed(
    { reason: 'bad_identifier', path: pathname, form: formOfOther(badScope, scope_id, certificate_id) },
    request,
  )
}

/** What an id looks like that stands where another belongs. The form alone says so: of what exists nothing is told. */
function formOfOther(badScope: boolean, scopeId: string, certificateId: string): 'certificate' | 'scope' | undefined {
  if (badScope) return CERTIFICATE_ID.test(scopeId) ? 'certificate' : undefined
  return SCOPE_ID.test(certificateId) ? 'scope' : undefined
}

/** Holds the request to the limit of its address, then hands it to the route. */
async function serve(route: Route, routed: IRequest, ...args: Arguments): Promise<Response> {
  const [context, request, credential, , isolate] = args
  const count = context.countFailedAuthentication
  if (count === undefined) return await serveCredential(route, routed, ...args)
  const attempt = { address: addressKey(context.address), credential: credential.secretSha256, now: context.now }
  const served = await isolate.authentication.run(attempt, count, async () => {
    const value = await serveCredential(route, routed, ...args)
    return { value, authenticated: authenticated(value) }
  })
  return 'value' in served ? served.value : failed({ reason: 'rate_limited', ...served }, request)
}

/**
 * Whether the credential held, by the answer. Only a success proves that it did: what proves it opens a way around the
 * limit of its address.
 */
function authenticated(response: Response): Authenticated {
  const reason = refusalOf(response)?.reason
  if (reason === 'unknown_credential' || reason === 'unknown_token') return 'no'
  return response.ok ? 'yes' : 'unsaid'
}

/** Counts the request against its credential's limit, then hands it to the route. */
async function serveCredential(
  { permission, handler }: Route,
  { params }: IRequest,
  ...[context, request, credential, session]: Arguments
): Promise<Response> {
  if (!(await context.withinRateLimit(credential.secretSha256))) {
    return failed({ reason: 'rate_limited', retryAfterSeconds: LIMIT_PERIOD_SECONDS }, request)
  }
  const { scope, scope_id = '', certificate_id = '', hostname = '', serial = '' } = params
  const kind = scope === 'zones' ? 'zones' : 'accounts'
  const claim: Claim = { credential, scope: { kind, id: scope_id }, permission, now: context.now }
  const named = {
    certificateId: certificate_id,
    hostname: percentDecoded(hostname),
    serial: percentDecoded(serial),
  }
  return session.mark(await handler({ request, claim, ...named, context }))
}

/** What cannot be decoded stays as it came: it is no name of anything, and is refused as such. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
