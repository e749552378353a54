import type { Database } from '../../core/config.ts'
import { parseHostname } from '../../core/hostname.ts'
import type { Claim } from '../../core/model.ts'
import { fail, mapOk, ok, type Result } from '../../core/result.ts'
import { selectAccess } from '../../store/access.ts'
import type { HttpRefusal } from '../../web/http-refusal.ts'
import { type AskedPage, type Page, windowOf } from '../../web/page.ts'
import { CERTIFICATE_ID_FORM, isTime, SCOPE_ID_FORM, unixSeconds } from '../../web/shapes.ts'
import { type Asked, faultyParameter } from '../list-filter.ts'
import type { Refusal } from '../refusal.ts'
import { type ChangeFilter, type RecordedChange, selectChange, selectChanges } from './sql.ts'

/** The parameters of the list. */
export const FILTER_NAMES = ['certificate_id', 'hostname', 'credential_id', 'since', 'until'] as const
export type FilterName = (typeof FILTER_NAMES)[number]

/** A page of a scope's changes, the newest first. */
export async function listChanges(
  db: Database,
  claim: Claim,
  asked: Asked<FilterName>,
  page: AskedPage,
): Promise<Result<Page<RecordedChange>, Refusal | HttpRefusal>> {
  const filter = readFilter(asked)
  if (!filter.ok) {
    const access = await selectAccess(db, claim)
    return access.ok ? filter : access
  }
  const { offset, limit } = windowOf(page)
  const listed = await selectChanges(db, claim, filter.value, offset, limit)
  if (!listed.ok) return listed
  const { changes, total } = listed.value
  return mapOk(page, (one) => ({ ...one, items: changes, total }))
}

/** One change of a scope. @param text its position, from the path */
export async function getChange(db: Database, claim: Claim, text: string): Promise<Result<RecordedChange, Refusal>> {
  const found = await selectChange(db, claim, readPosition(text))
  if (!found.ok) return found
  return found.value === undefined ? fail({ reason: 'change_not_found' }) : ok(found.value)
}

/** A position in a path; 0, which no change has, for other texts. */
export function readPosition(text: string): number {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : 0
}

function readFilter(asked: Asked<FilterName>): Result<ChangeFilter, Refusal> {
  const parameter = faultyParameter(FILTER_NAMES, asked, IS_SOUND)
  if (parameter !== undefined) return fail({ reason: 'invalid_filter', parameter })
  const first = (name: FilterName) => asked(name)[0]
  const time = (text: string | undefined) => (text === undefined ? undefined : unixSeconds(text))
  const hostname = parseHostname(first('hostname') ?? '')
  return ok({
    certificateId: first('certificate_id'),
    hostname: hostname.ok ? hostname.value : undefined,
    credentialId: first('credential_id'),
    since: time(first('since')),
    until: time(first('until')),
  })
}

const IS_SOUND: Readonly<Record<FilterName, (value: string) => boolean>> = {
  certificate_id: (value) => CERTIFICATE_ID_FORM.test(value),
  hostname: (value) => parseHostname(value).ok,
  credential_id: (value) => SCOPE_ID_FORM.test(value),
  since: isTime,
  until: isTime,
}
