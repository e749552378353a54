import {
  type CrlEntry,
  type CrlFields,
  crlEntry,
  type ManyEntries as Entries,
  manyEntries as many,
  signedCrl,
} from '../../../src/testing/crl.ts'
import { ascii, type Bytes, explicit, implicit, oid, time } from '../../../src/testing/der.ts'
import { crlNumber, extension } from '../../../src/testing/extensions.ts'
import { pem } from '../pki.ts'
import type { Issued } from './chain.ts'

/** CRLs for tests, with real signatures, around NOW. */

export const CRL_NUMBER_OID = '2.5.29.20'

/** An entry. Default: revoked a month before NOW. */
export type EntryParts = Omit<CrlEntry, 'revokedAt'> & Partial<Pick<CrlEntry, 'revokedAt'>>

/** The fields that a test sets. */
export interface CrlParts extends Omit<Partial<CrlFields>, 'revoked'> {
  readonly revoked?: readonly EntryParts[] | Bytes
  /** cRLNumber; default 1. */
  readonly number?: number | bigint
  /** Added after cRLNumber, if `extensions` is not given. */
  readonly moreExtensions?: readonly Bytes[]
}

export const REVOKED_AT = time('2026-05-01T12:00:00Z')

const dated = (parts: EntryParts): CrlEntry => ({ revokedAt: REVOKED_AT, ...parts })

export const entry = (parts: EntryParts): Bytes => crlEntry(dated(parts))

/** The DER of a CRL that the CA signed. By default, it has number 1, and is valid from a day before NOW to 30 days after. */
export function issueCrl({ subject, keys }: Pick<Issued, 'subject' | 'keys'>, parts: CrlParts = {}): Promise<Bytes> {
  const { number = 1, moreExtensions = [], revoked = [], ...rest } = parts
  const fields: CrlFields = {
    algorithm: keys.signing.identifier,
    issuer: subject,
    thisUpdate: time('2026-05-31T00:00:00Z'),
    nextUpdate: time('2026-07-01T00:00:00Z'),
    extensions: [crlNumber(number), ...moreExtensions],
    ...rest,
    revoked: revoked instanceof Uint8Array ? revoked : revoked.map(dated),
  }
  return signedCrl(fields, keys)
}

/** The same in PEM. */
export async function issueCrlPem(by: Pick<Issued, 'subject' | 'keys'>, parts: CrlParts = {}): Promise<string> {
  return pem(await issueCrl(by, parts), 'X509 CRL')
}

/** The form of the entries. Default: revoked a month before NOW. */
export type ManyEntries = Partial<Entries>

/** The content of revokedCertificates with this many entries, for `revoked`. */
export function manyEntries(count: number, form: ManyEntries = {}): Bytes {
  return many(count, { revokedAt: REVOKED_AT, ...form })
}

export const fullName = (uri: string): Bytes => explicit(0, explicit(0, implicit(6, ascii(uri))))
export const UNKNOWN_CRL_OID = '1.3.6.1.4.1.55738.2'
export const unknownExtension = (critical?: boolean): Bytes => extension(UNKNOWN_CRL_OID, oid('1.2.3'), critical)
