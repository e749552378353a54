import type { Database } from '../../core/config.ts'
import type { Claim, QuotaLack } from '../../core/model.ts'
import { fail, mapOk, ok, type Result } from '../../core/result.ts'
import type { CertificateId } from '../../core/units.ts'
import { orNotFound } from '../../store/record-target.ts'
import type { RequestContext } from '../../web/operation.ts'
import {
  type Crl,
  type CrlOddity,
  caKeys,
  caPathDer,
  crlEntriesBySerial,
  displayName,
  readCertificate,
  sha256,
} from '../../x509/index.ts'
import type { Refusal } from '../refusal.ts'
import { type ProvenCrl, proveAll } from './ca.ts'
import { fillCaKeys, type KeyedLink, type UnkeyedLink } from './ca-keys-sql.ts'
import { type CrlDraft, type CrlPlace, crlFault, readCrlUpload } from './draft.ts'
import { type CrlConflict, crlConflict } from './order.ts'
import { type ShownCrl, shownCrl } from './rules.ts'
import { type CrlRecord, selectUploadTarget } from './sql.ts'
import { type EntryTuple, type NewCrl, type UploadOutcome, uploadCrls } from './upload-sql.ts'

/** A CRL of an upload that is current now. */
export interface StoredCrl {
  readonly place: CrlPlace
  readonly crl: ShownCrl
  readonly oddities: readonly CrlOddity[]
  /** Whether this upload stored it and its CA is on no path of a hostname of the account. */
  readonly unused: boolean
}

/** The digits of a cRLNumber of 20 octets (RFC 5280 5.2.3). */
const NUMBER_DIGITS = 40

/**
 * Stores CRLs as the current ones of the CAs that signed them: all of them, or none. The CA must be above or below one of the
 * record's (proveCa). A CRL older than the current one is refused. The same CRL again changes nothing.
 *
 * @param readBody is called once access is settled and the record was found: the body may have tens of megabytes
 * @param clock the current time in Unix seconds, UTC, which goes on during the upload
 */
export async function putCrls<E>(
  { db, newId, clock }: Pick<RequestContext, 'db' | 'newId' | 'clock'>,
  claim: Claim,
  certificateId: CertificateId,
  readBody: () => Promise<Result<CrlDraft, E>>,
): Promise<Result<readonly StoredCrl[], Refusal | E>> {
  const found = orNotFound(await selectUploadTarget(db, claim, certificateId))
  if (!found.ok) return found
  const target = found.value
  await keyLinks(db, target.unkeyed)
  const upload = await readUpload(readBody)
  if (!upload.ok) return upload
  const proven = await proveAll(db, claim, { id: certificateId, chain: target.chain, uncovered: 'allow' }, upload.value)
  if (!proven.ok) return proven
  const given: Given[] = []
  for (const one of proven.value) given.push({ ...one, row: await rowOf(one, newId()) })
  const refused = twins(given) ?? conflicts(given, target.crls)
  if (refused !== undefined) return fail(refused)
  // A CRL that is current already, or is in the upload twice, is not stored again.
  const fresh = given.filter(({ row }) => !isHeld(row, target.crls) && given.find(sameContent(row))?.row === row)
  const held = answers(given, target.crls, new Set(), claim)
  if (held !== undefined) return ok(held)
  const crowded = crlLack(fresh, target)
  if (crowded !== undefined) return fail({ reason: 'quota_reached', ...crowded })
  const rows = fresh.map(({ row, crl }) => ({ row, entries: entriesOf(crl) }))
  const uploaded = orNotFound(await uploadCrls(db, claim, certificateId, rows, clock))
  if (!uploaded.ok) return uploaded
  const { crls, unused } = uploaded.value
  // Other requests may have come between: all CRLs are current, or one of them has a conflict, or a quota has no room.
  const stored = answers(given, crls, unused, claim)
  if (stored !== undefined) return ok(stored)
  const late = conflicts(given, crls)
  if (late !== undefined) return fail(late)
  const lack = crlLack(fresh, uploaded.value) ?? entryLack(fresh, uploaded.value)
  if (lack !== undefined) return fail({ reason: 'quota_reached', ...lack })
  throw new Error('the upload was swept out as one that broke off: it was idle for longer than its lease')
}

type Holdings = Pick<UploadOutcome, 'crls' | 'quotas'>

/** The quota of CRLs, where it has no room for the new CRLs of an upload. One that replaces another is not new. */
function crlLack(fresh: readonly Given[], { crls, quotas }: Holdings): QuotaLack | undefined {
  const added = fresh.filter(({ row }) => currentOf(row, crls) === undefined).length
  const { limit, used } = quotas.crls
  return added > 0 && used + added > limit ? { quota: 'crls', limit, used, added } : undefined
}

/** The quota of entries, where it has no room for those of an upload. Entries that it replaces count until its end. */
function entryLack(fresh: readonly Given[], { quotas }: Holdings): QuotaLack | undefined {
  const added = fresh.reduce((sum, { row }) => sum + row.entries, 0)
  const { limit, used } = quotas.crlEntries
  return added > 0 && used + added > limit ? { quota: 'crlEntries', limit, used, added } : undefined
}

/** Adds the keys by which CAs are found to certificates that were stored before there were such keys. */
async function keyLinks(db: Database, links: readonly UnkeyedLink[]): Promise<void> {
  const keyed: KeyedLink[] = []
  for (const { der, ...link } of links) {
    const read = readCertificate(der)
    if (read.ok) keyed.push({ ...link, ...(await caKeys(read.value)) })
  }
  if (keyed.length > 0) await fillCaKeys(db, keyed)
}

/** A CRL of an upload with the row to store. */
interface Given extends ProvenCrl {
  readonly row: NewCrl
}

/** Reads the body as CRLs. No reference to the body leaves this function: memory has no room for PEM and DER together. */
async function readUpload<E>(readBody: () => Promise<Result<CrlDraft, E>>) {
  const read = mapOk(await readBody(), readCrlUpload)
  return read.ok ? read.value : read
}

async function rowOf({ crl, proven: [ca, ...above] }: ProvenCrl, uploadId: string): Promise<NewCrl> {
  const { nameKey: issuerKey, caKey } = await caKeys(ca)
  const authorities = await Promise.all([ca, ...above].map(caKeys))
  return {
    uploadId,
    issuer: displayName(ca.subject),
    caFingerprintSha256: await sha256(ca.der),
    issuerKey,
    caKey,
    caPath: caPathDer([ca, ...above]),
    authorities: [...new Set(authorities.map((keys) => keys.caKey))],
    contentSha256: await sha256(crl.der),
    number: crl.number?.padStart(NUMBER_DIGITS, '0') ?? null,
    thisUpdate: crl.thisUpdate,
    nextUpdate: crl.nextUpdate,
    covers: crl.covers,
    part: crl.part === undefined ? '' : JSON.stringify(crl.part),
    entries: crl.entries,
  }
}

type Slot = Pick<NewCrl, 'caKey' | 'caFingerprintSha256' | 'covers' | 'part'>

/** The current CRL that another one replaces. Rows from before migration 0007 have a fingerprint as caKey. */
function currentOf({ caKey, caFingerprintSha256, covers, part }: Slot, crls: readonly CrlRecord[]) {
  return crls.find(
    (one) => (one.caKey === caKey || one.caKey === caFingerprintSha256) && one.covers === covers && one.part === part,
  )
}

function isHeld(row: NewCrl, crls: readonly CrlRecord[]): boolean {
  return currentOf(row, crls)?.contentSha256 === row.contentSha256
}

const sameContent =
  ({ contentSha256 }: NewCrl) =>
  ({ row }: Given): boolean =>
    row.contentSha256 === contentSha256

/** Different CRLs of an upload for the same CA, coverage and part. They are refused: which one is meant is not known. */
function twins(given: readonly Given[]): Refusal | undefined {
  const faults = given.flatMap(({ place, row }, index) => {
    const first = given
      .slice(0, index)
      .find((other) => currentOf(row, [{ ...other.row, uploadedAt: 0 }]) !== undefined && !sameContent(row)(other))
    return first === undefined ? [] : [crlFault(place, { reason: 'crl_same_place', first: first.place.position })]
  })
  return faults.length === 0 ? undefined : { reason: 'invalid_fields', faults }
}

/** The CRLs of an upload that do not replace the current ones. */
function conflicts(given: readonly Given[], crls: readonly CrlRecord[]): Refusal | undefined {
  const found: (CrlConflict & CrlPlace)[] = []
  for (const { place, row } of given) {
    const current = currentOf(row, crls)
    if (current === undefined || current.contentSha256 === row.contentSha256) continue
    const conflict = crlConflict(row, current)
    if (conflict !== undefined) found.push({ ...place, ...conflict })
  }
  return found.length === 0 ? undefined : { reason: 'crl_conflict', conflicts: found }
}

/** The CRLs of an upload as they are stored now; undefined where one of them is not current. */
function answers(
  given: readonly Given[],
  crls: readonly CrlRecord[],
  unused: ReadonlySet<string>,
  { now }: Claim,
): readonly StoredCrl[] | undefined {
  const stored = given.flatMap(({ place, row, crl: { oddities } }) => {
    const current = currentOf(row, crls)
    const isCurrent = current?.contentSha256 === row.contentSha256
    return isCurrent ? [{ place, crl: shownCrl(current, now), oddities, unused: unused.has(row.contentSha256) }] : []
  })
  return stored.length === given.length ? stored : undefined
}

function* entriesOf(crl: Crl): Generator<EntryTuple, void, undefined> {
  for (const { serial, revokedAt, reason } of crlEntriesBySerial(crl)) yield [serial, revokedAt, reason]
}
