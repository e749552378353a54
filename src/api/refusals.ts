import { rfc3339 } from '../core/rfc3339.ts'
import { describeConflict } from '../registry/crls/order-text.ts'
import { describeLack } from '../registry/quotas/text.ts'
import type { FieldFault, Refusal } from '../registry/refusal.ts'
import type { Lapse } from '../store/access.ts'
import type { WireError, WireFailure } from '../web/envelope.ts'
import type { HttpRefusal } from '../web/http-refusal.ts'
import { BODY_STALL_SECONDS, BODY_TOTAL_SECONDS, type BodyEnd } from '../web/octets.ts'
import { describeFault, describeScope } from './fault-text.ts'

/**
 * The one place that knows statuses and codes (contract 4). Exhaustive: a new reason does not compile until it is
 * given its words here.
 */
export function refusalToWire(refusal: Refusal | HttpRefusal): WireFailure {
  switch (refusal.reason) {
    case 'no_credentials':
      return failure(400, 9106, 'Missing X-Auth-Key, X-Auth-Email or Authorization headers')
    case 'authorization_syntax':
      return invalidHeaders([{ code: 6111, message: 'Invalid format for Authorization header' }])
    case 'key_pair_syntax':
      return invalidHeaders([
        ...(refusal.email ? [{ code: 6102, message: 'Invalid format for X-Auth-Email header' }] : []),
        ...(refusal.key ? [{ code: 6103, message: 'Invalid format for X-Auth-Key header' }] : []),
      ])
    case 'no_route':
      return { status: 400, errors: [NO_ROUTE] }
    case 'bad_identifier':
      return {
        status: 404,
        errors: [{ code: 7003, message: couldNotRoute(refusal) }, NO_ROUTE],
      }
    case 'method_not_allowed':
      return {
        ...failure(405, 10405, 'Method not allowed for this authentication scheme'),
        headers: { allow: refusal.allow.join(', ') },
      }
    case 'content_type':
      return invalidHeaders([
        {
          code: 6105,
          message: withDetail(
            'Invalid Content-Type header, valid values are application/json,multipart/form-data',
            contentTypeAdvice(refusal.type),
          ),
        },
      ])
    case 'body_too_large':
      return failure(413, 6008, 'Request body is too large')
    case 'body_incomplete':
      return failure(408, 6009, `Request body is incomplete: ${BODY_ENDS[refusal.end]}`)
    case 'malformed_json':
      return failure(400, 6007, withDetail('Malformed JSON in request body', refusal.detail))
    case 'unknown_credential':
      return refusal.kind === 'token'
        ? failure(401, 10000, withDetail('Authentication error', lapse('this token', refusal)))
        : failure(403, 9103, withDetail('Unknown X-Auth-Key or X-Auth-Email', lapse('this key', refusal)))
    case 'forbidden':
      return failure(403, 10000, withDetail('Authentication error', whyForbidden(refusal)))
    case 'not_enabled':
      return failure(403, 9999, 'access.api.error.not_enabled: access is not enabled for this account or zone')
    case 'invalid_fields':
      return { status: 400, errors: refusal.faults.map(faultToWire) }
    case 'invalid_page':
      return {
        status: 400,
        errors: [invalidRequest(`${refusal.parameter} must be a whole number from 1 to ${refusal.max}`)],
      }
    case 'invalid_hostname':
      return { status: 400, errors: [invalidRequest(describeFault({ pointer: '/hostname', ...refusal.fault }))] }
    case 'invalid_serial': {
      const words = `serial must be a serial number of at most ${refusal.limitBytes} bytes in hexadecimal, such as 0F:AB`
      return { status: 400, errors: [invalidRequest(words)] }
    }
    case 'decimal_serial': {
      const words = `serial has decimal digits only, and as hexadecimal ${refusal.bytes} bytes, more than serial numbers have: write dec: before a decimal number, 0x before one in hexadecimal`
      return { status: 400, errors: [invalidRequest(words)] }
    }
    case 'invalid_fingerprint':
      return {
        status: 400,
        errors: [invalidRequest('ca_fingerprint_sha256 must be 64 hexadecimal digits, given once')],
      }
    case 'quota_reached':
      return { status: 400, errors: [invalidRequest(describeLack(refusal))] }
    case 'duplicate_certificate':
      return conflict('certificate already exists')
    case 'crl_conflict':
      return conflict(...refusal.conflicts.map(describeConflict))
    case 'certificate_in_use':
      return conflict('certificate has active associations')
    case 'certificate_not_found':
      return notFound('certificate')
    case 'serial_not_blocked':
      return notFound('blocked serial')
    case 'unknown_token':
      return failure(401, 1000, withDetail('Invalid API Token', lapse('it', refusal)))
    case 'rate_limited':
      return {
        ...failure(429, 971, 'Please wait and consider throttling your request speed'),
        headers: { 'retry-after': String(refusal.retryAfterSeconds) },
      }
  }
}

/** Anything unexpected. Says nothing of the cause: that is for the log. */
export const INTERNAL_ERROR: WireFailure = failure(500, 10001, 'access.api.error.internal_server_error')

/** Behind the real service's own words, what the id looks like. */
function couldNotRoute({ path, form }: Extract<HttpRefusal, { readonly reason: 'bad_identifier' }>): string {
  const words = `Could not route to ${path}, perhaps your object identifier is invalid?`
  if (form === undefined) return words
  return form === 'certificate'
    ? `${words} A UUID is the id of a certificate: that of an account or zone has 32 hexadecimal digits`
    : `${words} 32 hexadecimal digits are the id of an account or zone: that of a certificate is a UUID, with hyphens`
}

/** What became of a body that did not arrive, and what to do. */
const BODY_ENDS: Readonly<Record<BodyEnd, string>> = {
  stalled: `nothing of it arrived for ${BODY_STALL_SECONDS} seconds: send it again`,
  slow: `it took more than ${BODY_TOTAL_SECONDS} seconds: send it again over a faster connection`,
  cut_short: 'the connection ended before it did: send it again',
}

const NO_ROUTE: WireError = { code: 7000, message: 'No route for that URI' }

/** What to send instead. The type itself is the client's text, and is not repeated. */
function contentTypeAdvice(type: string): string {
  const why = type === 'application/x-www-form-urlencoded' ? 'curl -d sends a form unless told otherwise: ' : ''
  return `${why}send the header Content-Type: application/json (curl -H 'Content-Type: application/json')`
}

/** That now is not the time of a credential; undefined where that is not why. */
function lapse(what: string, { expiredOn, validFrom }: Lapse): string | undefined {
  if (expiredOn !== undefined) return `${what} expired on ${rfc3339(expiredOn)}`
  return validFrom === undefined ? undefined : `${what} is not valid before ${rfc3339(validFrom)}`
}

function whyForbidden({ kind, because }: Extract<Refusal, { readonly reason: 'forbidden' }>): string | undefined {
  if (because === 'read_only') return `this ${kind} may read here, but not write`
  if (because === undefined) return undefined
  return because === 'account'
    ? 'this is the id of an account: put it behind /accounts/, or the id of a zone behind /zones/'
    : 'this is the id of a zone: put it behind /zones/, or the id of its account behind /accounts/'
}

/** The real service's own words (contract 4), and what a person can act on behind them. */
function withDetail(words: string, detail: string | undefined): string {
  return detail === undefined ? words : `${words}: ${detail}`
}

function failure(status: number, code: number, message: string): WireFailure {
  return { status, errors: [{ code, message }] }
}

function invalidHeaders(chain: NonNullable<WireError['error_chain']>): WireFailure {
  return { status: 400, errors: [{ code: 6003, message: 'Invalid request headers', error_chain: chain }] }
}

/** A hostname of a setting that is not the scope's has a code of its own (contract 4). */
function faultToWire(fault: FieldFault): WireError {
  const source = { pointer: fault.pointer }
  if (fault.reason === 'foreign_setting') {
    const words = 'access.api.error.hostnames_must_belong_to_your_domain'
    return { code: 12036, message: withDetail(words, describeScope(fault)), source }
  }
  return { ...invalidRequest(describeFault(fault)), source }
}

function invalidRequest(detail: string): WireError {
  return { code: 12130, message: `access.api.error.invalid_request: ${detail}` }
}

/** Clients look for "not found" in the text, which the class alone does not have (contract 4). */
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
