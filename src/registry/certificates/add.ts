import type { Database, HostnameLimits } from '../../core/config.ts'
import type { CertificateRecord, Claim } from '../../core/model.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { selectAccess } from '../../store/access.ts'
import { anchorsOf, decodeUpload, readTwice, type Upload, type UploadFault } from '../../x509/index.ts'
import { accessRefusal } from '../access.ts'
import {
  crowdedFaults,
  foreignFaults,
  type HostnameDraft,
  type HostnameList,
  isHeavyList,
  readHostnames,
} from '../hostname-list.ts'
import type { FieldFault, Refusal } from '../refusal.ts'
import { type AddOutcome, insertCertificate, withdrawCertificate } from './insert-sql.ts'

/** A request to add a certificate as it came in: the fields that have the right type, and what the others lack. */
export interface CertificateDraft {
  readonly name: string | undefined
  readonly certificate: string | undefined
  readonly hostnames: readonly HostnameDraft[]
  readonly faults: readonly FieldFault[]
}

/** What the outside world gives to a request. */
export interface Surroundings {
  readonly db: Database
  /** Makes a lower-case UUID v4. */
  readonly newId: () => string
  readonly hostnameLimits: HostnameLimits
}

/** A worry about a certificate that was accepted. Times are Unix seconds, UTC. */
export type CertificateNote =
  | { readonly note: 'expired'; readonly position: number; readonly notAfter: number }
  | { readonly note: 'not_yet_valid'; readonly position: number; readonly notBefore: number }
  | { readonly note: 'unusable_key'; readonly position: number; readonly publicKey: string }
  | { readonly note: 'negative_serial'; readonly position: number; readonly serialNumber: string }
  /** Before the first one, whose date is the record's `expires_on`. */
  | {
      readonly note: 'expires_first'
      readonly position: number
      readonly notAfter: number
      readonly firstNotAfter: number
    }

export interface AddedCertificate {
  readonly certificate: CertificateRecord
  readonly notes: readonly CertificateNote[]
}

/**
 * Adds a certificate to the claim's scope (contract 3, POST).
 *
 * `body` may be one that could not even become a draft: it is given back once the claim turned out to hold, because who may
 * not ask is told so first (contract 4, order of checks). Otherwise the faults of all fields come together, then the quota,
 * then the conflict with what the account holds.
 */
export async function addCertificate<E>(
  { db, newId, hostnameLimits }: Surroundings,
  claim: Claim,
  body: Result<CertificateDraft, E>,
): Promise<Result<AddedCertificate, Refusal | E>> {
  const heavy = !body.ok || isHeavy(body.value)
  if (heavy) {
    const denied = accessRefusal(await selectAccess(db, claim), claim.credential)
    if (denied !== undefined) return fail(denied)
  }
  if (!body.ok) return body
  const reading = await read(body.value, heavy)
  const { name, upload, names } = reading
  const storable = reading.faults.length === 0 && name !== undefined && upload !== undefined
  const certificate = storable ? newCertificate(newId(), name, upload) : undefined
  const outcome = await insertCertificate(db, claim, names.hostnames, certificate, hostnameLimits)
  const refusal = whyNot(outcome, claim, reading, hostnameLimits)
  if (refusal !== undefined) return fail(refusal)
  if (outcome.added === undefined || upload === undefined)
    throw new Error('nothing stood against the certificate, yet it was not stored')
  const disagreements = heavy ? [] : await readTwice(upload)
  if (disagreements.length > 0) {
    await withdrawCertificate(db, outcome.added.id)
    return fail({ reason: 'invalid_fields', faults: disagreements.map(inCertificate) })
  }
  return ok({ certificate: outcome.added, notes: notes(upload, claim.now) })
}

/** A draft, read. */
interface Reading {
  readonly name: string | undefined
  readonly upload: Upload | undefined
  readonly names: HostnameList
  readonly faults: readonly FieldFault[]
}

/** @param twice whether pkijs may read the certificates: access is known */
async function read(draft: CertificateDraft, twice: boolean): Promise<Reading> {
  const upload = draft.certificate === undefined ? undefined : await decodeUpload(draft.certificate)
  const names = readHostnames(draft.hostnames)
  const inUpload = upload?.ok === false ? upload.error : upload && twice ? await readTwice(upload.value) : []
  return {
    name: draft.name,
    upload: upload?.ok ? upload.value : undefined,
    names,
    faults: [...draft.faults, ...inUpload.map(inCertificate), ...names.faults],
  }
}

function whyNot(
  outcome: AddOutcome,
  { credential }: Claim,
  { names, faults }: Reading,
  limits: HostnameLimits,
): Refusal | undefined {
  const denied = accessRefusal(outcome.access, credential)
  if (denied !== undefined) return denied
  const all = [
    ...faults,
    ...foreignFaults(names, outcome.foreignHostnames, outcome.scopeDomains),
    ...crowdedFaults(names, outcome.crowdedHostnames, limits),
  ]
  if (all.length > 0) return { reason: 'invalid_fields', faults: all }
  if (outcome.added !== undefined) return undefined
  const { quota } = outcome
  if (quota.used >= quota.limit) return { reason: 'quota_reached', quota: 'certificates', added: 1, ...quota }
  if (outcome.lack !== undefined) return { reason: 'quota_reached', ...outcome.lack }
  return outcome.duplicate ? { reason: 'duplicate_certificate' } : undefined
}

/**
 * Characters of `certificate` that are read before access is known: five certificates with RSA-4096 keys, or some 3 ms for
 * the most values that they can have.
 */
const LIGHT_CHARACTERS = 16_384

/**
 * Whether reading the body takes so much that it has to be known first who asks. That takes another round trip: all others
 * are told in the one that stores.
 */
function isHeavy({ certificate, hostnames }: CertificateDraft): boolean {
  return (certificate?.length ?? 0) > LIGHT_CHARACTERS || isHeavyList(hostnames)
}

function inCertificate(fault: UploadFault): FieldFault {
  return { pointer: '/certificate', ...fault }
}

/** Of what was sent, the certificates are kept, and nothing that stood around them (contract 3). */
function newCertificate(id: string, name: string, { contentSha256, certificates }: Upload) {
  const anchors = anchorsOf(certificates.map(({ certificate }) => certificate))
  const chain = certificates.map((one) => ({ ...one, isAnchor: anchors.includes(one.certificate) }))
  return { id, name, contentSha256, chain }
}

/**
 * An expired or not yet valid CA is accepted, and said so (contract 3); so is one that a record's `expires_on`, which is
 * that of the first, says nothing of.
 */
function notes({ certificates }: Upload, now: number): readonly CertificateNote[] {
  const firstNotAfter = certificates[0]?.notAfter ?? 0
  return certificates.flatMap(
    ({ notBefore, notAfter, usableKey, publicKey, serialNumber }, index): CertificateNote[] => {
      const position = index + 1
      return [
        ...(notAfter < now ? [{ note: 'expired', position, notAfter } as const] : []),
        ...(notBefore > now ? [{ note: 'not_yet_valid', position, notBefore } as const] : []),
        ...(usableKey ? [] : [{ note: 'unusable_key', position, publicKey } as const]),
        ...(serialNumber.startsWith('-') ? [{ note: 'negative_serial', position, serialNumber } as const] : []),
        ...(notAfter >= now && notAfter < firstNotAfter
          ? [{ note: 'expires_first', position, notAfter, firstNotAfter } as const]
          : []),
      ]
    },
  )
}
