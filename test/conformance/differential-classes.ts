import type { CaTraits, Description, LeafTraits } from './differential-description.ts'

/**
 * A kind of case on which OpenSSL and this verifier are known to differ. docs/conformance.md lists each with its reason.
 * The trait alone does not explain a disagreement: without the trait, both must accept the case.
 */
export interface DivergenceClass {
  readonly name: string
  /** What this verifier does, while OpenSSL does the opposite. */
  readonly ours: 'accepts' | 'refuses'
  /** The case without the trait; undefined if the case does not have it. */
  readonly without: (description: Description) => Description | undefined
}

/** Changes every CA certificate that has a trait, cross-signed ones included; undefined when none has. */
function mapCas(
  description: Description,
  has: (traits: CaTraits) => boolean,
  change: (traits: CaTraits) => CaTraits,
): Description | undefined {
  const used = description.cas.slice(0, description.depth + 1)
  if (![...used, ...description.crossSigns.map(({ traits }) => traits)].some(has)) return undefined
  const changed = (traits: CaTraits) => (has(traits) ? change(traits) : traits)
  return {
    ...description,
    cas: description.cas.map(changed),
    crossSigns: description.crossSigns.map((sign) => ({ ...sign, traits: changed(sign.traits) })),
  }
}

function mapLeaf(
  description: Description,
  has: (traits: LeafTraits) => boolean,
  change: (traits: LeafTraits) => LeafTraits,
): Description | undefined {
  return has(description.leaf) ? { ...description, leaf: change(description.leaf) } : undefined
}

/** Changes leaf and CAs: for traits that any certificate may have. */
function mapAll(
  description: Description,
  has: (traits: CaTraits | LeafTraits) => boolean,
  change: <T extends CaTraits | LeafTraits>(traits: T) => T,
): Description | undefined {
  const withLeaf = mapLeaf(description, has, change)
  return mapCas(withLeaf ?? description, has, change) ?? withLeaf
}

const omit = <T extends object, K extends keyof T>(traits: T, ...keys: readonly K[]): T =>
  Object.fromEntries(Object.entries(traits).filter(([key]) => !(keys as readonly string[]).includes(key))) as T

/**
 * Version 3 in place of 1. A certificate of version 1 has no extensions, so the extensions that were drawn for it are
 * removed: the result is a plain certificate.
 */
function asVersion3<T extends CaTraits | LeafTraits>(traits: T): T {
  if (traits.version1 !== true) return traits
  const kept = ['signing', 'validity', 'broken', 'selfIssued', 'organization', 'email', 'names']
  const plain = Object.entries(traits).filter(([key]) => kept.includes(key))
  return Object.fromEntries(plain.map(([key, value]) => [key, key === 'names' ? [] : value])) as T
}

/** Whether a certificate is named like its issuer: the leaf, or a CA below the root. */
function hasSelfIssued({ leaf, cas, depth }: Description): boolean {
  return leaf.selfIssued === true || cas.slice(1, depth + 1).some(({ selfIssued }) => selfIssued === true)
}

export const CLASSES: readonly DivergenceClass[] = [
  {
    name: 'key-agreement-only',
    ours: 'refuses',
    without: (given) =>
      mapLeaf(
        given,
        ({ keyUsage }) => keyUsage === 'keyAgreement',
        (traits) => ({ ...traits, keyUsage: 'digitalSignature' }),
      ),
  },
  {
    name: 'leaf-name-constraints',
    ours: 'refuses',
    without: (given) =>
      mapLeaf(
        given,
        ({ constraints }) => constraints !== undefined,
        (traits) => omit(traits, 'constraints'),
      ),
  },
  {
    name: 'explicit-policy',
    ours: 'refuses',
    without: (given) =>
      mapCas(
        given,
        ({ requireExplicitPolicy }) => requireExplicitPolicy !== undefined,
        (traits) => omit(traits, 'requireExplicitPolicy'),
      ),
  },
  {
    name: 'no-basic-constraints',
    ours: 'refuses',
    without: (given) =>
      mapCas(
        given,
        ({ basicConstraints, version1 }) => basicConstraints === 'none' || version1 === true,
        // Version 1 also hid its pathLen.
        (traits) => omit(asVersion3(traits), 'basicConstraints', 'pathLen'),
      ),
  },
  {
    name: 'excluded-wildcard',
    ours: 'refuses',
    without: (given) =>
      mapLeaf(
        given,
        ({ names }) => names.includes('dns:*.example.com'),
        (traits) => ({ ...traits, names: traits.names.filter((name) => name !== 'dns:*.example.com') }),
      ),
  },
  {
    name: 'key-identifiers-differ',
    ours: 'accepts',
    without: (given) =>
      mapAll(
        given,
        ({ keyIdentifiers }) => keyIdentifiers === 'wrong',
        (traits) => omit(traits, 'keyIdentifiers'),
      ),
  },
  {
    name: 'ca-any-purpose',
    ours: 'accepts',
    without: (given) =>
      mapCas(
        given,
        ({ extKeyUsage }) => extKeyUsage === 'any',
        (traits) => ({ ...traits, extKeyUsage: 'both' }),
      ),
  },
  {
    name: 'ca-leaf-key-usage',
    ours: 'accepts',
    without: (given) =>
      mapLeaf(
        given,
        ({ isCa, keyUsage }) => isCa === true && keyUsage === 'keyEncipherment',
        (traits) => ({ ...traits, keyUsage: 'digitalSignature' }),
      ),
  },
  {
    name: 'self-issued-without-identifiers',
    ours: 'accepts',
    without: (given) =>
      hasSelfIssued(given)
        ? mapAll(
            given,
            ({ version1, keyIdentifiers }) => version1 === true || keyIdentifiers === 'none',
            (traits) => omit(asVersion3(traits), 'keyIdentifiers'),
          )
        : undefined,
  },
]

/** A case without the traits of some classes, and the names of these classes. */
export interface Reduced {
  readonly names: readonly string[]
  readonly description: Description
}

/**
 * The case without each trait of a known class, and without all of them. Empty if the case has none.
 */
export function reductions(description: Description, ours: DivergenceClass['ours']): readonly Reduced[] {
  const single: Reduced[] = []
  let all = description
  for (const { name, ours: direction, without } of CLASSES) {
    const alone = direction === ours ? without(description) : undefined
    if (alone === undefined) continue
    single.push({ names: [name], description: alone })
    all = without(all) ?? all
  }
  return single.length < 2 ? single : [...single, { names: single.flatMap(({ names }) => names), description: all }]
}
