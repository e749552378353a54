import type { Database } from '../../core/config.ts'
import type { Claim, TrustRecord } from '../../core/model.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { trustOf } from '../../edge/trust.ts'
import {
  type CaSources,
  type Crl,
  type CrlFault,
  caNameKey,
  type ProvenCa,
  proveCa,
  readableCertificates,
  readCaPath,
} from '../../x509/index.ts'
import type { FieldFault, Refusal } from '../refusal.ts'
import { selectCaCertificates } from './ca-sql.ts'
import { type CrlPlace, type CrlUpload, crlFault } from './draft.ts'

/** A CRL of an upload, and the CA that signed it. */
export interface ProvenCrl {
  readonly place: CrlPlace
  readonly crl: Crl
  readonly proven: ProvenCa
}

/** Faults of a CRL that may go away when more certificates are tried. */
const MENDABLE: ReadonlySet<CrlFault['reason']> = new Set([
  'crl_issuer_unknown',
  'crl_ca_unproven',
  'crl_signature_invalid',
  'crl_key_not_allowed',
  'crl_key_unusable',
  'crl_no_crl_sign',
])

/**
 * Finds and proves the CA of each CRL of an upload. It tries the record's own certificates and those that came along first. Only
 * where these are not enough, it loads the account's other certificates of that name, and those of earlier uploads.
 * Errors: all faults of all CRLs.
 */
export async function proveAll(
  db: Database,
  claim: Claim,
  record: TrustRecord,
  { crls, certificates }: CrlUpload,
): Promise<Result<readonly ProvenCrl[], Refusal>> {
  const own = readableCertificates(record.chain.map(({ der }) => der))
  const { set: anchors } = trustOf([record])
  const near: CaSources = { own, anchors, others: certificates }
  const found: Attempt[] = []
  for (const one of crls) found.push({ ...one, result: await proveCa(one.crl, near, claim.now) })
  const open = found.filter(({ result }) => !result.ok && MENDABLE.has(result.error.reason))
  if (open.length > 0) {
    const nameKeys = await Promise.all(open.map(({ crl }) => caNameKey(crl.issuer)))
    const rows = await selectCaCertificates(db, claim, record.id, [...new Set(nameKeys)])
    const more = [...readableCertificates(rows.certificates), ...rows.paths.flatMap(readCaPath)]
    const far: CaSources = { ...near, others: [...certificates, ...more] }
    if (more.length > 0) for (const one of open) one.result = await proveCa(one.crl, far, claim.now)
  }
  const proven: ProvenCrl[] = []
  const faults: FieldFault[] = []
  for (const { place, crl, result } of found) {
    if (result.ok) proven.push({ place, crl, proven: result.value })
    else faults.push(crlFault(place, result.error))
  }
  return faults.length > 0 ? fail({ reason: 'invalid_fields', faults }) : ok(proven)
}

type Attempt = CrlUpload['crls'][number] & { result: Awaited<ReturnType<typeof proveCa>> }
