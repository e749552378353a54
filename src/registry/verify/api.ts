import { readVerifyDraft } from '../../api/input.ts'
import { VerifyBody } from '../../api/schemas.ts'
import { wireDecision } from '../../api/wire.ts'
import { mapOk } from '../../core/result.ts'
import { readBody } from '../../web/body.ts'
import type { Exchange } from '../../web/context.ts'
import { failed, success } from '../../web/envelope.ts'
import { unknownFieldMessages } from '../../web/unknown-fields.ts'
import { verifyClient } from './rules.ts'

/** POST /edge/v1/…/verify: a decision on a client certificate. Refusing it is a success of the request. */
export async function postVerify({ request, claim, context }: Exchange): Promise<Response> {
  const json = await readBody(request, VerifyBody)
  const decision = await verifyClient(context.db, claim, mapOk(json, readVerifyDraft))
  if (!decision.ok) return failed(decision.error, request)
  const messages = json.ok ? unknownFieldMessages(VerifyBody, json.value) : []
  return success(200, wireDecision(decision.value), messages, request)
}
