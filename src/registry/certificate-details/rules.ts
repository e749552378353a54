import type { Database } from '../../core/config.ts'
import { parseHostname } from '../../core/hostname.ts'
import type { Claim } from '../../core/model.ts'
import { fail, mapOk, ok, type Result } from '../../core/result.ts'
import type { CertificateId, Hex } from '../../core/units.ts'
import { selectAccess } from '../../store/access.ts'
import { orNotFound } from '../../store/record-target.ts'
import type { HttpRefusal } from '../../web/http-refusal.ts'
import { type AskedPage, type Page, windowOf } from '../../web/page.ts'
import { isTime, unixSeconds } from '../../web/shapes.ts'
import { anchorsOf, bundlePlaces, type Certificate, readCertificate, sha256 } from '../../x509/index.ts'
import { type Asked, faultyParameter } from '../list-filter.ts'
import type { Refusal } from '../refusal.ts'
import {
  type DetailedRecord,
  type ListedRecord,
  type RecordFilter,
  type StoredCertificate,
  selectRecord,
  selectRecords,
} from './sql.ts'

/** The parameters of the list. */
export const RECORD_FILTER_NAMES = ['hostname', 'fingerprint', 'subject', 'expires_before'] as const
export type RecordFilterName = (typeof RECORD_FILTER_NAMES)[number]

/** Most characters of `subject`: more than any attribute of a name may have (RFC 5280 appendix A). */
const MAX_SUBJECT_CHARACTERS = 256

/** A page of a scope's records with the facts of their certificates, in the order in which they were added. */
export async function listRecords(
  db: Database,
  claim: Claim,
  asked: Asked<RecordFilterName>,
  page: AskedPage,
): Promise<Result<Page<ListedRecord>, Refusal | HttpRefusal>> {
  const filter = readFilter(asked)
  if (!filter.ok) {
    const access = await selectAccess(db, claim)
    return access.ok ? filter : access
  }
  const { offset, limit } = windowOf(page)
  const listed = await selectRecords(db, claim, filter.value, offset, limit)
  return listed.ok ? mapOk(page, (one) => ({ ...one, ...listed.value })) : listed
}

function readFilter(asked: Asked<RecordFilterName>): Result<RecordFilter, Refusal> {
  const parameter = faultyParameter(RECORD_FILTER_NAMES, asked, IS_SOUND)
  if (parameter !== undefined) return fail({ reason: 'invalid_filter', parameter })
  const first = (name: RecordFilterName) => asked(name)[0]
  const hostname = parseHostname(first('hostname') ?? '')
  const [fingerprint, before] = [first('fingerprint'), first('expires_before')]
  return ok({
    hostname: hostname.ok ? hostname.value : undefined,
    fingerprint: fingerprint === undefined ? undefined : fingerprintFrom(fingerprint),
    subject: first('subject'),
    expiresBefore: before === undefined ? undefined : unixSeconds(before),
  })
}

/**
 * The digits of a fingerprint, in lower case: MD5 or SHA-256, as answers and OpenSSL write it (`MD5 Fingerprint=2C:1E:…`), with or
 * without colons. Undefined for any other text.
 */
function fingerprintFrom(text: string): Hex | undefined {
  const digits = text.replace(/^(?:md5|sha256) fingerprint=/i, '')
  if (!/^[0-9a-f]{2}(?::?[0-9a-f]{2})*$/i.test(digits)) return undefined
  const hex = digits.replaceAll(':', '').toLowerCase()
  return hex.length === 32 || hex.length === 64 ? hex : undefined
}

const IS_SOUND: Readonly<Record<RecordFilterName, (value: string) => boolean>> = {
  hostname: (value) => parseHostname(value).ok,
  fingerprint: (value) => value.length < 200 && fingerprintFrom(value) !== undefined,
  // SQLite takes U+0000 for the end of a text when it compares it.
  subject: (value) => value !== '' && [...value].length <= MAX_SUBJECT_CHARACTERS && !value.includes('\0'),
  expires_before: isTime,
}

/** A certificate of a record, as a person looks at it. */
export interface PlacedCertificate extends StoredCertificate {
  /** `anchor`: paths may end at it. */
  readonly role: 'anchor' | 'intermediate'
  readonly selfSigned: boolean
  /** The position of its issuer in the record, counted from 1, by name and key identifier. */
  readonly issuedBy: number | undefined
}

/** A record with how its certificates stand to each other. */
export interface PlacedRecord extends DetailedRecord {
  readonly certificates: readonly PlacedCertificate[]
}

/** One record of a scope. A record of another scope is not found (contract 4, 12135). */
export async function getRecord(db: Database, claim: Claim, id: CertificateId): Promise<Result<PlacedRecord, Refusal>> {
  const found = orNotFound(await selectRecord(db, claim, id))
  return found.ok ? ok({ ...found.value, certificates: await placed(found.value.certificates) }) : found
}

/** A certificate that cannot be read any more, after an upgrade, has only what is stored. */
async function placed(stored: readonly StoredCertificate[]): Promise<readonly PlacedCertificate[]> {
  const read = stored.map(({ der }) => readCertificate(der))
  const readable = read.flatMap((one) => (one.ok ? [one.value] : []))
  const [places, anchors] = [bundlePlaces(readable), anchorsOf(readable)]
  const positionOf = (certificate: Certificate | undefined) =>
    read.findIndex((one) => one.ok && one.value === certificate) + 1
  return await Promise.all(
    stored.map(async (one, index): Promise<PlacedCertificate> => {
      const reading = read[index]
      const certificate = reading?.ok ? reading.value : undefined
      const place = certificate && places[readable.indexOf(certificate)]
      const isAnchor = one.isAnchor ?? (certificate !== undefined && anchors.includes(certificate))
      const missing = one.keySha256 === '' && certificate !== undefined
      return {
        ...one,
        keySha256: missing ? await sha256(certificate.publicKey.der) : one.keySha256,
        role: isAnchor ? 'anchor' : 'intermediate',
        selfSigned: place?.selfSigned ?? false,
        issuedBy: place?.issuer === undefined ? undefined : positionOf(readable[place.issuer]),
      }
    }),
  )
}
