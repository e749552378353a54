import type { Database } from '../../core/config.ts'
import { parseHostname } from '../../core/hostname.ts'
import type { Claim, HostnameSetting } from '../../core/model.ts'
import { fail, mapOk, ok, type Result } from '../../core/result.ts'
import { selectAccess } from '../../store/access.ts'
import type { HttpRefusal } from '../../web/http-refusal.ts'
import type { RequestContext } from '../../web/operation.ts'
import { type AskedPage, type Page, totalOf, windowOf } from '../../web/page.ts'
import { foreignHostname, isHeavyList, labelFaults } from '../hostname-list.ts'
import type { FieldFault, Refusal } from '../refusal.ts'
import { putHostnameSettings, selectHostnameSettings } from './sql.ts'

/** A setting of a request, with its index in the body. */
export interface SettingDraft {
  readonly index: number
  /** Undefined where it is not a string, which is among the faults. */
  readonly hostname: string | undefined
  /** Undefined where the entry does not have the flag, which counts as false. */
  readonly chinaNetwork: boolean | undefined
  readonly clientCertificateForwarding: boolean | undefined
}

/** A request to put settings: the fields that have the right type, and the faults of the others. */
export interface SettingsDraft {
  readonly settings: readonly SettingDraft[]
  readonly faults: readonly FieldFault[]
}

/** A setting as it is answered. */
export type ShownSetting = Omit<HostnameSetting, 'ascii'>

/** A page of the settings of an account's zones, or of one zone (contract 3, Settings). */
export async function listSettings(
  db: Database,
  claim: Claim,
  asked: AskedPage,
): Promise<Result<Page<ShownSetting>, Refusal | HttpRefusal>> {
  const { offset, limit } = windowOf(asked)
  const listed = await selectHostnameSettings(db, claim, offset, limit)
  if (!listed.ok) return listed
  const { settings, stored } = listed.value
  return mapOk(asked, (page) => ({ ...page, items: settings, total: totalOf(asked, settings.length, stored) }))
}

/**
 * Sets or removes settings, hostname by hostname (contract 3, Settings). Returns those that came with a flag, as they are now. An
 * entry without flags removes the setting and is not returned: Terraform 4.x sends one for each hostname that its plan does not
 * have, and takes its state from the answer.
 */
export async function putSettings<E>(
  { db, newId }: Pick<RequestContext, 'db' | 'newId'>,
  claim: Claim,
  body: Result<SettingsDraft, E>,
): Promise<Result<readonly ShownSetting[], Refusal | E>> {
  if (!body.ok || isHeavyList(body.value.settings)) {
    const access = await selectAccess(db, claim)
    if (!access.ok) return access
  }
  if (!body.ok) return body
  const { settings, answered, indexes, faults } = readSettings(body.value)
  const outcome = await putHostnameSettings(db, claim, settings, faults.length === 0 ? newId() : undefined)
  if (!outcome.ok) return outcome
  if (outcome.value.ok) return ok(answered)
  const { foreignHostnames, scopeDomains, guardedHostnames, lack } = outcome.value.error
  for (const position of foreignHostnames) {
    const foreign = foreignHostname(settings[position]?.ascii ?? '', scopeDomains)
    faults.push({ ...foreign, pointer: hostnamePointer(indexes[position] ?? position), reason: 'foreign_setting' })
  }
  for (const position of guardedHostnames) {
    const pointer = `/settings/${indexes[position] ?? position}/client_certificate_forwarding`
    faults.push({ pointer, reason: 'account_protects' })
  }
  return fail(faults.length > 0 ? { reason: 'invalid_fields', faults } : { reason: 'quota_reached', ...lack })
}

function hostnamePointer(index: number): string {
  return `/settings/${index}/hostname`
}

/** Checks each setting, and that no hostname is named twice: which of the two counts could only be guessed. */
function readSettings(draft: SettingsDraft) {
  const settings: HostnameSetting[] = []
  const answered: HostnameSetting[] = []
  const indexes: number[] = []
  const faults: FieldFault[] = [...draft.faults]
  const seen = new Map<string, number>()
  for (const { index, hostname, ...flags } of draft.settings) {
    const { chinaNetwork = false, clientCertificateForwarding = false } = flags
    if (chinaNetwork) faults.push({ pointer: `/settings/${index}/china_network`, reason: 'china_network' })
    if (hostname === undefined) continue
    const parsed = parseHostname(hostname)
    const first = parsed.ok ? seen.get(parsed.value) : undefined
    if (!parsed.ok) faults.push({ pointer: hostnamePointer(index), ...parsed.error })
    else if (first !== undefined) faults.push({ pointer: hostnamePointer(index), reason: 'repeated_hostname', first })
    else {
      seen.set(parsed.value, index)
      const setting = { text: hostname, ascii: parsed.value, chinaNetwork, clientCertificateForwarding }
      settings.push(setting)
      indexes.push(index)
      if (Object.values(flags).some((flag) => flag !== undefined)) answered.push(setting)
    }
  }
  faults.push(...labelFaults('/settings', settings))
  return { settings, answered, indexes, faults }
}
