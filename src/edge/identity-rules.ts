import { type Holder, uriBelow } from '../x509/index.ts'

/**
 * The conditions of an identity rule, each with the values of a client that it is compared with. A client has several values of
 * some: one that matches is enough.
 */
export const CONDITIONS = {
  common_name: 'commonName',
  organization: 'organization',
  organizational_unit: 'organizationalUnit',
  dns: 'dns',
  email: 'email',
  uri: 'uri',
  serial_number: 'serialNumber',
  certificate_sha256: 'certificateSha256',
  key_sha256: 'keySha256',
  issuer_key_sha256: 'issuerKeySha256',
  ext_key_usage: 'extKeyUsage',
  policy: 'policy',
} as const satisfies Readonly<Record<string, keyof Holder>>

export type ConditionName = keyof typeof CONDITIONS

/** One rule on the wire and in the database, where its values have the form in which they are compared. */
export type IdentityRule = { readonly [C in ConditionName]?: string | undefined }

/** Whether a client has the value that is asked for. */
type Condition = (holder: Holder) => boolean

/**
 * Memory of a hostname's rules for each character of their text, that text included, in bytes. Measured in Node: 25 for rules of one
 * condition with a value of two characters, 10 for longer ones.
 */
const BYTES_PER_CHARACTER = 28

/** Which clients of a hostname may enter, of those with a valid certificate. They are compiled once, when first asked. */
export class IdentityRules {
  /** The most memory that they take, in bytes. */
  readonly bytes: number
  readonly #json: string
  #rules: readonly IdentityRule[] | undefined
  #compiled: readonly (readonly Condition[])[] | undefined

  /** @param json as they are stored: an array of rules */
  constructor(json: string) {
    this.#json = json
    this.bytes = BYTES_PER_CHARACTER * json.length
  }

  get list(): readonly IdentityRule[] {
    this.#rules ??= JSON.parse(this.#json) as readonly IdentityRule[]
    return this.#rules
  }

  /** Whether a client matches a rule: all conditions of it. A rule without conditions, or with an unknown one, matches nobody. */
  admit(holder: Holder): boolean {
    this.#compiled ??= this.list.map((rule) => Object.entries(rule).map(([name, wanted]) => conditionOf(name, wanted)))
    return this.#compiled.some((rule) => rule.length > 0 && rule.every((condition) => condition(holder)))
  }
}

function conditionOf(name: string, wanted: unknown): Condition {
  if (!isCondition(name) || typeof wanted !== 'string' || wanted === '') return () => false
  const matches = matcherOf(name, wanted)
  return (holder) => holder[CONDITIONS[name]].some(matches)
}

/** A condition of later code is unknown after a rollback. */
function isCondition(name: string): name is ConditionName {
  return Object.hasOwn(CONDITIONS, name)
}

/** What a value must be. All values are in the form in which they are compared, so that equality of texts is enough. */
function matcherOf(name: ConditionName, wanted: string): (value: string) => boolean {
  // `*.` stands for one label, `@domain` for every mailbox of the domain, and `/*` for every path below.
  if (name === 'dns' && wanted.startsWith('*.')) {
    const rest = wanted.slice(1)
    return (value) => value.endsWith(rest) && value.indexOf('.') === value.length - rest.length
  }
  if (name === 'email' && wanted.startsWith('@')) {
    return (value) => value.slice(value.lastIndexOf('@')) === wanted
  }
  if (name === 'uri' && wanted.endsWith('/*')) {
    const prefix = wanted.slice(0, -1)
    return (value) => uriBelow(value, prefix)
  }
  return (value) => value === wanted
}
