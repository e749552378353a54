import * as v from 'valibot'
import { parseHostname } from '../../core/hostname.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { CONDITIONS, type ConditionName, type IdentityRule } from '../../edge/identity-rules.ts'
import { Text, typeMessage } from '../../web/shapes.ts'
import { clearMailbox, comparableUri, hasPlainSegments, hostName } from '../../x509/index.ts'
import { parseSerial } from '../blocked-serials/serial-number.ts'
import type { SchemaFault } from '../fields.ts'

/**
 * Identity rules in requests. They let clients in, so they are read strictly: an unknown condition is refused, since without it
 * the rule would let more clients in, and so is a value that no certificate can match.
 */

/** [ours] At most in one hostname's list. A list is compiled and kept in the gateway's memory. */
export const MAX_RULES = 100
/** [ours] Characters of all rules of a hostname as they are stored, as in migrations/0017. */
const MAX_RULES_CHARACTERS = 16_384

/** A value in the form in which it is compared; undefined where it is not well formed. */
type Reader = (text: string) => string | undefined

interface ConditionForm {
  readonly read: Reader
  /** After the name of the field. */
  readonly message: string
  readonly description: string
}

const oid: Reader = (text) => (OID.test(text) && !ANY.has(text) ? text : undefined)
/** X.660: the first arc is 0, 1 or 2; no arc has leading zeros. MAX_OID_BYTES bounds it. */
const OID = /^(?=.{1,128}$)(?:[01]\.[1-3]?\d|2\.(?:0|[1-9]\d*))(?:\.(?:0|[1-9]\d*))*$/
/** anyPolicy and anyExtendedKeyUsage name nothing in particular. */
const ANY: ReadonlySet<string> = new Set(['2.5.29.32.0', '2.5.29.37.0'])
const OID_MESSAGE = 'must be an object identifier such as 1.3.6.1.4.1.311.20.2.2, and none that stands for any'

/** Digits in a row, or octets separated by colons as OpenSSL prints them. */
const SHA256 = /^(?:[0-9a-f]{64}|[0-9a-f]{2}(?::[0-9a-f]{2}){31})$/i
const sha256: Reader = (text) => (SHA256.test(text) ? text.replaceAll(':', '').toLowerCase() : undefined)
const SHA256_MESSAGE = 'must be a SHA-256 in hexadecimal: 64 digits, with or without colons'

/** [ours] RFC 5280 appendix A allows 64 characters; longer names are in use. */
const MAX_NAME_CHARACTERS = 256
const name: Reader = (text) =>
  text !== '' && text.length <= MAX_NAME_CHARACTERS && !/[\p{Cc}\p{Cf}]/u.test(text) ? text : undefined
const NAME_MESSAGE = `must be a text of 1 to ${MAX_NAME_CHARACTERS} characters, all of them visible: it is compared character by character`

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII starts with its controls
const ASCII = /^[\u0000-\u007f]*$/

/** A host name in A-label form and lower case. One label is enough. */
function domain(text: string): string | undefined {
  if (ASCII.test(text)) return hostName(text)
  const parsed = parseHostname(text)
  return parsed.ok ? parsed.value : undefined
}

function dns(text: string): string | undefined {
  const rest = text.startsWith('*.') ? text.slice(2) : text
  const host = domain(rest)
  return host === undefined ? undefined : text.slice(0, text.length - rest.length) + host
}

function email(text: string): string | undefined {
  const at = text.lastIndexOf('@')
  const host = at < 0 ? undefined : domain(text.slice(at + 1))
  if (host === undefined) return undefined
  return at === 0 ? `@${host}` : clearMailbox(`${text.slice(0, at)}@${host}`)
}

/** [ours] A SPIFFE ID has at most 2,048 bytes (SPIFFE-ID 2.3). */
const MAX_URI_CHARACTERS = 2_048
/** Scheme and authority; the path without its slash is what comes behind. */
const WITH_AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+\//

function uri(text: string): string | undefined {
  const prefix = text.endsWith('/*')
  const plain = prefix ? text.slice(0, -1) : text
  const comparable = text.length > MAX_URI_CHARACTERS || plain.includes('*') ? undefined : comparableUri(plain)
  const path = comparable?.replace(WITH_AUTHORITY, '')
  if (comparable === undefined || path === undefined) return undefined
  if (prefix) {
    const isBelow = path !== comparable && (path === '' || (path.endsWith('/') && hasPlainSegments(path.slice(0, -1))))
    return isBelow ? `${comparable}*` : undefined
  }
  // SPIFFE-ID 2: the path is plain and has no slash at its end. Who writes one wants all that is below.
  const isSpiffeId = !comparable.startsWith('spiffe:') || (path !== comparable && hasPlainSegments(path))
  return isSpiffeId ? comparable : undefined
}

const serial: Reader = (text) => {
  const read = parseSerial(text)
  return read.ok ? read.value : undefined
}

const FORMS: { readonly [C in ConditionName]: ConditionForm } = {
  common_name: { read: name, message: NAME_MESSAGE, description: 'The one commonName of the subject' },
  organization: { read: name, message: NAME_MESSAGE, description: 'An organizationName of the subject' },
  organizational_unit: { read: name, message: NAME_MESSAGE, description: 'An organizationalUnitName of the subject' },
  dns: {
    read: dns,
    message: 'must be a DNS name, or one with *. before it for any one label: *.clients.example.com',
    description: 'A dNSName of subjectAltName; *. stands for one label',
  },
  email: {
    read: email,
    message: 'must be a mailbox such as ada@example.com, or @example.com for all mailboxes of a domain',
    description: 'An rfc822Name of subjectAltName; @domain stands for all of its mailboxes',
  },
  uri: {
    read: uri,
    message:
      'must be a URI such as spiffe://example.org/ns/prod/sa/api, or one with /* at its end for all below: spiffe://example.org/ns/prod/*; no other *, and before /* no query, percent-encoding, empty segment or dot segment',
    description: 'A URI of subjectAltName; /* at its end stands for every path below',
  },
  serial_number: {
    read: serial,
    message:
      'must be a serial number in hexadecimal, with or without colons, or in decimal after dec:; it is unique below one CA only, so add issuer_key_sha256',
    description: 'The serial number. It is unique below one CA only: add issuer_key_sha256',
  },
  certificate_sha256: { read: sha256, message: SHA256_MESSAGE, description: 'SHA-256 of the certificate' },
  key_sha256: { read: sha256, message: SHA256_MESSAGE, description: 'SHA-256 of its SubjectPublicKeyInfo' },
  issuer_key_sha256: {
    read: sha256,
    message: SHA256_MESSAGE,
    description: 'SHA-256 of the SubjectPublicKeyInfo of the CA that signed it',
  },
  ext_key_usage: { read: oid, message: OID_MESSAGE, description: 'A purpose in extKeyUsage' },
  policy: { read: oid, message: OID_MESSAGE, description: 'A policy in certificatePolicies, valid for the path' },
}

const NAMES = Object.keys(CONDITIONS) as readonly ConditionName[]

/** A condition is absent, or a text: null would be a condition that the sender thinks to be there. */
const Condition = ({ read, message, description }: ConditionForm) =>
  v.exactOptional(
    v.pipe(
      Text,
      v.check((text) => read(text) !== undefined, message),
      v.description(description),
    ),
  )

const CONDITION_SHAPES = Object.fromEntries(NAMES.map((each) => [each, Condition(FORMS[each])])) as {
  readonly [C in ConditionName]: ReturnType<typeof Condition>
}

const IdentityRuleShape = v.pipe(
  v.looseObject(CONDITION_SHAPES, typeMessage('an object of conditions')),
  v.title('IdentityRule'),
  v.description('A client matches it that meets all of its conditions'),
  v.metadata({ additionalProperties: false, minProperties: 1 }),
)

/**
 * The faults of rules without a condition, or with an unknown one. The schema cannot find these: valibot passes over keys such as
 * `constructor`. @param rules as they came; undefined where the schema found a fault
 */
export function conditionFaults(rules: readonly (object | undefined)[]): readonly SchemaFault[] {
  return rules.flatMap((rule, index) => {
    const names = rule === undefined ? NAMES : Object.keys(rule)
    if (names.length > 0 && names.every((each) => Object.hasOwn(CONDITIONS, each))) return []
    const detail = `must have one condition or more, and nothing else: ${NAMES.join(', ')}`
    return [{ pointer: `/identities/${index}`, reason: 'schema', detail }]
  })
}

/** `identities` of a body; absent: they stay; null or []: every client with a valid certificate may enter. */
export const Identities = v.nullish(
  v.pipe(
    v.array(
      IdentityRuleShape,
      ({ input }) => `${typeMessage('an array of identity rules')({ input })}; [] stands for none`,
    ),
    v.maxLength(MAX_RULES, `must have at most ${MAX_RULES} rules`),
  ),
)

/** Identity rules in an answer. */
export const ShownIdentities = v.array(v.pipe(v.strictObject(CONDITION_SHAPES), v.title('IdentityRule')))

/**
 * Rules that `Identities` found sound, as they are stored: each value in the form in which it is compared, and conditions in one
 * order. JSON; null: none. A fault where that is too long: names may become longer than they were sent.
 */
export function storedIdentities(rules: readonly IdentityRule[]): Result<string | null, SchemaFault> {
  if (rules.length === 0) return ok(null)
  const stored = JSON.stringify(
    rules.map((rule) =>
      Object.fromEntries(
        NAMES.flatMap((each) => (rule[each] === undefined ? [] : [[each, FORMS[each].read(rule[each])]])),
      ),
    ),
  )
  if (stored.length <= MAX_RULES_CHARACTERS) return ok(stored)
  const detail = `must have at most ${MAX_RULES_CHARACTERS} characters of JSON in all`
  return fail({ pointer: '/identities', reason: 'schema', detail })
}
