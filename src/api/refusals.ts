import { rfc3339 } from '../core/rfc3339.ts'
import { entryOf, type Table } from '../core/table.ts'
import { RECORD_FILTER_FORMS } from '../registry/certificate-details/text.ts'
import { describeRevertObstacle, FILTER_FORMS } from '../registry/changes/text.ts'
import { CLIENT_FILTER_FORMS } from '../registry/clients/text.ts'
import { describeConflict } from '../registry/crls/order-text.ts'
import { describeLack } from '../registry/quotas/text.ts'
import type { FieldFault, Refusal } from '../registry/refusal.ts'
import type { Lapse } from '../store/access.ts'
import type { WireError, WireFailure } from '../web/envelope.ts'
import type { HttpRefusal } from '../web/http-refusal.ts'
import { BODY_STALL_SECONDS, BODY_TOTAL_SECONDS, type BodyEnd } from '../web/octets.ts'
import { describeFault, describeScope } from './fault-text.ts'
import { type HealthFault, MAX_CLOCK_SKEW_SECONDS } from './health.ts'

type AnyRefusal = Refusal | HttpRefusal
type Because<R extends AnyRefusal['reason']> = Extract<AnyRefusal, { readonly reason: R }>

/** Status, codes and messages of a refusal. No other file knows them (contract 4). */
export function refusalToWire(refusal: AnyRefusal): WireFailure {
  return entryOf<AnyRefusal, 'reason', WireFailure>(FAILURES, 'reason', refusal)
}

const NO_ROUTE: WireError = { code: 7000, message: 'No route for that URI' }

/** What the parameters of lists must be. */
const FORMS = { ...FILTER_FORMS, ...RECORD_FILTER_FORMS, ...CLIENT_FILTER_FORMS }

const CHANGES_UNSEALED =
  'access.api.error.changes_unsealed: too much of the record of changes waits for its seal: send the request again'

const CANNOT_LOOK_UP = {
  account: 'Invalid account identifier',
  zone: 'Invalid zone identifier',
  user: 'Unauthorized to access requested resource: a token belongs to no user, so ask with an email and a key',
} as const

const DRY_RUNS = {
  form: 'dry_run must be true or false, spelt so and given once; nothing was changed',
  route:
    'dry_run cannot be true here: this request has no dry run; nothing was changed, leave dry_run out to carry it out',
} as const

/** A new reason does not compile until it has its entry. */
const FAILURES: Table<AnyRefusal, 'reason', WireFailure> = {
  no_credentials: failure(400, 9106, 'Missing X-Auth-Key, X-Auth-Email or Authorization headers'),
  authorization_syntax: invalidHeaders([{ code: 6111, message: 'Invalid format for Authorization header' }]),
  key_pair_syntax: ({ email, key }) =>
    invalidHeaders([
      ...(email ? [{ code: 6102, message: 'Invalid format for X-Auth-Email header' }] : []),
      ...(key ? [{ code: 6103, message: 'Invalid format for X-Auth-Key header' }] : []),
    ]),
  no_route: { status: 400, errors: [NO_ROUTE] },
  bad_identifier: (refusal) => ({ status: 404, errors: [{ code: 7003, message: couldNotRoute(refusal) }, NO_ROUTE] }),
  method_not_allowed: ({ allow }) => ({
    ...failure(405, 10405, 'Method not allowed for this authentication scheme'),
    headers: { allow: allow.join(', ') },
  }),
  content_type: ({ type }) => {
    const words = 'Invalid Content-Type header, valid values are application/json,multipart/form-data'
    return invalidHeaders([{ code: 6105, message: withDetail(words, contentTypeAdvice(type)) }])
  },
  body_too_large: failure(413, 6008, 'Request body is too large'),
  body_incomplete: ({ end }) => failure(408, 6009, `Request body is incomplete: ${BODY_ENDS[end]}`),
  malformed_json: ({ detail }) => failure(400, 6007, withDetail('Malformed JSON in request body', detail)),
  unknown_credential: (refusal) =>
    refusal.kind === 'token'
      ? failure(401, 10000, withDetail('Authentication error', lapse('this token', refusal)))
      : failure(403, 9103, withDetail('Unknown X-Auth-Key or X-Auth-Email', lapse('this key', refusal))),
  forbidden: (refusal) => failure(403, 10000, withDetail('Authentication error', whyForbidden(refusal))),
  not_enabled: failure(403, 9999, 'access.api.error.not_enabled: access is not enabled for this account or zone'),
  invalid_fields: ({ faults }) => ({ status: 400, errors: faults.map(faultToWire) }),
  invalid_page: ({ parameter, max }) => invalid(`${parameter} must be a whole number from 1 to ${max}, given once`),
  dry_run: ({ because }) => invalid(DRY_RUNS[because]),
  invalid_hostname: ({ fault }) => invalid(describeFault({ pointer: '/hostname', ...fault })),
  invalid_serial: ({ limitBytes }) =>
    invalid(`serial must be a serial number of at most ${limitBytes} bytes in hexadecimal, such as 0F:AB`),
  decimal_serial: ({ bytes }) =>
    invalid(
      `serial has decimal digits only, and as hexadecimal it has ${bytes} bytes, more than a serial number has: write dec: before a decimal number, 0x before a hexadecimal one`,
    ),
  invalid_fingerprint: () => invalid('ca_fingerprint_sha256 must be 64 hexadecimal digits, given once'),
  quota_reached: (refusal) => invalid(describeLack(refusal)),
  duplicate_certificate: conflict('certificate already exists'),
  crl_conflict: ({ conflicts }) => conflict(...conflicts.map(describeConflict)),
  certificate_in_use: conflict('certificate has active associations'),
  certificate_not_found: notFound('certificate'),
  serial_not_blocked: notFound('blocked serial'),
  change_not_found: notFound('change'),
  invalid_filter: ({ parameter }) => invalid(`${parameter} must be ${FORMS[parameter]}, given once`),
  not_revertible: ({ obstacle }) => conflict(`the change cannot be taken back: ${describeRevertObstacle(obstacle)}`),
  precondition_failed: ({ because }) =>
    failure(412, 12412, withDetail('access.api.error.precondition_failed', whyNotMatched(because))),
  changes_unsealed: ({ retryAfterSeconds }) => ({
    ...failure(429, 12429, CHANGES_UNSEALED),
    headers: { 'retry-after': String(retryAfterSeconds) },
  }),
  repeated_parameter: ({ parameter }) => invalid(`${parameter} must be given once`),
  unknown_access_token: (refusal) => failure(403, 9109, withDetail('Invalid access token', lapse('it', refusal))),
  cannot_look_up: ({ what }) => failure(403, 9109, CANNOT_LOOK_UP[what]),
  unknown_token: (refusal) => failure(401, 1000, withDetail('Invalid API Token', lapse('it', refusal))),
  rate_limited: ({ retryAfterSeconds }) => ({
    ...failure(429, 971, 'Please wait and consider throttling your request speed'),
    headers: { 'retry-after': String(retryAfterSeconds) },
  }),
}

/** The answer to an unexpected error. It hides the cause, which is logged. */
export const INTERNAL_ERROR: WireFailure = failure(500, 10001, 'access.api.error.internal_server_error')

/** When the service is not ready, how long a client waits before it asks again, in seconds: until an isolate checks anew. */
const NOT_READY_RETRY_SECONDS = 5

/** The answer of the health check where something is wrong: an error for each fault. */
export function notReady(faults: readonly HealthFault[]): WireFailure {
  return {
    status: 503,
    errors: faults.map((fault) => ({ code: 10503, message: `Not ready: ${describeHealth(fault)}` })),
    headers: { 'retry-after': String(NOT_READY_RETRY_SECONDS) },
  }
}

/** What is wrong and what to do. The cause of a failure of D1 is in the log only. */
function describeHealth(fault: HealthFault): string {
  if (fault.check === 'd1') return 'd1: the database does not answer; the log has the cause'
  if (fault.check === 'migrations') {
    return fault.missing === undefined
      ? 'migrations: the database does not say which it has: run npm run deploy'
      : `migrations: the database lacks ${fault.missing.join(', ')}: run npm run deploy`
  }
  const { against, behind } = fault
  const direction = behind > 0 ? 'behind' : 'ahead of'
  const other = against === 'database' ? "the database's" : 'the time of the newest certificate'
  return `clock: this Worker's is ${Math.abs(behind)} seconds ${direction} ${other}, more than ${MAX_CLOCK_SKEW_SECONDS}: correct the clock of the machine`
}

/** The real service's own words (contract 4), then what the id looks like. */
function couldNotRoute({ path, form }: Because<'bad_identifier'>): string {
  const words = `Could not route to ${path}, perhaps your object identifier is invalid?`
  if (form === undefined) return words
  return form === 'certificate'
    ? `${words} A UUID is the id of a certificate: that of an account or zone has 32 hexadecimal digits`
    : `${words} 32 hexadecimal digits are the id of an account or zone: that of a certificate is a UUID, with hyphens`
}

/** Why If-Match does not hold, and what to do. */
function whyNotMatched(because: Because<'precondition_failed'>['because']): string {
  if (because.why === 'no_tag') return 'nothing can be got at this path, so it has no ETag: leave If-Match out'
  if (because.why === 'meanwhile') return 'something else in the account was changed at the same time: send it again'
  return `what is there has the ETag ${because.etag}: get it, and decide again`
}

/** Why a body did not arrive in full, and what to do. */
const BODY_ENDS: Readonly<Record<BodyEnd, string>> = {
  stalled: `nothing of it arrived for ${BODY_STALL_SECONDS} seconds: send it again`,
  slow: `it took more than ${BODY_TOTAL_SECONDS} seconds: send it again over a faster connection`,
  cut_short: 'the connection ended before it did: send it again',
}

/** What to send instead. The type is not repeated: it is the client's text. */
function contentTypeAdvice(type: string): string {
  const why = type === 'application/x-www-form-urlencoded' ? 'curl -d sends a form unless told otherwise: ' : ''
  return `${why}send the header Content-Type: application/json (curl -H 'Content-Type: application/json')`
}

/** When a credential expired or becomes valid; undefined where it is refused for another reason. */
function lapse(what: string, { expiredOn, validFrom }: Lapse): string | undefined {
  if (expiredOn !== undefined) return `${what} expired on ${rfc3339(expiredOn)}`
  return validFrom === undefined ? undefined : `${what} is not valid before ${rfc3339(validFrom)}`
}

/** Why a valid credential has no permission here, where that can be told; undefined otherwise. */
function whyForbidden({ kind, because }: Because<'forbidden'>): string | undefined {
  if (because === 'read_only') return `this ${kind} may read here, but not write`
  if (because === undefined) return undefined
  return because === 'account'
    ? 'this is the id of an account: put it behind /accounts/, or the id of a zone behind /zones/'
    : 'this is the id of a zone: put it behind /zones/, or the id of its account behind /accounts/'
}

/** The real service's own words (contract 4), then a detail that a person can act on. */
function withDetail(words: string, detail: string | undefined): string {
  return detail === undefined ? words : `${words}: ${detail}`
}

function failure(status: number, code: number, message: string): WireFailure {
  return { status, errors: [{ code, message }] }
}

function invalidHeaders(chain: NonNullable<WireError['error_chain']>): WireFailure {
  return { status: 400, errors: [{ code: 6003, message: 'Invalid request headers', error_chain: chain }] }
}

/** A hostname outside of the scope has a code of its own in a setting (contract 4). */
function faultToWire(fault: FieldFault): WireError {
  const source = { pointer: fault.pointer }
  if (fault.reason === 'foreign_setting') {
    const words = 'access.api.error.hostnames_must_belong_to_your_domain'
    return { code: 12036, message: withDetail(words, describeScope(fault)), source }
  }
  return { ...invalidRequest(describeFault(fault)), source }
}

function invalid(detail: string): WireFailure {
  return { status: 400, errors: [invalidRequest(detail)] }
}

function invalidRequest(detail: string): WireError {
  return { code: 12130, message: `access.api.error.invalid_request: ${detail}` }
}

/** Clients look for the words "not found", which the class `not_found` does not have (contract 4). */
function notFound(what: string): WireFailure {
  return failure(404, 12135, `access.api.error.not_found: ${what} not found`)
}

/** A conflict that no retry resolves; the official SDKs retry every 409 unless told not to (contract 4). */
function conflict(...details: readonly string[]): WireFailure {
  return {
    status: 409,
    errors: details.map((detail) => ({ code: 12132, message: `access.api.error.conflict: ${detail}` })),
    headers: { 'x-should-retry': 'false' },
  }
}
