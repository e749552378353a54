import { readModeDraft, readPage } from '../../api/input.ts'
import { HostnameModeBody } from '../../api/schemas.ts'
import { wireMode } from '../../api/wire.ts'
import { mapOk } from '../../core/result.ts'
import { readBody } from '../../web/body.ts'
import type { Exchange } from '../../web/context.ts'
import { failed, success, successPage } from '../../web/envelope.ts'
import { getMode, listModes, putMode } from './rules.ts'

/** GET /edge/v1/…/hostnames: one page of those whose mode is not the default. */
export async function getHostnames({ request, claim, context }: Exchange): Promise<Response> {
  const modes = await listModes(context.db, claim, readPage(new URL(request.url).searchParams))
  return modes.ok ? successPage(modes.value, wireMode) : failed(modes.error, request)
}

/** GET /edge/v1/…/hostnames/{hostname}. */
export async function getHostname({ request, claim, context, hostname }: Exchange): Promise<Response> {
  const mode = await getMode(context.db, claim, hostname)
  return mode.ok ? success(200, wireMode(mode.value)) : failed(mode.error, request)
}

/** PUT /edge/v1/…/hostnames/{hostname}: what the edge does with clients that it would refuse. */
export async function putHostname({ request, claim, context, hostname }: Exchange): Promise<Response> {
  const body = mapOk(await readBody(request, HostnameModeBody), readModeDraft)
  const mode = await putMode(context.db, claim, hostname, body)
  return mode.ok ? success(200, wireMode(mode.value)) : failed(mode.error, request)
}
