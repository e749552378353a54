import type { Database } from '../../core/config.ts'
import type { CertificateRecord, Claim } from '../../core/model.ts'
import { fail, mapOk, ok, type Result } from '../../core/result.ts'
import { selectAccess } from '../../store/access.ts'
import { type Page, type PageRequest, windowOf } from '../../web/page.ts'
import { accessRefusal } from '../access.ts'
import type { CoverageLoss } from '../crls/coverage-sql.ts'
import { crowdedFaults, foreignFaults, type HostnameDraft, isHeavyList, readHostnames } from '../hostname-list.ts'
import type { FieldFault, Refusal } from '../refusal.ts'
import type { Surroundings } from './add.ts'
import { deleteCertificate, updateCertificate } from './changes-sql.ts'
import { selectCertificate, selectCertificates } from './reads-sql.ts'

/** Lists a scope's own certificates in the order in which they were added. A page past the end is empty (contract 2). */
export async function listCertificates(
  db: Database,
  claim: Claim,
  request: Result<PageRequest, Refusal>,
): Promise<Result<Page<CertificateRecord>, Refusal>> {
  const { offset, limit } = windowOf(request)
  const { access, certificates, total } = await selectCertificates(db, claim, offset, limit)
  const denied = accessRefusal(access, claim.credential)
  if (denied !== undefined) return fail(denied)
  return mapOk(request, (page) => ({ ...page, items: certificates, total }))
}

/** One certificate of a scope. Another scope's is not found (contract 4, 12135). */
export async function getCertificate(
  db: Database,
  claim: Claim,
  id: string,
): Promise<Result<CertificateRecord, Refusal>> {
  const { access, certificate } = await selectCertificate(db, claim, id)
  const denied = accessRefusal(access, claim.credential)
  if (denied !== undefined) return fail(denied)
  return certificate === undefined ? fail({ reason: 'certificate_not_found' }) : ok(certificate)
}

/** A request to change a certificate as it came in: what has the right type, and what the rest lacks. */
export interface ChangeDraft {
  /** Undefined keeps the name. */
  readonly name: string | undefined
  readonly hostnames: readonly HostnameDraft[]
  readonly faults: readonly FieldFault[]
}

/** A certificate as it is now. */
export interface ChangedCertificate {
  readonly certificate: CertificateRecord
  /** The hostnames it had until now, where it has none any more. */
  readonly emptied: readonly string[]
  /** The CAs whose CRLs count no longer for hostnames that it lost. */
  readonly uncovered: readonly CoverageLoss[]
}

/**
 * Replaces a certificate's hostnames, and its name where one is given (contract 3, PUT). Who may not, and what is not
 * there, is told before any fault of the body; its size and JSON come before that (contract 4, order of checks).
 */
export async function changeCertificate<E>(
  { db, newId, hostnameLimits }: Surroundings,
  claim: Claim,
  id: string,
  body: Result<ChangeDraft, E>,
): Promise<Result<ChangedCertificate, Refusal | E>> {
  if (!body.ok || isHeavyList(body.value.hostnames)) {
    const denied = accessRefusal(await selectAccess(db, claim), claim.credential)
    if (denied !== undefined) return fail(denied)
  }
  if (!body.ok) return body
  const { name, hostnames, faults } = body.value
  const names = readHostnames(hostnames)
  const sound = faults.length + names.faults.length === 0
  const change = sound ? { name, revision: newId() } : undefined
  const outcome = await updateCertificate(db, claim, id, names.hostnames, change, hostnameLimits)
  const denied = accessRefusal(outcome.access, claim.credential)
  if (denied !== undefined) return fail(denied)
  if (!outcome.found) return fail({ reason: 'certificate_not_found' })
  const all = [
    ...faults,
    ...names.faults,
    ...foreignFaults(names, outcome.foreignHostnames, outcome.scopeDomains),
    ...crowdedFaults(names, outcome.crowdedHostnames, hostnameLimits),
  ]
  if (all.length > 0) return fail({ reason: 'invalid_fields', faults: all })
  const { updated, previousHostnames, uncovered, lack } = outcome
  if (updated !== undefined) return ok({ certificate: updated, emptied: previousHostnames, uncovered })
  if (lack !== undefined) return fail({ reason: 'quota_reached', ...lack })
  throw new Error('nothing stood against the change, yet it was not made')
}

/** A certificate that was deleted. */
export interface RemovedCertificate {
  readonly id: string
  /** The CAs that its CRLs covered, and no other does. */
  readonly uncovered: readonly CoverageLoss[]
  /** How many serial numbers it blocked. */
  readonly blockedSerials: number
}

/** Deletes a certificate that no hostname is associated with (contract 3, DELETE). */
export async function removeCertificate(
  db: Database,
  claim: Claim,
  id: string,
): Promise<Result<RemovedCertificate, Refusal>> {
  const outcome = await deleteCertificate(db, claim, id)
  const { access, found, hostnames, deleted, uncovered, blockedSerials } = outcome
  const denied = accessRefusal(access, claim.credential)
  if (denied !== undefined) return fail(denied)
  if (!found) return fail({ reason: 'certificate_not_found' })
  if (hostnames > 0) return fail({ reason: 'certificate_in_use', hostnames })
  if (!deleted) throw new Error('nothing stood against the deletion, yet it was not made')
  return ok({ id, uncovered, blockedSerials })
}
