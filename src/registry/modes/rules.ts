import type { Database } from '../../core/config.ts'
import { type HostnameFault, parseHostname } from '../../core/hostname.ts'
import type { Claim, Hostname, HostnameMode } from '../../core/model.ts'
import { fail, mapOk, ok, type Result } from '../../core/result.ts'
import type { UnixSeconds } from '../../core/units.ts'
import { type IdentityRule, IdentityRules } from '../../edge/identity-rules.ts'
import type { HttpRefusal } from '../../web/http-refusal.ts'
import { type AskedPage, type Page, totalOf, windowOf } from '../../web/page.ts'
import { foreignHostname } from '../hostname-list.ts'
import type { Ground } from '../impact/assess.ts'
import type { FieldFault, Refusal } from '../refusal.ts'
import { storedIdentities } from './identities.ts'
import {
  type HostnameModeRow,
  type HostnameSituation,
  putHostnameMode,
  selectHostnameModes,
  type WantedMode,
} from './sql.ts'

/** The mode and identity rules of a hostname as they are answered. */
export type ShownMode = HostnameModeRow

/** How long report mode lasts by default and at most, in seconds: two weeks and a quarter. [ours] */
const DEFAULT_REPORT_SECONDS = 14 * 86_400
const MAX_REPORT_SECONDS = 90 * 86_400

/** A request to set a mode: the fields that have the right type, and the faults of the others, which are undefined. */
export interface ModeDraft {
  readonly mode: HostnameMode | undefined
  /** When `report` ends: Unix seconds, UTC. */
  readonly until: UnixSeconds | undefined
  /** None: every client with a valid certificate may enter. Undefined: those that are there stay. */
  readonly identities: readonly IdentityRule[] | undefined
  readonly faults: readonly FieldFault[]
}

/**
 * A page of the hostnames that have a mode other than the default, or identity rules, of an account's zones or of one zone, in their
 * order.
 */
export async function listModes(
  db: Database,
  claim: Claim,
  asked: AskedPage,
): Promise<Result<Page<ShownMode>, Refusal | HttpRefusal>> {
  const { offset, limit } = windowOf(asked)
  const listed = await selectHostnameModes(db, claim, offset, limit)
  if (!listed.ok) return listed
  const { modes, stored } = listed.value
  return mapOk(asked, (page) => ({ ...page, items: modes, total: totalOf(asked, modes.length, stored) }))
}

/**
 * Sets the mode and identity rules of a hostname. Refused first: missing access, then a hostname outside of the scope, then faults of
 * fields.
 * @param isDryRun whether nothing is changed, and the answer is what would be answered
 */
export async function putMode<E>(
  db: Database,
  claim: Claim,
  text: string,
  body: Result<ModeDraft, E>,
  isDryRun = false,
): Promise<Result<ShownMode, Refusal | E>> {
  const hostname = readHostname(text)
  const setting = body.ok ? readSetting(body.value, claim.now) : body
  const outcome = await putHostnameMode(
    db,
    claim,
    hostname.ok ? hostname.value : undefined,
    setting.ok && !isDryRun ? setting.value : undefined,
  )
  if (!outcome.ok) return outcome
  if (!body.ok) return body
  const refusal = whyNotTheirs(outcome.value, hostname)
  if (refusal !== undefined) return fail(refusal)
  if (!setting.ok) return setting
  const weakened = whyNotWeaker(outcome.value, setting.value)
  if (weakened.length > 0) return fail({ reason: 'invalid_fields', faults: weakened })
  const { lack, identities: before } = outcome.value
  const { mode, until, identities = before } = setting.value
  const needsRoom = mode !== 'required' || identities !== null
  if (needsRoom && lack !== undefined) return fail({ reason: 'quota_reached', ...lack })
  return ok({ hostname: text, mode, ...(until !== undefined && { until }), identities })
}

/** What the edge would know of a hostname that had a mode and identity rules. */
export function withMode({ facts, ...ground }: Ground, { mode, until, identities }: ShownMode): Ground {
  return {
    ...ground,
    facts: {
      ...facts,
      mode: { mode, ...(until !== undefined && { until }) },
      identities: identities === null ? undefined : new IdentityRules(identities),
    },
  }
}

function readSetting({ mode, until, identities, faults }: ModeDraft, now: UnixSeconds): Result<WantedMode, Refusal> {
  const all = [...faults, ...untilFaults(mode, until, now)]
  if (all.length > 0 || mode === undefined) return fail({ reason: 'invalid_fields', faults: all })
  const stored = identities === undefined ? ok(undefined) : storedIdentities(identities)
  if (!stored.ok) return fail({ reason: 'invalid_fields', faults: [stored.error] })
  const end = mode === 'report' && { until: until ?? now + DEFAULT_REPORT_SECONDS }
  return ok({ mode, ...end, identities: stored.value })
}

function untilFaults(
  mode: HostnameMode | undefined,
  until: UnixSeconds | undefined,
  now: UnixSeconds,
): readonly FieldFault[] {
  if (until === undefined || mode === undefined) return []
  const pointer = '/until'
  if (mode !== 'report') return [{ pointer, reason: 'until_without_report' }]
  if (until <= now || until > now + MAX_REPORT_SECONDS) {
    return [{ pointer, reason: 'until_out_of_range', limitDays: MAX_REPORT_SECONDS / 86_400 }]
  }
  return []
}

/** Why what may let more clients in cannot be set (docs/differences.md, "The edge namespace"). */
function whyNotWeaker(
  { guarded, hasCertificates, identities: before }: HostnameSituation,
  { mode, identities = before }: WantedMode,
): readonly FieldFault[] {
  return [
    ...(mode === 'report' && guarded ? [{ pointer: '/mode', reason: 'account_protects' } as const] : []),
    ...(mode === 'open' && hasCertificates ? [{ pointer: '/mode', reason: 'still_has_certificates' } as const] : []),
    ...(identities !== before && guarded ? [{ pointer: '/identities', reason: 'account_protects' } as const] : []),
  ]
}

/** Reads a hostname of a path. */
export function readHostname(text: string): Result<Hostname, HostnameFault> {
  const parsed = parseHostname(text)
  return parsed.ok ? ok({ text, ascii: parsed.value }) : parsed
}

/** Why a scope has nothing to say of a hostname. */
export function whyNotTheirs(
  { foreign, scopeDomains }: HostnameSituation,
  hostname: Result<Hostname, HostnameFault>,
): Refusal | undefined {
  if (!hostname.ok) return { reason: 'invalid_hostname', fault: hostname.error }
  if (!foreign) return undefined
  return { reason: 'invalid_hostname', fault: foreignHostname(hostname.value.ascii, scopeDomains) }
}
