import type { CaTraits, Description, LeafTraits } from './differential-description.ts'

const LEAF: LeafTraits = { extKeyUsage: 'client', keyUsage: 'digitalSignature', names: [] }
const PRESENTED = { order: [], missing: [], extra: 0, repeated: false, withRoot: false, withLeaf: false }

/** A sound chain of root, CA and leaf, except for the given parts. */
function chain(leaf: Partial<LeafTraits>, ca: CaTraits = {}, root: CaTraits = {}): Description {
  return {
    depth: 1,
    cas: [root, ca],
    leaf: { ...LEAF, ...leaf },
    crossSigns: [],
    namesakes: [],
    anchors: ['root'],
    presentation: PRESENTED,
  }
}

/** One case for each known class on which OpenSSL differs. If OpenSSL agrees one day, delete the class. */
export const WITNESSES: Readonly<Record<string, Description>> = {
  'one-path': {
    ...chain({}, { extKeyUsage: 'server' }),
    crossSigns: [{ level: 1, by: 0, traits: {} }],
  },
  'key-agreement-only': chain({ keyUsage: 'keyAgreement' }),
  'leaf-name-constraints': chain({ constraints: [{ list: 'excluded', base: 'dns:example.com' }] }),
  'explicit-policy': chain({}, { requireExplicitPolicy: 0 }),
  'no-basic-constraints': chain({}, {}, { basicConstraints: 'none' }),
  'excluded-wildcard': chain(
    { names: ['dns:*.example.com'] },
    { constraints: [{ list: 'excluded', base: 'dns:a.example.com' }] },
  ),
  'key-identifiers-differ': chain({ keyIdentifiers: 'wrong' }),
  'ca-any-purpose': chain({}, { extKeyUsage: 'any' }),
  'ca-leaf-key-usage': chain({ isCa: true, keyUsage: 'keyEncipherment' }),
  'self-issued-without-identifiers': chain({ selfIssued: true, keyIdentifiers: 'none' }),
}
