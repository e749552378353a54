import { readFingerprint, readPage } from '../../api/input.ts'
import { wireCrl } from '../../api/wire.ts'
import type { Exchange } from '../../web/context.ts'
import { failed, success, successPage } from '../../web/envelope.ts'
import { readCrlBody } from './body.ts'
import { uncoveredNote } from './coverage-notes.ts'
import { crlNotes } from './notes.ts'
import { listCrls, removeCrls } from './rules.ts'
import { putCrls } from './upload.ts'

/** PUT /edge/v1/…/certificates/{certificate_id}/crl: makes CRLs the current ones of their CAs. */
export async function putUploadedCrls({ request, claim, context, certificateId }: Exchange): Promise<Response> {
  const stored = await putCrls(context, claim, certificateId, () => readCrlBody(request))
  if (!stored.ok) return failed(stored.error, request)
  return success(
    200,
    stored.value.map(({ crl }) => wireCrl(crl)),
    stored.value.flatMap(crlNotes),
    request,
  )
}

/** GET /edge/v1/…/certificates/{certificate_id}/crl: one page. */
export async function getCrls({ request, claim, context, certificateId }: Exchange): Promise<Response> {
  const page = readPage(new URL(request.url).searchParams)
  const listed = await listCrls(context.db, claim, certificateId, page)
  return listed.ok ? successPage(listed.value, wireCrl) : failed(listed.error, request)
}

/** DELETE /edge/v1/…/certificates/{certificate_id}/crl: the CRLs that were uploaded to the certificate, or
 * those of one CA. */
export async function deleteCrls({ request, claim, context, certificateId }: Exchange): Promise<Response> {
  const fingerprint = readFingerprint(new URL(request.url).searchParams)
  const removed = await removeCrls(context.db, claim, certificateId, fingerprint)
  if (!removed.ok) return failed(removed.error, request)
  const { deleted, uncovered } = removed.value
  return success(200, { deleted }, uncovered.map(uncoveredNote), request)
}
