import type { Database } from '../../core/config.ts'
import { parseHostname } from '../../core/hostname.ts'
import type { Claim, HostnameSetting } from '../../core/model.ts'
import { fail, mapOk, ok, type Result } from '../../core/result.ts'
import { selectAccess } from '../../store/access.ts'
import type { HttpRefusal } from '../../web/http-refusal.ts'
import { type AskedPage, type Page, totalOf, windowOf } from '../../web/page.ts'
import type { Surroundings } from '../certificates/add.ts'
import { foreignHostname, isHeavyList, labelFaults } from '../hostname-list.ts'
import type { FieldFault, Refusal } from '../refusal.ts'
import { putHostnameSettings, selectHostnameSettings } from './sql.ts'

/** A setting as it came in, with its index in the body, where others may have been faulty. */
export interface SettingDraft {
  readonly index: number
  /** Undefined when it is not a text; that is among the faults then. */
  readonly hostname: string | undefined
  /** Undefined when the entry does not carry this flag: it counts as false then. */
  readonly chinaNetwork: boolean | undefined
  readonly clientCertificateForwarding: boolean | undefined
}

/** A request to put settings as it came in: those that have the right types, and what the rest lacks. */
export interface SettingsDraft {
  readonly settings: readonly SettingDraft[]
  readonly faults: readonly FieldFault[]
}

/** A setting as it is answered. */
export type ShownSetting = Omit<HostnameSetting, 'ascii'>

/** A page of the settings of a scope: an account's with those of its zones, or one zone's (contract 3, Settings). */
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
 * Puts settings in, hostname by hostname (contract 3, Settings). Returns those that came with a flag, as they now are.
 * An entry without flags removes the setting and is not answered: Terraform 4.x sends one for each hostname that its
 * plan does not have, and takes its state from the answer.
 */
export async function putSettings<E>(
  { db, newId }: Surroundings,
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

/** Checks each setting by itself, and that none is named twice: which one should hold could only be guessed. */
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
