import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import { fail, mapOk, ok, type Result } from '../../core/result.ts'
import { type Page, type PageRequest, windowOf } from '../../web/page.ts'
import { recordRefusal } from '../record.ts'
import type { Refusal } from '../refusal.ts'
import type { CoverageLoss } from './coverage-sql.ts'
import { type CrlRecord, deleteCrls, selectCrls } from './sql.ts'

/** A current CRL, as it is answered. */
export interface ShownCrl extends Omit<CrlRecord, 'caKey' | 'contentSha256' | 'part'> {
  /** The names of issuingDistributionPoint, as comparison keys; null where it is no part of several. */
  readonly part: readonly string[] | null
  /** Its nextUpdate is over. */
  readonly stale: boolean
}

/** A page of the current CRLs that were uploaded to a record, in the order of their upload. */
export async function listCrls(
  db: Database,
  claim: Claim,
  certificateId: string,
  request: Result<PageRequest, Refusal>,
): Promise<Result<Page<ShownCrl>, Refusal>> {
  const { offset, limit } = windowOf(request)
  const { crls, total, ...outcome } = await selectCrls(db, claim, certificateId, offset, limit)
  const refusal = recordRefusal(outcome, claim)
  if (refusal !== undefined) return fail(refusal)
  return mapOk(request, (page) => ({ ...page, items: crls.map((crl) => shownCrl(crl, claim.now)), total }))
}

/** CRLs that were deleted. */
export interface RemovedCrls {
  readonly deleted: number
  /** The CAs that they covered, and no other does. */
  readonly uncovered: readonly CoverageLoss[]
}

/** Deletes the CRLs that were uploaded to a record, or those that one CA signed. */
export async function removeCrls(
  db: Database,
  claim: Claim,
  certificateId: string,
  caFingerprintSha256: Result<string | null, Refusal>,
): Promise<Result<RemovedCrls, Refusal>> {
  if (!caFingerprintSha256.ok) {
    const refusal = recordRefusal(await selectCrls(db, claim, certificateId, 0, 0), claim)
    return refusal === undefined ? caFingerprintSha256 : fail(refusal)
  }
  const outcome = await deleteCrls(db, claim, certificateId, caFingerprintSha256.value)
  const refusal = recordRefusal(outcome, claim)
  return refusal === undefined ? ok({ deleted: outcome.deleted, uncovered: outcome.uncovered }) : fail(refusal)
}

/** @param now Unix seconds, UTC */
export function shownCrl({ caKey: _, contentSha256: __, ...crl }: CrlRecord, now: number): ShownCrl {
  return {
    ...crl,
    number: plainNumber(crl.number),
    part: crl.part === '' ? null : JSON.parse(crl.part),
    stale: now > crl.nextUpdate,
  }
}

/** A cRLNumber without the zeros that only pad it. */
export function plainNumber(padded: string | null): string | null {
  return padded?.replace(/^0+(?=.)/, '') ?? null
}
