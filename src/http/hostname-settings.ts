import { listSettings, putSettings } from '../domain/hostname-settings.ts'
import { mapOk } from '../result.ts'
import { readBody } from './body.ts'
import type { Exchange } from './context.ts'
import { failed, success } from './envelope.ts'
import { readSettingsDraft } from './input.ts'
import { SettingsBody } from './schemas.ts'
import { ignoredOfSettings } from './unknown-fields.ts'
import { wireSetting } from './wire.ts'

/** GET …/access/certificates/settings. */
export async function getHostnameSettings({ request, claim, context }: Exchange): Promise<Response> {
  const settings = await listSettings(context.db, claim)
  return settings.ok ? success(200, settings.value.map(wireSetting)) : failed(settings.error, request)
}

/** PUT …/access/certificates/settings: answers the settings that came with a flag, as they now are (contract 3). */
export async function putHostnameSettings({ request, claim, context }: Exchange): Promise<Response> {
  const json = await readBody(request, SettingsBody)
  const settings = await putSettings(context, claim, mapOk(json, readSettingsDraft))
  if (!settings.ok) return failed(settings.error, request)
  return success(202, settings.value.map(wireSetting), json.ok ? ignoredOfSettings(json.value) : [], request)
}
