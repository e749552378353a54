import { withoutLeadingZeros } from '../../core/bytes.ts'
import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import { mapOk, ok, type Result } from '../../core/result.ts'
import type { CertificateId, UnixSeconds } from '../../core/units.ts'
import { orNotFound } from '../../store/record-target.ts'
import type { HttpRefusal } from '../../web/http-refusal.ts'
import { type AskedPage, type Page, windowOf } from '../../web/page.ts'
import type { Act } from '../impact/assess.ts'
import type { Loss } from '../impact/shape.ts'
import type { Refusal } from '../refusal.ts'
import { deletedCrls } from './acts.ts'
import { type CrlRecord, type DeletedCrls, deleteCrls, selectCrls } from './sql.ts'
import { tryDeletion } from './try-sql.ts'

/** A current CRL as it is answered. */
export interface ShownCrl extends Omit<CrlRecord, 'caKey' | 'contentSha256' | 'part'> {
  /** The names of issuingDistributionPoint, as comparison keys; null where it has none. */
  readonly part: readonly string[] | null
  /** Whether its nextUpdate has passed. */
  readonly stale: boolean
}

/** A page of the current CRLs that were uploaded to a record, in the order of their upload. */
export async function listCrls(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  asked: AskedPage,
): Promise<Result<Page<ShownCrl>, Refusal | HttpRefusal>> {
  const { offset, limit } = windowOf(asked)
  const listed = orNotFound(await selectCrls(db, claim, certificateId, offset, limit))
  if (!listed.ok) return listed
  const { crls, total } = listed.value
  return mapOk(asked, (page) => ({ ...page, items: crls.map((crl) => shownCrl(crl, claim.now)), total }))
}

/** Deletes the CRLs that were uploaded to a record, or those that one CA signed. */
export async function removeCrls(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  caFingerprintSha256: Result<string | null, Refusal>,
): Promise<Result<DeletedCrls, Refusal>> {
  if (caFingerprintSha256.ok) return orNotFound(await deleteCrls(db, claim, certificateId, caFingerprintSha256.value))
  const found = orNotFound(await selectCrls(db, claim, certificateId, 0, 0))
  return found.ok ? caFingerprintSha256 : found
}

/** What removeCrls would answer, and what it would change for clients. Nothing is deleted. */
export async function tryRemoval(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  caFingerprintSha256: Result<string | null, Refusal>,
): Promise<Result<DeletedCrls & { readonly act: Act & Loss }, Refusal>> {
  const ca = caFingerprintSha256.ok ? caFingerprintSha256.value : ''
  const tried = orNotFound(await tryDeletion(db, claim, certificateId, ca))
  if (!tried.ok) return tried
  if (!caFingerprintSha256.ok) return caFingerprintSha256
  const { crls, uncovered, reached, hidden } = tried.value
  return ok({ deleted: crls, uncovered, act: { ...deletedCrls(reached, certificateId, ca), uncovered, hidden } })
}

/** @param now Unix seconds, UTC */
export function shownCrl({ caKey: _, contentSha256: __, ...crl }: CrlRecord, now: UnixSeconds): ShownCrl {
  return {
    ...crl,
    number: plainNumber(crl.number),
    part: crl.part === '' ? null : JSON.parse(crl.part),
    stale: now > crl.nextUpdate,
  }
}

/** A cRLNumber without its padding. */
export function plainNumber(padded: string | null): string | null {
  return padded === null ? null : withoutLeadingZeros(padded)
}
