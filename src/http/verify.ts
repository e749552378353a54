import { verifyClient } from '../domain/verify-client.ts'
import { mapOk } from '../result.ts'
import { readBody } from './body.ts'
import type { Exchange } from './context.ts'
import { failed, success } from './envelope.ts'
import { readVerifyDraft } from './input.ts'
import { VerifyBody } from './schemas.ts'
import { unknownFieldMessages } from './unknown-fields.ts'
import { wireDecision } from './wire.ts'

/** POST /edge/v1/…/verify: a decision on a client certificate. Refusing it is a success of the request. */
export async function postVerify({ request, claim, context }: Exchange): Promise<Response> {
  const json = await readBody(request, VerifyBody)
  const decision = await verifyClient(context.db, claim, mapOk(json, readVerifyDraft))
  if (!decision.ok) return failed(decision.error, request)
  const messages = json.ok ? unknownFieldMessages(VerifyBody, json.value) : []
  return success(200, wireDecision(decision.value), messages, request)
}
