import { readPage, readPolicyDraft } from '../../api/input.ts'
import { RevocationBody } from '../../api/schemas.ts'
import { wireBlockedSerial, wirePerhapsDecimal, wirePolicy } from '../../api/wire.ts'
import { mapOk } from '../../core/result.ts'
import { readBody } from '../../web/body.ts'
import type { Exchange } from '../../web/context.ts'
import { failed, success, successPage } from '../../web/envelope.ts'
import { getPolicy, putPolicy } from '../revocation-policies/rules.ts'
import { blockSerial, listBlockedSerials, unblockSerial } from './rules.ts'

/** GET /edge/v1/…/certificates/{certificate_id}/revocation. */
export async function getRevocation({ request, claim, context, certificateId }: Exchange): Promise<Response> {
  const policy = await getPolicy(context.db, claim, certificateId)
  return policy.ok ? success(200, wirePolicy(policy.value)) : failed(policy.error, request)
}

/** PUT /edge/v1/…/certificates/{certificate_id}/revocation. */
export async function putRevocation({ request, claim, context, certificateId }: Exchange): Promise<Response> {
  const body = mapOk(await readBody(request, RevocationBody), readPolicyDraft)
  const policy = await putPolicy(context.db, claim, certificateId, body)
  return policy.ok ? success(200, wirePolicy(policy.value)) : failed(policy.error, request)
}

/** GET /edge/v1/…/certificates/{certificate_id}/blocked_serials: one page, in the order of the serial numbers' texts. */
export async function getBlockedSerials({ request, claim, context, certificateId }: Exchange): Promise<Response> {
  const page = readPage(new URL(request.url).searchParams)
  const listed = await listBlockedSerials(context.db, claim, certificateId, page)
  if (!listed.ok) return failed(listed.error, request)
  return successPage(listed.value, wireBlockedSerial)
}

/** PUT /edge/v1/…/certificates/{certificate_id}/blocked_serials/{serial}. Has no body. */
export async function putBlockedSerial(exchange: Exchange): Promise<Response> {
  const { request, claim, context, certificateId, serial } = exchange
  const blocked = await blockSerial(context.db, claim, certificateId, serial)
  if (!blocked.ok) return failed(blocked.error, request)
  const { block, perhapsDecimal } = blocked.value
  const messages = perhapsDecimal === undefined ? [] : [wirePerhapsDecimal(perhapsDecimal)]
  return success(200, wireBlockedSerial(block), messages, request)
}

/** DELETE /edge/v1/…/certificates/{certificate_id}/blocked_serials/{serial}. */
export async function deleteBlockedSerial(exchange: Exchange): Promise<Response> {
  const { request, claim, context, certificateId, serial } = exchange
  const removed = await unblockSerial(context.db, claim, certificateId, serial)
  return removed.ok ? success(200, { serial: removed.value }) : failed(removed.error, request)
}
