import type { Database } from '../config.ts'
import type { CertificateRecord, Claim } from '../model.ts'
import { fail, ok, type Result } from '../result.ts'
import { insertCertificate } from '../store/certificate-insert.ts'
import { anchorsOf } from '../x509/anchors.ts'
import { encodePem } from '../x509/text/index.ts'
import { decodeUpload, type Upload } from '../x509/upload.ts'
import { accessRefusal } from './access.ts'
import { foreignFaults, type HostnameDraft, readHostnames } from './hostname-list.ts'
import type { FieldFault, Refusal } from './refusal.ts'

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
 * `unreadable` stands for a body that could not even become a draft: it is given back once the claim turned out to
 * hold, because who may not ask is told so first (contract 4, order of checks). Otherwise the faults of all fields
 * come together, then the quota, then the conflict with what the account holds.
 */
export async function addCertificate<E>(
  { db, newId }: Surroundings,
  claim: Claim,
  body: Result<CertificateDraft, E>,
): Promise<Result<AddedCertificate, Refusal | E>> {
  const draft = body.ok ? body.value : EMPTY_DRAFT
  const upload = draft.certificate === undefined ? undefined : await decodeUpload(draft.certificate)
  const names = readHostnames(draft.hostnames)
  const faults: FieldFault[] = [
    ...draft.faults,
    ...(upload?.ok === false ? upload.error.map((fault) => ({ pointer: '/certificate', ...fault })) : []),
    ...names.faults,
  ]
  const storable = faults.length === 0 && upload?.ok && draft.name !== undefined
  const outcome = await insertCertificate(
    db,
    claim,
    names.hostnames,
    storable ? newCertificate(newId(), draft.name, upload.value) : undefined,
  )
  const denied = accessRefusal(outcome.access, claim.credential)
  if (denied !== undefined) return fail(denied)
  if (!body.ok) return body
  faults.push(...foreignFaults(names, outcome.foreignHostnames))
  if (faults.length > 0) return fail({ reason: 'invalid_fields', faults })
  if (outcome.quota.used >= outcome.quota.limit) return fail({ reason: 'quota_reached', limit: outcome.quota.limit })
  if (outcome.duplicate) return fail({ reason: 'duplicate_certificate' })
  if (outcome.added === undefined || !upload?.ok)
    throw new Error('nothing stood against the certificate, yet it was not stored')
  return ok({ certificate: outcome.added, notes: notes(upload.value, claim.now) })
}

const EMPTY_DRAFT: CertificateDraft = { name: undefined, certificate: undefined, hostnames: [], faults: [] }

/** Of what was sent, the certificates are kept, and nothing that stood around them (contract 3). */
function newCertificate(id: string, name: string, { contentSha256, certificates }: Upload) {
  const anchors = anchorsOf(certificates.map(({ certificate }) => certificate))
  const chain = certificates.map((one) => ({ ...one, isAnchor: anchors.includes(one.certificate) }))
  const pem = certificates.map(({ der }) => encodePem(der)).join('')
  return { id, name, pem, contentSha256, chain }
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
