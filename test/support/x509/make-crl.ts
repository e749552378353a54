import { type Bytes, bits, bytes, explicit, int, oid, pem, seq, time, tlv } from '../der.ts'
import { extension } from '../pki.ts'
import { type Issued, sign } from './chain.ts'

/** CRLs for tests, really signed, in workerd and in Node. They hold what they are told, also what no CRL may. */

export const CRL_NUMBER_OID = '2.5.29.20'
export const crlNumber = (value: number | bigint | Bytes, critical?: boolean): Bytes =>
  extension(CRL_NUMBER_OID, int(value), critical)
export const reasonCode = (reason: number, critical?: boolean): Bytes =>
  extension('2.5.29.21', tlv(0x0a, [reason]), critical)
/** issuingDistributionPoint of these members, each under its implicit tag. */
export const issuingDistributionPoint = (members: readonly Bytes[], critical = true): Bytes =>
  extension('2.5.29.28', seq(...members), critical)

/** One revoked certificate. Its serial number is what int() takes, or the content octets as they are to stand. */
export interface EntryParts {
  readonly serial: number | bigint | Bytes
  /** Time, as DER. */
  readonly revokedAt?: Bytes
  /** CRLReason; default: no reasonCode. */
  readonly reason?: number
  /** crlEntryExtensions besides the reason. */
  readonly extensions?: readonly Bytes[]
}

/** The parts of a CRL, each as DER where it is no list: a test replaces the one it is about. Null: left out. */
export interface CrlParts {
  readonly version?: Bytes | null
  readonly algorithm?: Bytes
  /** The outer signatureAlgorithm, where it is to differ. */
  readonly outerAlgorithm?: Bytes
  readonly issuer?: Bytes
  readonly thisUpdate?: Bytes
  readonly nextUpdate?: Bytes | null
  /** Entries, or the content of revokedCertificates; an empty list leaves the field out. */
  readonly revoked?: readonly EntryParts[] | Bytes
  /** cRLNumber. */
  readonly number?: number | bigint
  /** Instead of cRLNumber alone; null: no crlExtensions. */
  readonly extensions?: readonly Bytes[] | null
  /** After cRLNumber, where `extensions` is not given. */
  readonly moreExtensions?: readonly Bytes[]
  readonly afterTbs?: Bytes
  /** Instead of the real one: a BIT STRING. */
  readonly signature?: Bytes
  readonly breakSignature?: boolean
  readonly after?: Bytes
}

export const REVOKED_AT = time('2026-05-01T12:00:00Z')

export function entry({ serial, revokedAt = REVOKED_AT, reason, extensions = [] }: EntryParts): Bytes {
  const all = [...(reason === undefined ? [] : [reasonCode(reason)]), ...extensions]
  return seq(int(serial), revokedAt, ...(all.length === 0 ? [] : [seq(...all)]))
}

/** The DER of a CRL that the CA signed: number 1, valid from a day before NOW to 30 days after, but for its parts. */
export async function issueCrl(by: Pick<Issued, 'subject' | 'keys'>, parts: CrlParts = {}): Promise<Bytes> {
  const { algorithm = by.keys.signing.identifier, outerAlgorithm = algorithm, breakSignature, after = bytes() } = parts
  const tbs = tbsCertList(by, algorithm, parts)
  const signature = await sign(tbs, by.keys)
  if (breakSignature) signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1
  return sequenceOf([tbs, outerAlgorithm, parts.signature ?? bits(signature), after])
}

/** The same in PEM. */
export async function issueCrlPem(by: Pick<Issued, 'subject' | 'keys'>, parts: CrlParts = {}): Promise<string> {
  return pem(await issueCrl(by, parts), 'X509 CRL')
}

function tbsCertList(by: Pick<Issued, 'subject'>, algorithm: Bytes, parts: CrlParts): Bytes {
  const { version = int(1), issuer = by.subject, thisUpdate = time('2026-05-31T00:00:00Z'), revoked = [] } = parts
  const { nextUpdate = time('2026-07-01T00:00:00Z'), number = 1, moreExtensions = [], afterTbs = bytes() } = parts
  const { extensions = [crlNumber(number), ...moreExtensions] } = parts
  return sequenceOf([
    version ?? bytes(),
    algorithm,
    issuer,
    thisUpdate,
    nextUpdate ?? bytes(),
    revokedCertificates(revoked),
    extensions === null ? bytes() : explicit(0, seq(...extensions)),
    afterTbs,
  ])
}

function revokedCertificates(revoked: readonly EntryParts[] | Bytes): Bytes {
  if (revoked instanceof Uint8Array) return sequenceOf([revoked])
  return revoked.length === 0 ? bytes() : sequenceOf(revoked.map(entry))
}

/** How the entries of a large CRL are to look. */
export interface ManyEntries {
  /** Content octets of each serial number; default 16. */
  readonly serialBytes?: number
  /** CRLReason of each; default: none. */
  readonly reason?: number
}

/**
 * The content of revokedCertificates with that many entries, for `revoked`. The serial number of entry i, from 0, is
 * manySerial(i): so a test can look for the first, the last and one that is not there. A million take half a second.
 */
export function manyEntries(count: number, { serialBytes = 16, reason }: ManyEntries = {}): Bytes {
  const template = entry({ serial: manySerial(0, serialBytes), ...(reason !== undefined && { reason }) })
  const content = new Uint8Array(count * template.length)
  for (let i = 0; i < count; i += 1) {
    content.set(template, i * template.length)
    content.set(manySerial(i, serialBytes), i * template.length + 4)
  }
  return content
}

/** Content octets of the serial number of an entry of manyEntries: the index at the end, and noise before it. */
export function manySerial(index: number, serialBytes = 16): Bytes {
  const serial = new Uint8Array(serialBytes)
  let noise = index + 1
  for (let i = 0; i < serialBytes - 4; i += 1) {
    noise = (Math.imul(noise, 1_103_515_245) + 12_345) >>> 0
    serial[i] = noise >>> 16
  }
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  new DataView(serial.buffer).setUint32(serialBytes - 4, index)
  return serial
}

/** DER of a SEQUENCE of any size; seq() is for small ones. */
function sequenceOf(members: readonly Bytes[]): Bytes {
  const length = members.reduce((sum, member) => sum + member.length, 0)
  const sizes = [24, 16, 8, 0].map((shift) => (length >>> shift) & 0xff)
  const minimal = sizes.slice(sizes.findIndex((octet) => octet > 0))
  const header = length < 0x80 ? [0x30, length] : [0x30, 0x80 | minimal.length, ...minimal]
  const der = new Uint8Array(header.length + length)
  der.set(header)
  let at = header.length
  for (const member of members) {
    der.set(member, at)
    at += member.length
  }
  return der
}

export const fullName = (uri: string): Bytes => tlv(0xa0, tlv(0xa0, tlv(0x86, new TextEncoder().encode(uri))))
export const UNKNOWN_CRL_OID = '1.3.6.1.4.1.55738.2'
export const unknownExtension = (critical?: boolean): Bytes => extension(UNKNOWN_CRL_OID, oid('1.2.3'), critical)
