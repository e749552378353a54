import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import {
  type Bytes,
  bits,
  bytes,
  explicit,
  implicit,
  int,
  nul,
  octets,
  oid,
  seq,
  set,
  time,
  utf8,
} from '../support/der.ts'
import { basicConstraints, type CertificateParts, certificate, extension, keyUsage } from '../support/pki.ts'
import { sequence } from '../support/x509/sequence.ts'
import type { AnchorChoice, CaTraits, Constraint, Description, LeafTraits } from './differential-description.ts'
import { generalName } from './differential-names.ts'

/** The certificates of a case, as DER. */
export interface Chain {
  readonly leaf: Bytes
  readonly intermediates: readonly Bytes[]
  readonly anchors: readonly Bytes[]
}

type Kind = NonNullable<CaTraits['signing']>

interface Keys {
  readonly id: number
  readonly kind: Kind
  readonly privateKey: KeyObject
  readonly spki: Bytes
}

/** Makes keys when they are first asked for, and keeps them: RSA keys take long. */
const KEYS = new Map<string, Keys>()

/** Which key of a kind: each level has one of its own, and the other CAs and namesakes have others. */
function keysOf(kind: Kind, number: number): Keys {
  const name = `${kind} ${number}`
  const known = KEYS.get(name)
  if (known !== undefined) return known
  const { privateKey, publicKey } = generate(kind)
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
  const keys = { id: KEYS.size, kind, privateKey, spki }
  KEYS.set(name, keys)
  return keys
}

function generate(kind: Kind): { privateKey: KeyObject; publicKey: KeyObject } {
  switch (kind) {
    case 'P-256':
    case 'P-384':
      return generateKeyPairSync('ec', { namedCurve: kind })
    case 'Ed25519':
      return generateKeyPairSync('ed25519')
    default:
      return generateKeyPairSync('rsa', { modulusLength: 2048 })
  }
}

const SHA256 = seq(oid('2.16.840.1.101.3.4.2.1'), nul())
const PSS = seq(explicit(0, SHA256), explicit(1, seq(oid('1.2.840.113549.1.1.8'), SHA256)), explicit(2, int(32)))
const IDENTIFIERS: Readonly<Record<Kind, Bytes>> = {
  'P-256': seq(oid('1.2.840.10045.4.3.2')),
  'P-384': seq(oid('1.2.840.10045.4.3.3')),
  RSA: seq(oid('1.2.840.113549.1.1.11'), nul()),
  'RSA-PSS': seq(oid('1.2.840.113549.1.1.10'), PSS),
  Ed25519: seq(oid('1.3.101.112')),
}

function signature({ kind, privateKey }: Keys, tbs: Bytes): Bytes {
  switch (kind) {
    case 'Ed25519':
      return new Uint8Array(sign(null, tbs, privateKey))
    case 'RSA-PSS':
      return new Uint8Array(
        sign('sha256', tbs, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
      )
    default:
      return new Uint8Array(sign(kind === 'P-384' ? 'sha384' : 'sha256', tbs, privateKey))
  }
}

interface Subject {
  readonly name: Bytes
  readonly keys: Keys
}

let serial = 1

function issue(subject: Subject, issuer: Subject, parts: CertificateParts, broken: boolean): Bytes {
  serial += 1
  const filled: CertificateParts = {
    serial: int(serial),
    algorithm: IDENTIFIERS[issuer.keys.kind],
    issuer: issuer.name,
    subject: subject.name,
    spki: subject.keys.spki,
    ...parts,
  }
  const [tbs = bytes()] = sequence(certificate({ ...filled, signature: bits(bytes([0])) }))
  const signed = signature(issuer.keys, tbs)
  if (broken) signed[signed.length - 1] = (signed.at(-1) ?? 0) ^ 1
  return certificate({ ...filled, signature: bits(signed) })
}

const KEY_PURPOSES = {
  client: ['1.3.6.1.5.5.7.3.2'],
  server: ['1.3.6.1.5.5.7.3.1'],
  any: ['2.5.29.37.0'],
  both: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
}
const LEAF_KEY_USAGES = {
  digitalSignature: keyUsage(0x80, 7),
  keyAgreement: keyUsage(0x08, 3),
  keyEncipherment: keyUsage(0x20, 5),
}

function validity(kind: CaTraits['validity']): Pick<CertificateParts, 'notBefore' | 'notAfter'> {
  if (kind === 'expired') return { notAfter: time('2026-05-31T00:00:00Z') }
  return kind === 'future' ? { notBefore: time('2026-06-02T00:00:00Z') } : {}
}

function commonExtensions(traits: CaTraits | LeafTraits, subject: Subject, issuer: Subject): Bytes[] {
  const found: Bytes[] = []
  if (traits.keyIdentifiers !== 'none') {
    found.push(extension('2.5.29.14', octets(bytes([1, subject.keys.id]))))
    found.push(extension('2.5.29.35', seq(implicit(0, [traits.keyIdentifiers === 'wrong' ? 2 : 1, issuer.keys.id]))))
  }
  if (traits.extKeyUsage !== undefined) {
    found.push(extension('2.5.29.37', seq(...KEY_PURPOSES[traits.extKeyUsage].map(oid))))
  }
  if (traits.unknownExtension !== undefined) {
    found.push(extension('1.3.6.1.4.1.55738.1', nul(), traits.unknownExtension === 'critical'))
  }
  if (traits.policies !== undefined)
    found.push(extension('2.5.29.32', seq(...traits.policies.map((id) => seq(oid(id))))))
  if (traits.constraints !== undefined) found.push(nameConstraints(traits.constraints))
  if (traits.names !== undefined && traits.names.length > 0) {
    found.push(extension('2.5.29.17', seq(...traits.names.map(generalName))))
  }
  return found
}

function nameConstraints(constraints: readonly Constraint[]): Bytes {
  const subtrees = (list: Constraint['list'], number: number) => {
    const bases = constraints.filter((constraint) => constraint.list === list).map(({ base }) => seq(generalName(base)))
    return bases.length === 0 ? bytes() : explicit(number, ...bases)
  }
  return extension('2.5.29.30', seq(subtrees('permitted', 0), subtrees('excluded', 1)), true)
}

function caExtensions(traits: CaTraits, subject: Subject, issuer: Subject): readonly Bytes[] {
  const found = commonExtensions(traits, subject, issuer)
  if (traits.basicConstraints === undefined) found.push(basicConstraints(true, traits.pathLen))
  if (traits.basicConstraints === 'not a CA') found.push(basicConstraints(false))
  if (traits.keyUsage === undefined) found.push(keyUsage(0x06, 1))
  if (traits.keyUsage === 'without keyCertSign') found.push(keyUsage(0x82, 1))
  if (traits.requireExplicitPolicy !== undefined) {
    found.push(extension('2.5.29.36', seq(implicit(0, [traits.requireExplicitPolicy])), true))
  }
  return found
}

function leafExtensions(traits: LeafTraits, subject: Subject, issuer: Subject): readonly Bytes[] {
  const found = commonExtensions(traits, subject, issuer)
  if (traits.isCa) found.push(basicConstraints(true))
  if (traits.keyUsage !== undefined) found.push(LEAF_KEY_USAGES[traits.keyUsage])
  return found
}

const versionParts = (traits: CaTraits | LeafTraits) => (traits.version1 ? { version: null, extensions: null } : {})

const commonName = (cn: string): Bytes => set(seq(oid('2.5.4.3'), utf8(cn)))

/** Makes the certificates that a description asks for. */
export function makeChain(description: Description): Chain {
  const levels = Math.min(description.cas.length, description.depth + 1)
  const at = (level: number) => level % levels
  const traits = (level: number): CaTraits => description.cas[level] ?? {}
  const subjects = subjectsOf(levels, traits)
  const [root] = subjects
  if (root === undefined) throw new Error('a chain without a root')
  const stranger: Subject = { name: seq(commonName('Stranger')), keys: keysOf('P-256', 20) }
  const other: Subject = { name: seq(commonName('Other Root')), keys: keysOf('P-256', 21) }
  const subject = (level: number) => subjects[level] ?? root
  const issueCa = (own: Subject, by: Subject, given: CaTraits) =>
    issue(
      own,
      by,
      { extensions: caExtensions(given, own, by), ...validity(given.validity), ...versionParts(given) },
      given.broken ?? false,
    )

  const cas = subjects.map((own, level) => issueCa(own, level === 0 ? own : subject(level - 1), traits(level)))
  const otherRoot = issueCa(other, other, {})
  const strangerRoot = issueCa(stranger, stranger, {})
  const crossSigns = description.crossSigns.map(({ level, by, traits: given }) => {
    const issuer = by === 'stranger' ? stranger : by === 'other root' ? other : subject(at(by))
    return issueCa(subject(at(level)), issuer, given)
  })
  const namesakes = description.namesakes.map((level) =>
    issueCa({ name: subject(at(level)).name, keys: keysOf('P-256', 30) }, subject(Math.max(0, at(level) - 1)), {}),
  )
  const leaf = issueLeaf(description.leaf, subject(levels - 1))
  const { missing, extra, repeated, withRoot, withLeaf, order } = description.presentation
  const present = cas.filter((_, level) => (level === 0 ? withRoot : !missing.some((gone) => at(gone) === level)))
  const extras = Array.from({ length: extra }, (_, i) =>
    issueCa({ name: seq(commonName(`Extra ${i}`)), keys: stranger.keys }, other, {}),
  )
  const sent = [...present.reverse(), ...crossSigns, ...namesakes, ...extras]
  const all = [...sent, ...(repeated ? sent : []), ...(withLeaf ? [leaf] : [])]
  const anchorOf = (choice: AnchorChoice): Bytes => {
    if (choice === 'root') return cas[0] ?? otherRoot
    if (choice === 'other root') return otherRoot
    return choice === 'stranger' ? strangerRoot : (cas[at(choice.level)] ?? otherRoot)
  }
  return { leaf, intermediates: reordered(all, order), anchors: description.anchors.map(anchorOf) }
}

/** Names and keys of the CAs. A self-issued one takes the name of the CA above, with a key of its own. */
function subjectsOf(levels: number, traits: (level: number) => CaTraits): readonly Subject[] {
  const subjects: Subject[] = []
  for (let level = 0; level < levels; level += 1) {
    const above = subjects.at(-1)
    const { selfIssued, signing = 'P-256' } = traits(level)
    const name = selfIssued && above !== undefined ? above.name : seq(commonName(`CA ${level}`))
    subjects.push({ name, keys: keysOf(signing, level) })
  }
  return subjects
}

function issueLeaf(traits: LeafTraits, issuer: Subject): Bytes {
  const rdns = [
    ...(traits.organization === undefined ? [] : [set(seq(oid('2.5.4.10'), utf8(traits.organization)))]),
    commonName('client'),
    ...(traits.email === undefined
      ? []
      : [
          set(
            seq(
              oid('1.2.840.113549.1.9.1'),
              bytes([0x16, traits.email.length], new TextEncoder().encode(traits.email)),
            ),
          ),
        ]),
  ]
  const own: Subject = {
    name: traits.selfIssued ? issuer.name : seq(...rdns),
    keys: keysOf(traits.signing ?? 'P-256', 10),
  }
  const extensions = leafExtensions(traits, own, issuer)
  const parts = {
    extensions: extensions.length > 0 ? extensions : null,
    ...validity(traits.validity),
    ...versionParts(traits),
  }
  return issue(own, issuer, parts, traits.broken ?? false)
}

function reordered(certificates: readonly Bytes[], order: readonly number[]): readonly Bytes[] {
  return certificates
    .map((der, i) => ({ der, key: order[i % Math.max(1, order.length)] ?? 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ der }) => der)
}
