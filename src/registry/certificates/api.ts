import { readCertificateDraft, readChangeDraft, readPage } from '../../api/input.ts'
import type { HttpRefusal } from '../../api/refusals.ts'
import { CertificateChangeBody, NewCertificateBody } from '../../api/schemas.ts'
import { wireCertificate, wireEmptied, wireNote } from '../../api/wire.ts'
import { mapOk, type Result } from '../../core/result.ts'
import { readBody } from '../../web/body.ts'
import type { Exchange } from '../../web/context.ts'
import { failed, success, successPage } from '../../web/envelope.ts'
import { unknownFieldMessages } from '../../web/unknown-fields.ts'
import { unblockedNotes, uncoveredNote } from '../crls/coverage-notes.ts'
import { addCertificate } from './add.ts'
import { changeCertificate, getCertificate, listCertificates, removeCertificate } from './rules.ts'

/** POST …/access/certificates: adds a root, or a chain up to one (contract 3). */
export async function postCertificate({ request, claim, context }: Exchange): Promise<Response> {
  const json = await readBody(request, NewCertificateBody)
  const added = await addCertificate(context, claim, mapOk(json, readCertificateDraft))
  if (!added.ok) return failed(added.error, request)
  const messages = [...added.value.notes.map(wireNote), ...ignored(NewCertificateBody, json)]
  return success(201, wireCertificate(added.value.certificate), messages, request)
}

/** GET …/access/certificates: one page of the scope's own certificates (contract 2). */
export async function getCertificates({ request, claim, context }: Exchange): Promise<Response> {
  const listed = await listCertificates(context.db, claim, readPage(new URL(request.url).searchParams))
  if (!listed.ok) return failed(listed.error, request)
  return successPage(listed.value, wireCertificate)
}

/** GET …/access/certificates/{certificate_id}. */
export async function getOneCertificate({ request, claim, context, certificateId }: Exchange): Promise<Response> {
  const found = await getCertificate(context.db, claim, certificateId)
  return found.ok ? success(200, wireCertificate(found.value)) : failed(found.error, request)
}

/** PUT …/access/certificates/{certificate_id}: replaces the hostnames, and the name where one is given (contract 3). */
export async function putCertificate({ request, claim, context, certificateId }: Exchange): Promise<Response> {
  const json = await readBody(request, CertificateChangeBody)
  const changed = await changeCertificate(context, claim, certificateId, mapOk(json, readChangeDraft))
  if (!changed.ok) return failed(changed.error, request)
  const { certificate, emptied, uncovered } = changed.value
  const messages = [
    ...(emptied.length > 0 ? [wireEmptied(emptied)] : []),
    ...uncovered.map(uncoveredNote),
    ...ignored(CertificateChangeBody, json),
  ]
  return success(200, wireCertificate(certificate), messages, request)
}

/** DELETE …/access/certificates/{certificate_id}; answers 200 with the id, as the SDKs unwrap it (contract 1). */
export async function deleteOneCertificate({ request, claim, context, certificateId }: Exchange): Promise<Response> {
  const removed = await removeCertificate(context.db, claim, certificateId)
  if (!removed.ok) return failed(removed.error, request)
  const { uncovered, blockedSerials } = removed.value
  return success(
    200,
    { id: certificateId },
    [...uncovered.map(uncoveredNote), ...unblockedNotes(blockedSerials)],
    request,
  )
}

function ignored(schema: typeof NewCertificateBody | typeof CertificateChangeBody, json: Result<unknown, HttpRefusal>) {
  return json.ok ? unknownFieldMessages(schema, json.value) : []
}
