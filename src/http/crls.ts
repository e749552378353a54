import { listCrls, putCrl, removeCrls } from '../domain/crl.ts'
import type { Exchange } from './context.ts'
import { readCrlBody } from './crl-body.ts'
import { crlNotes } from './crl-notes.ts'
import { failed, success } from './envelope.ts'
import { readFingerprint } from './input.ts'
import { wireCrl } from './wire.ts'

/** PUT /edge/v1/…/certificates/{certificate_id}/crl: makes a CRL the current one of its CA. */
export async function putOneCrl({ request, claim, context, certificateId }: Exchange): Promise<Response> {
  const crl = await putCrl(context, claim, certificateId, () => readCrlBody(request))
  if (!crl.ok) return failed(crl.error, request)
  const { pointer } = crl.value
  return success(200, wireCrl(crl.value.crl), crlNotes(crl.value, pointer, 'the CRL'))
}

/** GET /edge/v1/…/certificates/{certificate_id}/crl. */
export async function getCrls({ request, claim, context, certificateId }: Exchange): Promise<Response> {
  const listed = await listCrls(context.db, claim, certificateId)
  if (!listed.ok) return failed(listed.error, request)
  const { policy, crls } = listed.value
  return success(200, { stale_policy: policy, crls: crls.map(wireCrl) })
}

/** DELETE /edge/v1/…/certificates/{certificate_id}/crl: all of the certificate's CRLs, or those of one CA. */
export async function deleteCrls({ request, claim, context, certificateId }: Exchange): Promise<Response> {
  const fingerprint = readFingerprint(new URL(request.url).searchParams)
  const removed = await removeCrls(context.db, claim, certificateId, fingerprint)
  return removed.ok ? success(200, { deleted: removed.value }) : failed(removed.error, request)
}
