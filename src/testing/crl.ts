import { type Bytes, bytes, concat, explicit, int, seq } from './der.ts'
import { reasonCode } from './extensions.ts'
import { type Keys, type SignatureFields, signatureValue } from './keys.ts'

/** CRLs from fields that are already DER. The fields are not checked, so a CRL can be faulty. */

/** One revoked certificate (RFC 5280 5.1.2.6). */
export interface CrlEntry {
  /** What int() takes: a number, or the exact content octets. */
  readonly serial: number | bigint | Bytes
  /** Time, as DER. */
  readonly revokedAt: Bytes
  /** CRLReason; default: no reasonCode. */
  readonly reason?: number
  /** crlEntryExtensions besides the reason. */
  readonly extensions?: readonly Bytes[]
}

/** The fields of a CertificateList (RFC 5280 5.1), each as DER unless it is a list. Null: left out. */
export interface CrlFields extends SignatureFields {
  /** Default: version 2. */
  readonly version?: Bytes | null
  readonly algorithm: Bytes
  /** The outer signatureAlgorithm, if it differs from `algorithm`. */
  readonly outerAlgorithm?: Bytes
  readonly issuer: Bytes
  readonly thisUpdate: Bytes
  readonly nextUpdate: Bytes | null
  /** Entries, or the content of revokedCertificates; an empty list leaves the field out. */
  readonly revoked: readonly CrlEntry[] | Bytes
  /** crlExtensions. */
  readonly extensions: readonly Bytes[] | null
  /** DER after the last field of the TBSCertList, and of the CertificateList. */
  readonly afterTbs?: Bytes
  readonly after?: Bytes
}

export function crlEntry({ serial, revokedAt, reason, extensions = [] }: CrlEntry): Bytes {
  const all = [...(reason === undefined ? [] : [reasonCode(reason)]), ...extensions]
  return seq(int(serial), revokedAt, ...(all.length === 0 ? [] : [seq(...all)]))
}

function tbsCertList(fields: CrlFields): Bytes {
  const { version = int(1), algorithm, issuer, thisUpdate, nextUpdate, revoked } = fields
  const { extensions, afterTbs = bytes() } = fields
  return seq(
    version ?? bytes(),
    algorithm,
    issuer,
    thisUpdate,
    nextUpdate ?? bytes(),
    revokedCertificates(revoked),
    extensions === null ? bytes() : explicit(0, seq(...extensions)),
    afterTbs,
  )
}

function revokedCertificates(revoked: readonly CrlEntry[] | Bytes): Bytes {
  if (revoked instanceof Uint8Array) return seq(revoked)
  return revoked.length === 0 ? bytes() : seq(concat(revoked.map(crlEntry)))
}

/** The DER of a CRL that these keys sign. */
export async function signedCrl(fields: CrlFields, keys: Keys): Promise<Bytes> {
  const { algorithm, outerAlgorithm = algorithm, after = bytes() } = fields
  const tbs = tbsCertList(fields)
  return seq(tbs, outerAlgorithm, await signatureValue(tbs, keys, fields), after)
}

/** The form of the entries of a large CRL. */
export interface ManyEntries {
  /** Content octets of each serial number; default 16. */
  readonly serialBytes?: number
  /** Time, as DER. */
  readonly revokedAt: Bytes
  /** CRLReason of each; default: none. */
  readonly reason?: number
}

/**
 * The content of revokedCertificates with `count` entries, for `revoked`. Entry i, counted from 0, has the serial number
 * manySerial(i), so a test can look for the first, the last and a missing one. A million entries take half a second.
 */
export function manyEntries(count: number, { serialBytes = 16, ...entry }: ManyEntries): Bytes {
  const template = crlEntry({ serial: manySerial(0, serialBytes), ...entry })
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
