import type { Database, HostnameLimits } from '../../core/config.ts'
import type { CertificateRecord, Claim, Hostname } from '../../core/model.ts'
import { fail, mapOk, ok, type Result } from '../../core/result.ts'
import type { CertificateId } from '../../core/units.ts'
import { selectAccess } from '../../store/access.ts'
import { type OfRecord, orNotFound } from '../../store/record-target.ts'
import type { HttpRefusal } from '../../web/http-refusal.ts'
import { type AskedPage, type Page, windowOf } from '../../web/page.ts'
import { deletedCrls } from '../crls/acts.ts'
import { tryDeletion } from '../crls/try-sql.ts'
import { crowdedFaults, foreignFaults, type HostnameDraft, isHeavyList, readHostnames } from '../hostname-list.ts'
import type { Act } from '../impact/assess.ts'
import type { Loss } from '../impact/shape.ts'
import type { FieldFault, Refusal } from '../refusal.ts'
import { replacedHostnames } from './acts.ts'
import type { Surroundings } from './add.ts'
import { selectCertificate, selectCertificates } from './reads-sql.ts'
import { type TriedUpdate, tryUpdate } from './try-sql.ts'
import {
  deleteCertificate,
  type UpdatedCertificate,
  type UpdateObstacles,
  updateCertificate,
  type WithCertificate,
} from './writes-sql.ts'

/** Lists a scope's own certificates in the order in which they were added. A page past the end is empty (contract 2). */
export async function listCertificates(
  db: Database,
  claim: Claim,
  asked: AskedPage,
): Promise<Result<Page<CertificateRecord>, Refusal | HttpRefusal>> {
  const { offset, limit } = windowOf(asked)
  const listed = await selectCertificates(db, claim, offset, limit)
  return listed.ok ? mapOk(asked, (page) => ({ ...page, ...listed.value })) : listed
}

/** One certificate of a scope. A certificate of another scope is not found (contract 4, 12135). */
export async function getCertificate(
  db: Database,
  claim: Claim,
  id: CertificateId,
): Promise<Result<CertificateRecord, Refusal>> {
  return orNotFound(await selectCertificate(db, claim, id))
}

/** A request to change a certificate: the fields that have the right type, and the faults of the others. */
export interface ChangeDraft {
  /** Undefined keeps the name. */
  readonly name: string | undefined
  readonly hostnames: readonly HostnameDraft[]
  readonly faults: readonly FieldFault[]
}

/**
 * Replaces a certificate's hostnames, and its name where one is given (contract 3, PUT). Order of checks (contract 4): access;
 * then `body`, whose error is returned as it is; then whether the certificate exists, and the faults of the fields.
 */
export function changeCertificate<E>(
  { db, newId, hostnameLimits }: Surroundings,
  claim: Claim,
  id: CertificateId,
  body: Result<ChangeDraft, E>,
): Promise<Result<UpdatedCertificate, Refusal | E>> {
  return withChange(db, claim, body, hostnameLimits, (name, names, sound) => {
    const change = sound ? { name, revision: newId() } : undefined
    return updateCertificate(db, claim, id, names, change, hostnameLimits)
  })
}

/** What changeCertificate would answer, and what it would change for clients. Nothing is changed. */
export async function tryChange<E>(
  { db, hostnameLimits }: Surroundings,
  claim: Claim,
  id: CertificateId,
  body: Result<ChangeDraft, E>,
): Promise<Result<UpdatedCertificate & { readonly act: Act & Loss }, Refusal | E>> {
  return await withChange(db, claim, body, hostnameLimits, async (name, names, sound) => {
    // Without sound fields, the change would not be made, whatever stands against it besides.
    const tried = await tryUpdate(db, claim, id, names, hostnameLimits, sound)
    return mapOk(tried, (found) => found && mapOk(found, (update) => foreseen(claim, name, names, update)))
  })
}

function foreseen(
  claim: Claim,
  name: string | undefined,
  hostnames: readonly Hostname[],
  { record, stored, previous, lost, uncovered, withoutAnchor }: TriedUpdate,
) {
  const had = new Set(previous.map(({ ascii }) => ascii))
  const gained = hostnames.map(({ ascii }) => ascii).filter((ascii) => !had.has(ascii))
  const act = replacedHostnames(
    claim,
    stored,
    gained,
    lost.map(({ ascii }) => ascii),
  )
  return {
    certificate: {
      ...record,
      name: name ?? record.name,
      hostnames: hostnames.map(({ text }) => text),
      updatedAt: Math.max(claim.now, record.createdAt),
    },
    emptied: hostnames.length === 0 ? previous.map(({ text }) => text) : [],
    uncovered,
    act: { ...act, uncovered, withoutAnchor },
  }
}

/** Reads a change, and has it carried out or tried. @param apply is told whether the fields are sound */
async function withChange<T, E>(
  db: Database,
  claim: Claim,
  body: Result<ChangeDraft, E>,
  limits: HostnameLimits,
  apply: (
    name: string | undefined,
    hostnames: readonly Hostname[],
    sound: boolean,
  ) => Promise<OfRecord<Result<T, UpdateObstacles>>>,
): Promise<Result<T, Refusal | E>> {
  if (!body.ok || isHeavyList(body.value.hostnames)) {
    const access = await selectAccess(db, claim)
    if (!access.ok) return access
  }
  if (!body.ok) return body
  const { name, hostnames, faults } = body.value
  const names = readHostnames(hostnames)
  const sound = faults.length + names.faults.length === 0
  const outcome = orNotFound(await apply(name, names.hostnames, sound))
  if (!outcome.ok) return outcome
  if (outcome.value.ok) return outcome.value
  const { foreignHostnames, scopeDomains, crowdedHostnames, lack } = outcome.value.error
  const all = [
    ...faults,
    ...names.faults,
    ...foreignFaults(names, foreignHostnames, scopeDomains),
    ...crowdedFaults(names, crowdedHostnames, limits),
  ]
  return fail(all.length > 0 ? { reason: 'invalid_fields', faults: all } : { reason: 'quota_reached', ...lack })
}

/** Deletes a certificate that no hostname is associated with (contract 3, DELETE). */
export async function removeCertificate(
  db: Database,
  claim: Claim,
  id: CertificateId,
): Promise<Result<WithCertificate, Refusal>> {
  const outcome = orNotFound(await deleteCertificate(db, claim, id))
  if (!outcome.ok) return outcome
  const { value } = outcome
  return value.deleted ? ok(value) : fail({ reason: 'certificate_in_use', hostnames: value.hostnames })
}

/** What removeCertificate would answer, and what it would change for clients. Nothing is changed. */
export async function tryRemoval(
  db: Database,
  claim: Claim,
  id: CertificateId,
): Promise<Result<WithCertificate & { readonly act: Act & Loss }, Refusal>> {
  const outcome = orNotFound(await tryDeletion(db, claim, id, null))
  if (!outcome.ok) return outcome
  const { hostnames, blockedSerials, uncovered, reached, hidden } = outcome.value
  if (hostnames > 0) return fail({ reason: 'certificate_in_use', hostnames })
  return ok({ uncovered, blockedSerials, act: { ...deletedCrls(reached, id, null), uncovered, hidden } })
}
