import * as v from 'valibot'

/**
 * Parts of the shapes of requests and results. A message is what the client reads after the field's name. It never quotes the
 * input, which may hold a secret.
 */

/** The names of a body schema's fields. */
export interface Fields {
  readonly entries: Readonly<Record<string, unknown>>
}

export const typeMessage =
  (expected: string) =>
  ({ input }: { readonly input: unknown }): string =>
    `must be ${expected}, not ${jsonType(input)}`

/** The JSON type of a value, with its article. */
export function jsonType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** The message for a value that is not an object, or for a field that is missing. */
export const objectMessage = ({ input, path, expected }: v.ObjectIssue): string =>
  path === undefined || expected === 'Object' ? typeMessage('a JSON object')({ input }) : 'is required'

export const Text = v.pipe(
  v.string(typeMessage('a string')),
  v.check((text) => text.isWellFormed(), 'has half of a surrogate pair: send well-formed Unicode'),
)

/** A flag. null counts as missing. */
export const Flag = v.nullish(v.boolean(typeMessage('true or false')))

/** RFC 3339, which needs an offset: a time without one is a different moment in each time zone. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i

/** Whether a text is a time of RFC 3339. */
export function isTime(text: string): boolean {
  return TIME.test(text) && !Number.isNaN(Date.parse(text))
}

/** A time in a request. */
export const Time = v.pipe(
  v.string(typeMessage('a string')),
  v.check(isTime, 'must be a time such as 2027-01-31T00:00:00Z'),
  v.metadata({ format: 'date-time' }),
)

/** A time of RFC 3339 as Unix seconds, UTC. */
export function unixSeconds(time: string): number {
  return Math.floor(Date.parse(time) / 1000)
}

/** 32 lower-case hexadecimal digits (contract 1). */
export const SCOPE_ID_FORM = /^[0-9a-f]{32}$/
/** A lower-case UUID v4 (contract 1). */
export const CERTIFICATE_ID_FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** The id of an account, zone or credential. */
export const ScopeId = v.pipe(v.string(), v.regex(SCOPE_ID_FORM), v.title('ScopeId'))
/** The id of a record. */
export const CertificateId = v.pipe(v.string(), v.regex(CERTIFICATE_ID_FORM), v.title('CertificateId'))
/** A time in a result. */
export const WireTime = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  v.description('RFC 3339, UTC, whole seconds'),
)
/** A time among the facts of a decision. */
export const UnixSeconds = v.pipe(v.number(), v.integer(), v.description('Unix seconds, UTC'))
export const Count = v.pipe(v.number(), v.integer(), v.minValue(0))
/** SHA-256 in hexadecimal. */
export const Fingerprint = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
