import { fail, ok, type Result } from '../../core/result.ts'
import {
  type Certificate,
  type Crl,
  type CrlFault,
  decodeCrls,
  decodePem,
  kindOfDer,
  MAX_CERTIFICATES_PER_UPLOAD,
  readableCertificates,
  readCrl,
} from '../../x509/index.ts'
import type { FieldFault, Refusal } from '../refusal.ts'

/** An upload of CRLs, not read yet. */
export interface CrlDraft {
  /** Where in the body the CRLs are: the member `crl` of an object, or the whole body. */
  readonly pointer: '/crl' | ''
  /** PEM of any number of CRLs and certificates, or DER or base64 of DER of one CRL; undefined where there is none. */
  readonly octets: Uint8Array | undefined
  /** PEM of certificates: the member `ca`. */
  readonly ca: string | undefined
  readonly faults: readonly FieldFault[]
}

/** Which CRL of an upload it is. `position` counts from 1. */
export interface CrlPlace {
  readonly pointer: CrlDraft['pointer']
  readonly position: number
  readonly count: number
}

/** An upload that was read. */
export interface CrlUpload {
  readonly crls: readonly { readonly place: CrlPlace; readonly crl: Crl }[]
  /** Certificates that came along, without the unreadable ones. If one of those was needed, the CA is not proven. */
  readonly certificates: readonly Certificate[]
}

/** The fault of a CRL of an upload. */
export function crlFault(place: CrlPlace, fault: CrlFault): FieldFault {
  return { ...place, reason: 'crl', fault }
}

/** Reads an upload. Errors: all faults of its CRLs; where the text itself is faulty, its first fault. */
export function readCrlUpload({ pointer, octets, ca, faults }: CrlDraft): Result<CrlUpload, Refusal> {
  const found: FieldFault[] = [...faults]
  const blocks = octets === undefined ? undefined : decodeCrls(octets)
  if (blocks?.ok === false) found.push(crlFault({ pointer, position: 1, count: 1 }, blocks.error))
  const named = ca === undefined ? undefined : decodePem(ca)
  if (named?.ok === false) found.push({ pointer: '/ca', ...named.error })
  const ders = [...(blocks?.ok ? blocks.value.certificates : []), ...(named?.ok ? named.value : [])]
  if (ders.length > MAX_CERTIFICATES_PER_UPLOAD) {
    found.push({ pointer: '/ca', reason: 'too_many_certificates', limit: MAX_CERTIFICATES_PER_UPLOAD })
  }
  if (found.length > 0 || !blocks?.ok) return fail({ reason: 'invalid_fields', faults: found })
  const crls: CrlUpload['crls'][number][] = []
  for (const [index, der] of blocks.value.crls.entries()) {
    const place = { pointer, position: index + 1, count: blocks.value.crls.length }
    const crl = readCrl(der)
    if (crl.ok) crls.push({ place, crl: crl.value })
    else found.push(crlFault(place, nameOf(crl.error, der)))
  }
  return found.length > 0
    ? fail({ reason: 'invalid_fields', faults: found })
    : ok({ crls, certificates: readableCertificates(ders) })
}

/** The fault of a malformed CRL. Where the DER is of another kind, the fault names that kind. */
function nameOf(fault: CrlFault, der: Uint8Array): CrlFault {
  const kind = fault.reason === 'crl_malformed' ? kindOfDer(der) : undefined
  return kind === undefined || kind === 'crl' ? fault : { reason: 'crl_other_kind', kind }
}
