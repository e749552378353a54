import * as fc from 'fast-check'

/**
 * The description of a generated case, as plain data that can be printed, changed and used again. A CA is named by its
 * level: 0 is the root, and the numbers go up towards the leaf, which is below the last level.
 */
export interface Description {
  /** Intermediates between root and leaf. */
  readonly depth: number
  /** Level by level, the root first; `depth + 1` of them are used. */
  readonly cas: readonly CaTraits[]
  readonly leaf: LeafTraits
  /** Further certificates of the CAs, for the same name and key. */
  readonly crossSigns: readonly CrossSign[]
  /** CAs with the name and issuer of a CA of the chain, but another key. */
  readonly namesakes: readonly number[]
  readonly anchors: readonly AnchorChoice[]
  readonly presentation: Presentation
}

export type AnchorChoice = 'root' | 'other root' | 'stranger' | { readonly level: number }

export interface CrossSign {
  readonly level: number
  /** A level: the issuer is another CA of the chain, which makes circles. */
  readonly by: 'stranger' | 'other root' | number
  readonly traits: CaTraits
}

export interface Presentation {
  /** Sort keys: the order in which the intermediates are sent. */
  readonly order: readonly number[]
  /** Levels that are left out. */
  readonly missing: readonly number[]
  readonly extra: number
  readonly repeated: boolean
  readonly withRoot: boolean
  readonly withLeaf: boolean
}

export const EXT_KEY_USAGES = ['client', 'server', 'any', 'both'] as const
export const VALIDITIES = ['expired', 'future'] as const
export const SIGNINGS = ['P-256', 'P-384', 'RSA', 'Ed25519', 'RSA-PSS'] as const

interface CommonTraits {
  readonly signing?: (typeof SIGNINGS)[number]
  readonly validity?: (typeof VALIDITIES)[number]
  readonly extKeyUsage?: (typeof EXT_KEY_USAGES)[number]
  readonly unknownExtension?: 'critical' | 'not critical'
  readonly version1?: true
  readonly broken?: true
  readonly keyIdentifiers?: 'none' | 'wrong'
  readonly policies?: readonly string[]
}

export interface CaTraits extends CommonTraits {
  readonly basicConstraints?: 'none' | 'not a CA'
  readonly keyUsage?: 'none' | 'without keyCertSign'
  readonly pathLen?: number
  readonly selfIssued?: true
  readonly constraints?: readonly Constraint[]
  readonly names?: readonly string[]
  readonly requireExplicitPolicy?: number
}

export interface LeafTraits extends CommonTraits {
  readonly keyUsage?: 'digitalSignature' | 'keyAgreement' | 'keyEncipherment'
  /** Names of subjectAltName, in the notation of names.ts. */
  readonly names: readonly string[]
  readonly organization?: string
  readonly email?: string
  readonly isCa?: true
  readonly selfIssued?: true
  readonly constraints?: readonly Constraint[]
}

export interface Constraint {
  readonly list: 'permitted' | 'excluded'
  /** In the notation of differential-names.ts. */
  readonly base: string
}

const DNS_NAMES = [
  'dns:example.com',
  'dns:a.example.com',
  'dns:b.a.example.com',
  'dns:example.org',
  'dns:*.example.com',
]
const NAMES = [
  ...DNS_NAMES,
  'ip:192.0.2.1',
  'ip:198.51.100.7',
  'email:u@example.com',
  'email:u@a.example.org',
  'uri:https://a.example.com/x',
  'dir:Org',
  'dir:Other',
]
const BASES = [
  'dns:example.com',
  'dns:a.example.com',
  'dns:.example.com',
  'dns:org',
  'ip:192.0.2.0/24',
  'ip:0.0.0.0/0',
  'email:example.com',
  'email:.example.org',
  'email:u@example.com',
  'uri:a.example.com',
  'uri:.example.com',
  'dir:Org',
  'dir:Other',
]

/** A value that is mostly absent, so that a case has few faults and about half of the cases have none. */
const rarely = <T>(arbitrary: fc.Arbitrary<T>, oneIn: number): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

/** One of the usual values, but sometimes another one. */
const mostly = <T>(usual: readonly T[], unusual: readonly T[], oneIn: number): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: oneIn - 1, arbitrary: fc.constantFrom(...usual) },
    { weight: 1, arbitrary: fc.constantFrom(...unusual) },
  )

const constraint: fc.Arbitrary<Constraint> = fc.record({
  list: fc.constantFrom('permitted', 'permitted', 'excluded' as const),
  base: fc.constantFrom(...BASES),
})
const policies = fc.uniqueArray(fc.constantFrom('1.2.3.1', '1.2.3.2', '2.5.29.32.0'), { minLength: 1, maxLength: 2 })

const common = {
  signing: rarely(fc.constantFrom(...SIGNINGS), 4),
  validity: rarely(fc.constantFrom(...VALIDITIES), 60),
  unknownExtension: rarely(fc.constantFrom('critical', 'not critical', 'not critical'), 40),
  version1: rarely(fc.constant(true as const), 150),
  broken: rarely(fc.constant(true as const), 60),
  keyIdentifiers: rarely(fc.constantFrom('none', 'none', 'wrong' as const), 25),
  policies: rarely(policies, 5),
}

/** Drops undefined values, since descriptions are compared and printed. */
const dense = <T extends object>(traits: { [K in keyof T]: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(traits).filter(([, value]) => value !== undefined)) as T

const caTraits: fc.Arbitrary<CaTraits> = fc
  .record({
    ...common,
    extKeyUsage: rarely(fc.constantFrom('client', 'both', 'any', 'server' as const), 25),
    basicConstraints: rarely(fc.constantFrom('none', 'not a CA' as const), 60),
    keyUsage: rarely(fc.constantFrom('none', 'none', 'without keyCertSign' as const), 30),
    pathLen: rarely(fc.nat(6), 6),
    selfIssued: rarely(fc.constant(true as const), 20),
    constraints: rarely(fc.array(constraint, { minLength: 1, maxLength: 3 }), 10),
    names: rarely(fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 2 }), 20),
    requireExplicitPolicy: rarely(fc.nat(3), 60),
  })
  .map((traits) => dense<CaTraits>(traits))

const leafTraits: fc.Arbitrary<LeafTraits> = fc
  .record({
    ...common,
    extKeyUsage: mostly<CommonTraits['extKeyUsage']>(['client', 'client', 'both', undefined], ['server', 'any'], 12),
    keyUsage: mostly<LeafTraits['keyUsage']>(
      ['digitalSignature', 'digitalSignature', undefined],
      ['keyAgreement', 'keyEncipherment'],
      15,
    ),
    names: fc.array(fc.constantFrom(...NAMES), { maxLength: 3 }),
    organization: rarely(fc.constantFrom('Org', 'org', 'Other'), 3),
    email: rarely(fc.constantFrom('u@example.com', 'u@a.example.org'), 8),
    isCa: rarely(fc.constant(true as const), 30),
    selfIssued: rarely(fc.constant(true as const), 40),
    constraints: rarely(fc.array(constraint, { minLength: 1, maxLength: 1 }), 80),
  })
  .map((traits) => dense<LeafTraits>(traits))

/** Levels are drawn from 0 to 6, and reduced to the depth of the chain where they are used. */
const level = fc.nat(6)

const anchors: fc.Arbitrary<readonly AnchorChoice[]> = fc.oneof(
  { weight: 12, arbitrary: fc.constant(['root'] as const) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(['root', 'other root'], ['stranger', 'root'], ['other root'], ['stranger'] as const),
  },
  { weight: 1, arbitrary: level.map((at) => [{ level: at }] as const) },
)

const presentation: fc.Arbitrary<Presentation> = fc.record({
  order: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.nat(99), { minLength: 16, maxLength: 16 }) },
  ),
  missing: fc.oneof({ weight: 12, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: level.map((at) => [at]) }),
  extra: fc.constantFrom(0, 0, 0, 1, 3),
  repeated: fc.constantFrom(false, false, false, true),
  withRoot: fc.constantFrom(false, false, true),
  withLeaf: fc.constantFrom(false, false, false, true),
})

export const description: fc.Arbitrary<Description> = fc.record({
  depth: fc.constantFrom(0, 1, 1, 2, 2, 3, 3, 4, 5, 6),
  cas: fc.array(caTraits, { minLength: 7, maxLength: 7 }),
  leaf: leafTraits,
  crossSigns: fc.array(
    fc.record({ level, by: fc.oneof(fc.constantFrom('stranger', 'other root' as const), level), traits: caTraits }),
    { maxLength: 3, size: 'small' },
  ),
  namesakes: fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: level.map((at) => [at]) }),
  anchors,
  presentation,
})
