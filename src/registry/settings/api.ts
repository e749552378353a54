import { readPage, readSettingsDraft } from '../../api/input.ts'
import { SettingsBody } from '../../api/schemas.ts'
import { wireSetting } from '../../api/wire.ts'
import { mapOk } from '../../core/result.ts'
import { readBody } from '../../web/body.ts'
import type { Exchange } from '../../web/context.ts'
import { failed, success, successPage } from '../../web/envelope.ts'
import { MAX_PER_PAGE } from '../../web/route.ts'
import { ignoredOfSettings } from '../../web/unknown-fields.ts'
import { listSettings, putSettings } from './rules.ts'

/**
 * GET …/access/certificates/settings. No client pages it, so as many as a page can have are answered, without `result_info`
 * (contract 3); with it where a page was asked for, or where there are more.
 */
export async function getHostnameSettings({ request, claim, context }: Exchange): Promise<Response> {
  const query = new URL(request.url).searchParams
  const settings = await listSettings(context.db, claim, readPage(query, MAX_PER_PAGE))
  if (!settings.ok) return failed(settings.error, request)
  const { items, total } = settings.value
  const isPage = query.has('page') || query.has('per_page') || total > items.length
  return isPage ? successPage(settings.value, wireSetting) : success(200, items.map(wireSetting))
}

/** PUT …/access/certificates/settings: answers the settings that came with a flag, as they now are (contract 3). */
export async function putHostnameSettings({ request, claim, context }: Exchange): Promise<Response> {
  const json = await readBody(request, SettingsBody)
  const settings = await putSettings(context, claim, mapOk(json, readSettingsDraft))
  if (!settings.ok) return failed(settings.error, request)
  return success(202, settings.value.map(wireSetting), json.ok ? ignoredOfSettings(json.value) : [], request)
}
