import type { Database } from '../config.ts'
import { type HostnameFault, parseHostname } from '../hostname.ts'
import type { Claim, Hostname, HostnameMode } from '../model.ts'
import { fail, ok, type Result } from '../result.ts'
import {
  type HostnameModeRow,
  type HostnameOutcome,
  putHostnameMode,
  selectHostnameMode,
  selectHostnameModes,
} from '../store/hostname-modes.ts'
import { accessRefusal } from './access.ts'
import type { FieldFault, Refusal } from './refusal.ts'

/** What the edge does with clients of a hostname that have no good certificate. */
export type ShownMode = HostnameModeRow

/** A request to set a mode as it came in: undefined where it has the wrong type, which is among the faults then. */
export interface ModeDraft {
  readonly mode: HostnameMode | undefined
  readonly faults: readonly FieldFault[]
}

/** The modes that are not the default: of an account's zones, or of one zone. */
export async function listModes(db: Database, claim: Claim): Promise<Result<readonly ShownMode[], Refusal>> {
  const { access, modes } = await selectHostnameModes(db, claim)
  const denied = accessRefusal(access, claim.credential)
  return denied === undefined ? ok(modes) : fail(denied)
}

/** The mode of a hostname of the scope's. */
export async function getMode(db: Database, claim: Claim, text: string): Promise<Result<ShownMode, Refusal>> {
  const hostname = readHostname(text)
  const outcome = await selectHostnameMode(db, claim, hostname.ok ? hostname.value : undefined)
  const refusal = whyNot(outcome, claim, hostname)
  if (refusal !== undefined) return fail(refusal)
  return ok(outcome.mode ?? { hostname: text, mode: 'required' })
}

/** Sets the mode of a hostname of the scope's. Who may not, and what is not theirs, is told before faults of the body. */
export async function putMode<E>(
  db: Database,
  claim: Claim,
  text: string,
  body: Result<ModeDraft, E>,
): Promise<Result<ShownMode, Refusal | E>> {
  const hostname = readHostname(text)
  const mode = body.ok ? body.value.mode : undefined
  const sound = body.ok && body.value.faults.length === 0
  const outcome = await putHostnameMode(db, claim, hostname.ok ? hostname.value : undefined, sound ? mode : undefined)
  const denied = accessRefusal(outcome.access, claim.credential)
  if (denied !== undefined) return fail(denied)
  if (!body.ok) return body
  const refusal = whyNot(outcome, claim, hostname)
  if (refusal !== undefined) return fail(refusal)
  if (mode === undefined || !sound) return fail({ reason: 'invalid_fields', faults: body.value.faults })
  return ok({ hostname: text, mode })
}

function readHostname(text: string): Result<Hostname, HostnameFault> {
  const parsed = parseHostname(text)
  return parsed.ok ? ok({ text, ascii: parsed.value }) : parsed
}

function whyNot(
  { access, foreign }: HostnameOutcome,
  { credential }: Claim,
  hostname: Result<Hostname, HostnameFault>,
): Refusal | undefined {
  const denied = accessRefusal(access, credential)
  if (denied !== undefined) return denied
  if (!hostname.ok) return { reason: 'invalid_hostname', fault: hostname.error }
  return foreign ? { reason: 'invalid_hostname', fault: { reason: 'foreign_hostname' } } : undefined
}
