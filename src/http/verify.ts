import { verifyClient } from '../domain/verify-client.ts'
import { mapOk } from '../result.ts'
import { readJson } from './body.ts'
import type { Exchange } from './context.ts'
import { failed, success } from './envelope.ts'
import { readVerifyDraft } from './input.ts'
import { wireDecision } from './wire.ts'

/** POST /edge/v1/…/verify: a decision on a client certificate. Refusing it is a success of the request. */
export async function postVerify({ request, claim, context }: Exchange): Promise<Response> {
  const body = mapOk(await readJson(request), readVerifyDraft)
  const decision = await verifyClient(context.db, claim, body)
  return decision.ok ? success(200, wireDecision(decision.value)) : failed(decision.error, request)
}
