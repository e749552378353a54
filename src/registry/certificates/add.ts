import type { HostnameLimits } from '../../core/config.ts'
import type { CertificateRecord, Claim, Hostname, TrustRecord } from '../../core/model.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { CertificateId } from '../../core/units.ts'
import { selectAccess } from '../../store/access.ts'
import type { RequestContext } from '../../web/operation.ts'
import { anchorsOf, decodeUpload, readTwice, type Upload, type UploadFault } from '../../x509/index.ts'
import {
  crowdedFaults,
  foreignFaults,
  type HostnameDraft,
  type HostnameList,
  isHeavyList,
  readHostnames,
} from '../hostname-list.ts'
import type { FieldFault, Refusal } from '../refusal.ts'
import { adviceOn, type CertificateNote } from './advice.ts'
import {
  type AddObstacles,
  insertCertificate,
  type NewCertificate,
  selectAddObstacles,
  tryCertificate,
  withdrawCertificate,
} from './insert-sql.ts'

/** A request to add a certificate: the fields that have the right type, and the faults of the others. */
export interface CertificateDraft {
  readonly name: string | undefined
  readonly certificate: string | undefined
  readonly hostnames: readonly HostnameDraft[]
  readonly faults: readonly FieldFault[]
}

/** What a change of hostnames needs beside the request. */
export type Surroundings = Pick<RequestContext, 'db' | 'newId' | 'hostnameLimits'>

export interface AddedCertificate {
  readonly certificate: CertificateRecord
  /** What hostnames trust of it. */
  readonly stored: TrustRecord
  readonly hostnames: readonly Hostname[]
  readonly notes: readonly CertificateNote[]
}

/** Adds a certificate, and takes it back. */
interface Adder {
  readonly insert: typeof tryCertificate
  readonly withdraw: typeof withdrawCertificate
}

const ADDER: Adder = { insert: insertCertificate, withdraw: withdrawCertificate }
/** For dry runs. */
export const TRIER: Adder = { insert: tryCertificate, withdraw: async () => undefined }

/**
 * Adds a certificate to the claim's scope (contract 3, POST).
 *
 * Order of checks (contract 4): access; then `body`, whose error is returned as it is; then the faults of all fields together,
 * the quota, and the conflict with what the account holds.
 * @param adder TRIER adds nothing, and the answer is what would be answered; the id is then a made-up one
 */
export async function addCertificate<E>(
  { db, newId, hostnameLimits }: Surroundings,
  claim: Claim,
  body: Result<CertificateDraft, E>,
  { insert, withdraw }: Adder = ADDER,
): Promise<Result<AddedCertificate, Refusal | E>> {
  const heavy = !body.ok || isHeavy(body.value)
  if (heavy) {
    const access = await selectAccess(db, claim)
    if (!access.ok) return access
  }
  if (!body.ok) return body
  const { name, upload, names, faults } = await read(body.value, heavy)
  if (faults.length > 0 || name === undefined || upload === undefined) {
    const obstacles = await selectAddObstacles(db, claim, names.hostnames, hostnameLimits)
    return obstacles.ok ? fail(whyNot(obstacles.value, names, faults, hostnameLimits)) : obstacles
  }
  const certificate = newCertificate(newId(), name, upload)
  const outcome = await insert(db, claim, names.hostnames, certificate, hostnameLimits)
  if (!outcome.ok) return outcome
  const added = outcome.value
  if (!added.ok) return fail(whyNot(added.error, names, faults, hostnameLimits))
  const disagreements = heavy ? [] : await readTwice(upload)
  if (disagreements.length > 0) {
    await withdraw(db, claim, added.value.id)
    return fail({ reason: 'invalid_fields', faults: disagreements.map(inCertificate) })
  }
  const anchors = new Set(certificate.chain.flatMap(({ isAnchor }, index) => (isAnchor ? [index] : [])))
  const { sameKeys, ...record } = added.value
  const stored: TrustRecord = { id: record.id, chain: certificate.chain, uncovered: 'allow' }
  return ok({
    certificate: record,
    stored,
    hostnames: names.hostnames,
    notes: adviceOn(upload, anchors, sameKeys, claim.now),
  })
}

/** A draft whose certificates and hostnames were read. */
interface Reading {
  readonly name: string | undefined
  readonly upload: Upload | undefined
  readonly names: HostnameList
  readonly faults: readonly FieldFault[]
}

/** @param twice whether pkijs may read the certificates, because access is known */
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
  { foreignHostnames, scopeDomains, crowdedHostnames, otherwise }: AddObstacles,
  names: HostnameList,
  faults: readonly FieldFault[],
  limits: HostnameLimits,
): Refusal {
  const all = [
    ...faults,
    ...foreignFaults(names, foreignHostnames, scopeDomains),
    ...crowdedFaults(names, crowdedHostnames, limits),
  ]
  return all.length > 0 ? { reason: 'invalid_fields', faults: all } : otherwise
}

/**
 * Most characters of `certificate` that are read before access is known: five certificates with RSA-4096 keys. With as many
 * values as they can have, they take some 3 ms.
 */
const LIGHT_CHARACTERS = 16_384

/**
 * Whether a body takes so much work that access must be known before it is read. That takes a round trip of its own; for other
 * bodies, the one that stores checks access too.
 */
function isHeavy({ certificate, hostnames }: CertificateDraft): boolean {
  return (certificate?.length ?? 0) > LIGHT_CHARACTERS || isHeavyList(hostnames)
}

function inCertificate(fault: UploadFault): FieldFault {
  return { pointer: '/certificate', ...fault }
}

/** Only the certificates are kept, not the text around them (contract 3). */
function newCertificate(id: CertificateId, name: string, { contentSha256, certificates }: Upload): NewCertificate {
  const anchors = anchorsOf(certificates.map(({ certificate }) => certificate))
  const linkOf = ({ certificate, usableKey: _, ...facts }: Upload['certificates'][number]) => ({
    ...facts,
    isAnchor: anchors.includes(certificate),
  })
  const [first, ...others] = certificates
  return { id, name, contentSha256, chain: [linkOf(first), ...others.map(linkOf)] }
}
