import type { Database } from '../config.ts'
import type { Claim, RevocationPolicy } from '../model.ts'
import { fail, mapOk, ok, type Result } from '../result.ts'
import { type EntryTuple, type NewCrl, uploadCrl } from '../store/crl-upload.ts'
import { type CrlRecord, deleteCrls, selectCrls, selectUploadTarget } from '../store/crls.ts'
import { caKeys } from '../x509/ca-keys.ts'
import { readCertificate } from '../x509/certificate.ts'
import { checkCrl } from '../x509/crl/check-crl.ts'
import type { Crl } from '../x509/crl/crl.ts'
import { decodeCrl } from '../x509/crl/decode-crl.ts'
import { crlEntriesBySerial } from '../x509/crl/entries-by-serial.ts'
import type { CrlFault } from '../x509/crl/fault.ts'
import type { CrlOddity } from '../x509/crl/oddities.ts'
import { readCrl } from '../x509/crl/read-crl.ts'
import { sha256 } from '../x509/fingerprint.ts'
import { displayName } from '../x509/name.ts'
import type { Surroundings } from './add-certificate.ts'
import type { CrlOrder } from './crl-order.ts'
import { recordRefusal } from './record.ts'
import type { FieldFault, Refusal } from './refusal.ts'

/** A CRL as it came in. */
export interface CrlDraft {
  /** Where in the body it is: the member `crl` of an object, or the whole body. */
  readonly pointer: '/crl' | ''
  /** PEM, DER or base64 of DER; undefined where there is none, which is among the faults then. */
  readonly octets: Uint8Array | undefined
  readonly faults: readonly FieldFault[]
}

/** A current CRL, as it is answered. */
export interface ShownCrl extends Omit<CrlRecord, 'contentSha256' | 'part'> {
  /** The names of issuingDistributionPoint, as comparison keys; null where it is no part of several. */
  readonly part: readonly string[] | null
  /** Its nextUpdate is over. */
  readonly stale: boolean
}

/** A CRL that is current, and what is odd about it. */
export interface StoredCrl {
  /** Where in the body it was. */
  readonly pointer: CrlDraft['pointer']
  readonly crl: ShownCrl
  readonly oddities: readonly CrlOddity[]
}

/** The digits of a cRLNumber of 20 octets (RFC 5280 5.2.3). */
const NUMBER_DIGITS = 40

/** A record's current CRLs, and what becomes of clients when one is stale. */
export async function listCrls(
  db: Database,
  claim: Claim,
  certificateId: string,
): Promise<Result<{ readonly policy: RevocationPolicy['stale']; readonly crls: readonly ShownCrl[] }, Refusal>> {
  const outcome = await selectCrls(db, claim, certificateId)
  const refusal = recordRefusal(outcome, claim)
  if (refusal !== undefined) return fail(refusal)
  return ok({ policy: outcome.policy, crls: outcome.crls.map((crl) => shown(crl, claim.now)) })
}

/**
 * Makes a CRL the current one of the CA that signed it, which must be one of the record's. One that is older than the
 * current one is refused; the very same CRL again changes nothing.
 *
 * `readBody` is called when the claim holds and the record is there: the body may have tens of megabytes.
 */
export async function putCrl<E>(
  { db, newId }: Surroundings,
  claim: Claim,
  certificateId: string,
  readBody: () => Promise<Result<CrlDraft, E>>,
): Promise<Result<StoredCrl, Refusal | E>> {
  const target = await selectUploadTarget(db, claim, certificateId)
  const refusal = recordRefusal(target, claim)
  if (refusal !== undefined) return fail(refusal)
  const read = await readDraft(readBody)
  if (!read.ok) return read
  const { crl, pointer } = read.value
  const found = { pointer, oddities: crl.oddities }
  const issuer = await checkCrl(crl, target.cas.flatMap(readCa), claim.now)
  if (!issuer.ok) return fail(crlRefusal(pointer, issuer.error))
  const { ca } = issuer.value
  const { nameKey, caKey } = await caKeys(ca)
  const upload: NewCrl = {
    uploadId: newId(),
    issuer: displayName(ca.subject),
    caFingerprintSha256: await sha256(ca.der),
    issuerKey: nameKey,
    caKey,
    caPath: ca.der,
    authorities: [caKey],
    contentSha256: await sha256(crl.der),
    number: crl.number?.padStart(NUMBER_DIGITS, '0') ?? null,
    thisUpdate: crl.thisUpdate,
    nextUpdate: crl.nextUpdate,
    covers: crl.covers,
    part: crl.part === undefined ? '' : JSON.stringify(crl.part),
    entries: crl.entries,
  }
  const known = target.crls.find(
    (one) =>
      one.caFingerprintSha256 === upload.caFingerprintSha256 &&
      one.covers === upload.covers &&
      one.part === upload.part,
  )
  // Said here without storing its entries first; the last word has uploadCrl.
  if (known !== undefined && !isNewer(upload, known)) return settled(known, upload, found, claim)
  const outcome = await uploadCrl(db, claim, certificateId, upload, entriesOf(crl))
  const revoked = recordRefusal(outcome, claim)
  if (revoked !== undefined) return fail(revoked)
  if (outcome.current === undefined) throw new Error('nothing stood against the CRL, yet it was not stored')
  return outcome.stored
    ? ok({ ...found, crl: shown(outcome.current, claim.now) })
    : settled(outcome.current, upload, found, claim)
}

/** What is said where another CRL is current: nothing is wrong if it is the same. */
function settled(
  current: CrlRecord,
  upload: NewCrl,
  found: Omit<StoredCrl, 'crl'>,
  { now }: Claim,
): Result<StoredCrl, Refusal> {
  if (current.contentSha256 === upload.contentSha256) return ok({ ...found, crl: shown(current, now) })
  if (isNewer(upload, current)) throw new Error('no CRL stood against the CRL, yet it was not stored')
  const orders = { given: orderOf(upload), current: orderOf(current) }
  return fail({ reason: isOlder(upload, current) ? 'crl_older' : 'crl_tied', ...orders })
}

/** As uploadCrl has it: neither thisUpdate nor number is less, and one of them is greater. */
function isNewer(one: NewCrl, other: CrlRecord): boolean {
  const numbered = one.number !== null && other.number !== null && one.number > other.number
  return !isOlder(one, other) && (one.thisUpdate > other.thisUpdate || numbered)
}

function isOlder(one: NewCrl, other: CrlRecord): boolean {
  const numbered = one.number !== null && other.number !== null && one.number < other.number
  return one.thisUpdate < other.thisUpdate || numbered
}

function orderOf({ thisUpdate, number }: CrlOrder): CrlOrder {
  return { thisUpdate, number: plainNumber(number) }
}

/** Deletes a record's CRLs, or those that one of its CAs signed. Returns how many there were. */
export async function removeCrls(
  db: Database,
  claim: Claim,
  certificateId: string,
  caFingerprintSha256: Result<string | null, Refusal>,
): Promise<Result<number, Refusal>> {
  if (!caFingerprintSha256.ok) {
    const refusal = recordRefusal(await selectCrls(db, claim, certificateId), claim)
    return refusal === undefined ? caFingerprintSha256 : fail(refusal)
  }
  const outcome = await deleteCrls(db, claim, certificateId, caFingerprintSha256.value)
  const refusal = recordRefusal(outcome, claim)
  return refusal === undefined ? ok(outcome.deleted) : fail(refusal)
}

/** Reads a body as a CRL. What the body was is let go of here: PEM and DER together are more than memory has room for. */
async function readDraft<E>(
  readBody: () => Promise<Result<CrlDraft, E>>,
): Promise<Result<{ readonly crl: Crl; readonly pointer: CrlDraft['pointer'] }, Refusal | E>> {
  const decoded = mapOk(await readBody(), decodeDraft)
  if (!decoded.ok) return decoded
  if (!decoded.value.ok) return decoded.value
  const { der, pointer } = decoded.value.value
  const crl = readCrl(der)
  return crl.ok ? ok({ crl: crl.value, pointer }) : fail(crlRefusal(pointer, crl.error))
}

function decodeDraft({ pointer, octets, faults }: CrlDraft) {
  if (octets === undefined || faults.length > 0) return fail<Refusal>({ reason: 'invalid_fields', faults })
  const der = decodeCrl(octets)
  return der.ok ? ok({ der: der.value, pointer }) : fail<Refusal>(crlRefusal(pointer, der.error))
}

function crlRefusal(pointer: CrlDraft['pointer'], fault: CrlFault): Refusal {
  return { reason: 'invalid_fields', faults: [{ pointer, reason: 'crl', fault }] }
}

function readCa({ der }: { readonly der: Uint8Array }) {
  const read = readCertificate(der)
  return read.ok ? [read.value] : []
}

function* entriesOf(crl: Crl): Generator<EntryTuple, void, undefined> {
  for (const { serial, revokedAt, reason } of crlEntriesBySerial(crl)) yield [serial, revokedAt, reason]
}

function shown({ contentSha256: _, ...crl }: CrlRecord, now: number): ShownCrl {
  return {
    ...crl,
    number: plainNumber(crl.number),
    part: crl.part === '' ? null : JSON.parse(crl.part),
    stale: now > crl.nextUpdate,
  }
}

/** Without the zeros that only pad it. */
function plainNumber(padded: string | null): string | null {
  return padded?.replace(/^0+(?=.)/, '') ?? null
}
