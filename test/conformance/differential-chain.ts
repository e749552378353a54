import { signedCertificate } from '../../src/testing/certificate.ts'
import { ascii, type Bytes, implicit, nul, seq, time, tlv } from '../../src/testing/der.ts'
import {
  authorityKeyIdentifier,
  basicConstraints,
  certificatePolicies,
  extension,
  extKeyUsage,
  keyUsage,
  name,
  nameConstraints,
  nameOf,
  subjectAltName,
  subjectKeyIdentifier,
} from '../../src/testing/extensions.ts'
import { ecdsa, ed25519, type Keys, newKeys, rsaPkcs1, rsaPss, type Signing } from '../../src/testing/keys.ts'
import { type CertificateParts, rootFields } from '../support/pki.ts'
import type { AnchorChoice, CaTraits, Constraint, Description, LeafTraits } from './differential-description.ts'
import { generalName } from './differential-names.ts'

/** The certificates of a case, as DER. */
export interface Chain {
  readonly leaf: Bytes
  readonly intermediates: readonly Bytes[]
  readonly anchors: readonly Bytes[]
}

type Kind = NonNullable<CaTraits['signing']>

const SIGNINGS: Readonly<Record<Kind, Signing>> = {
  'P-256': ecdsa('P-256', 256),
  'P-384': ecdsa('P-384', 384),
  RSA: rsaPkcs1(256),
  'RSA-PSS': rsaPss(256, 32),
  Ed25519: ed25519(),
}

/** A name and a key; `id` tells the key from the others. */
interface Subject {
  readonly name: Bytes
  readonly id: number
  readonly keys: Promise<Keys>
}

/** Makes each key when it is first needed, and keeps it, since RSA keys are slow to make. */
const KEYS = new Map<string, Pick<Subject, 'id' | 'keys'>>()

/** Which key of a type: each level has its own, and the other CAs and namesakes have others. */
function keysOf(kind: Kind, number: number): Pick<Subject, 'id' | 'keys'> {
  const known = KEYS.get(`${kind} ${number}`)
  if (known !== undefined) return known
  const made = { id: KEYS.size, keys: newKeys(SIGNINGS[kind]) }
  KEYS.set(`${kind} ${number}`, made)
  return made
}

async function issue(subject: Subject, issuer: Subject, parts: CertificateParts): Promise<Bytes> {
  const [own, above] = await Promise.all([subject.keys, issuer.keys])
  const { identifier: algorithm } = above.signing
  const fields = { algorithm, issuer: issuer.name, subject: subject.name, spki: own.spki, ...parts }
  return signedCertificate(rootFields(fields), above)
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
    found.push(subjectKeyIdentifier(Uint8Array.of(1, subject.id)))
    found.push(authorityKeyIdentifier(Uint8Array.of(traits.keyIdentifiers === 'wrong' ? 2 : 1, issuer.id)))
  }
  if (traits.extKeyUsage !== undefined) found.push(extKeyUsage(...KEY_PURPOSES[traits.extKeyUsage]))
  if (traits.unknownExtension !== undefined) {
    found.push(extension('1.3.6.1.4.1.55738.1', nul(), traits.unknownExtension === 'critical'))
  }
  if (traits.policies !== undefined) found.push(certificatePolicies(...traits.policies))
  if (traits.constraints !== undefined) found.push(constrained(traits.constraints))
  if (traits.names !== undefined && traits.names.length > 0) {
    found.push(subjectAltName(traits.names.map(generalName)))
  }
  return found
}

function constrained(constraints: readonly Constraint[]): Bytes {
  const bases = (list: Constraint['list']) => {
    const found = constraints.filter((constraint) => constraint.list === list)
    return found.length > 0 && { [list]: found.map(({ base }) => generalName(base)) }
  }
  return nameConstraints({ ...bases('permitted'), ...bases('excluded') })
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

/** Makes the certificates that a description asks for. */
export async function makeChain(description: Description): Promise<Chain> {
  const levels = Math.min(description.cas.length, description.depth + 1)
  const at = (level: number) => level % levels
  const traits = (level: number): CaTraits => description.cas[level] ?? {}
  const subjects = subjectsOf(levels, traits)
  const [root] = subjects
  if (root === undefined) throw new Error('a chain without a root')
  const stranger: Subject = { name: name('Stranger'), ...keysOf('P-256', 20) }
  const other: Subject = { name: name('Other Root'), ...keysOf('P-256', 21) }
  const subject = (level: number) => subjects[level] ?? root
  const issueCa = (own: Subject, by: Subject, given: CaTraits) =>
    issue(own, by, {
      extensions: caExtensions(given, own, by),
      ...validity(given.validity),
      ...versionParts(given),
      breakSignature: given.broken ?? false,
    })

  const cas = await Promise.all(
    subjects.map((own, level) => issueCa(own, level === 0 ? own : subject(level - 1), traits(level))),
  )
  const otherRoot = await issueCa(other, other, {})
  const strangerRoot = await issueCa(stranger, stranger, {})
  const crossSigns = await Promise.all(
    description.crossSigns.map(({ level, by, traits: given }) => {
      const issuer = by === 'stranger' ? stranger : by === 'other root' ? other : subject(at(by))
      return issueCa(subject(at(level)), issuer, given)
    }),
  )
  const namesakes = await Promise.all(
    description.namesakes.map((level) =>
      issueCa({ name: subject(at(level)).name, ...keysOf('P-256', 30) }, subject(Math.max(0, at(level) - 1)), {}),
    ),
  )
  const leaf = await issueLeaf(description.leaf, subject(levels - 1))
  const { missing, extra, repeated, withRoot, withLeaf, order } = description.presentation
  const present = cas.filter((_, level) => (level === 0 ? withRoot : !missing.some((gone) => at(gone) === level)))
  const extras = await Promise.all(
    Array.from({ length: extra }, (_, i) => issueCa({ ...stranger, name: name(`Extra ${i}`) }, other, {})),
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

/** Names and keys of the CAs. A self-issued CA has the name of the CA above, and its own key. */
function subjectsOf(levels: number, traits: (level: number) => CaTraits): readonly Subject[] {
  const subjects: Subject[] = []
  for (let level = 0; level < levels; level += 1) {
    const above = subjects.at(-1)
    const { selfIssued, signing = 'P-256' } = traits(level)
    const own = selfIssued && above !== undefined ? above.name : name(`CA ${level}`)
    subjects.push({ name: own, ...keysOf(signing, level) })
  }
  return subjects
}

function issueLeaf(traits: LeafTraits, issuer: Subject): Promise<Bytes> {
  const subject = nameOf(
    ...(traits.organization === undefined ? [] : [['2.5.4.10', traits.organization] as const]),
    ['2.5.4.3', 'client'],
    ...(traits.email === undefined ? [] : [['1.2.840.113549.1.9.1', tlv(0x16, ascii(traits.email))] as const]),
  )
  const own: Subject = {
    name: traits.selfIssued ? issuer.name : subject,
    ...keysOf(traits.signing ?? 'P-256', 10),
  }
  const extensions = leafExtensions(traits, own, issuer)
  return issue(own, issuer, {
    extensions: extensions.length > 0 ? extensions : null,
    ...validity(traits.validity),
    ...versionParts(traits),
    breakSignature: traits.broken ?? false,
  })
}

function reordered(certificates: readonly Bytes[], order: readonly number[]): readonly Bytes[] {
  return certificates
    .map((der, i) => ({ der, key: order[i % Math.max(1, order.length)] ?? 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ der }) => der)
}
