import * as v from 'valibot'

/**
 * The shapes of request bodies. Each message is the detail that the client reads after the field's name.
 * Messages never quote the input: it may hold what must not be repeated.
 */

/** Contract 3: `name` has 1 to 350 characters. Characters are code points, as in JSON Schema's maxLength. */
export const MAX_NAME_CHARACTERS = 350

/**
 * Hostnames in one request [ours]. The owners of a thousand names of 127 labels, the worst there is, took SQLite
 * 0.15 s to find among 10,000 zones; the real service has no documented limit.
 */
export const MAX_HOSTNAMES = 1_000

const typeMessage =
  (expected: string) =>
  ({ input }: { readonly input: unknown }): string =>
    `must be ${expected}, not ${jsonType(input)}`

const Text = v.pipe(
  v.string(typeMessage('a string')),
  v.check((text) => text.isWellFormed(), 'has half of a surrogate pair, which is no character'),
)

const Name = v.pipe(
  Text,
  // SQLite ends a text there when it measures or compares it.
  v.check((text) => !text.includes('\0'), 'has the character U+0000'),
  v.check(
    (name) => name !== '' && [...name].length <= MAX_NAME_CHARACTERS,
    ({ input }) => `must have 1 to ${MAX_NAME_CHARACTERS} characters, not ${[...input].length}`,
  ),
  v.metadata({ minLength: 1, maxLength: MAX_NAME_CHARACTERS }),
)

/** The count comes first: a body has room for a hundred thousand wrong items. */
const Hostnames = v.pipe(
  v.array(v.unknown(), typeMessage('an array of strings')),
  v.maxLength(MAX_HOSTNAMES, ({ input }) => `must have at most ${MAX_HOSTNAMES} hostnames, not ${input.length}`),
  v.array(Text),
)

/** With a path, it is a field that is missing; without one, the value itself is no object. */
const objectMessage = ({ input, path, expected }: v.ObjectIssue): string =>
  path === undefined || expected === 'Object' ? typeMessage('a JSON object')({ input }) : 'is required'

/** POST …/access/certificates. Null hostnames mean none, as in PUT. */
export const NewCertificateBody = v.object(
  { name: Name, certificate: Text, associated_hostnames: v.nullish(Hostnames) },
  objectMessage,
)

/** PUT …/access/certificates/{certificate_id}. Anything else in it is ignored, `certificate` too (contract 3). */
export const CertificateChangeBody = v.object(
  { name: v.nullish(Name), associated_hostnames: v.nullish(Hostnames) },
  objectMessage,
)

const Flag = v.nullish(v.boolean(typeMessage('true or false')))

/** An entry of the settings' PUT. */
export const SettingEntry = v.object(
  { hostname: Text, china_network: Flag, client_certificate_forwarding: Flag },
  objectMessage,
)

/** PUT …/access/certificates/settings. Missing and null flags are false. */
export const SettingsBody = v.object(
  {
    settings: v.nullish(
      v.pipe(
        v.array(v.unknown(), typeMessage('an array of objects')),
        v.maxLength(MAX_HOSTNAMES, ({ input }) => `must have at most ${MAX_HOSTNAMES} entries, not ${input.length}`),
        v.array(
          v.pipe(
            v.unknown(),
            // valibot takes an array for an object.
            v.check((entry) => !Array.isArray(entry), typeMessage('a JSON object')),
            SettingEntry,
          ),
        ),
      ),
    ),
  },
  objectMessage,
)

/** RFC 3339 with its offset: a local time would mean another moment elsewhere. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i

const Time = v.pipe(
  v.string(typeMessage('a string')),
  v.check((at) => TIME.test(at) && !Number.isNaN(Date.parse(at)), 'must be a time such as 2027-01-31T00:00:00Z'),
  v.metadata({ format: 'date-time' }),
)

/** POST /edge/v1/…/verify. `chain` and `certificate` are in any form of `edge/presented.ts`. */
export const VerifyBody = v.object(
  {
    hostname: Text,
    certificate: Text,
    chain: v.nullish(Text),
    at: v.nullish(Time),
    trace: Flag,
  },
  objectMessage,
)

/** PUT /edge/v1/…/hostnames/{hostname}. */
export const HostnameModeBody = v.object(
  {
    mode: v.picklist(['required', 'report', 'open'], 'must be "required", "report" or "open"'),
    until: v.nullish(Time),
  },
  objectMessage,
)

/** PUT /edge/v1/…/certificates/{certificate_id}/revocation. */
export const RevocationBody = v.pipe(
  v.object(
    {
      stale_policy: v.optional(v.picklist(['soft', 'hard'], 'must be "soft" or "hard"')),
      uncovered: v.optional(v.picklist(['allow', 'refuse'], 'must be "allow" or "refuse"')),
    },
    objectMessage,
  ),
  v.check((body) => Object.keys(body).length > 0, 'must have stale_policy, uncovered or both'),
)

/**
 * PUT /edge/v1/…/certificates/{certificate_id}/crl, where it is JSON. `crl` is PEM, or base64 of DER; `ca` is PEM of the CAs
 * that signed them, and of those that lead from them to the certificate's own.
 */
export const CrlBody = v.object({ crl: Text, ca: v.nullish(Text) }, objectMessage)

/** The JSON type of a value, with its article. */
export function jsonType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
