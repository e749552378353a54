import type { Database } from '../../core/config.ts'
import { parseHostname } from '../../core/hostname.ts'
import type { Claim } from '../../core/model.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { UnixSeconds } from '../../core/units.ts'
import { selectAccess } from '../../store/access.ts'
import type { HttpRefusal } from '../../web/http-refusal.ts'
import { type AskedPage, type Page, windowOf } from '../../web/page.ts'
import { foreignHostname } from '../hostname-list.ts'
import type { Refusal } from '../refusal.ts'
import { anchorsSince, type Readiness, readinessOf, windowAt } from './readiness.ts'
import { type ClientFilter, type ClientSeen, type ClientsFound, selectClients } from './sql.ts'

/** The parameters of the list. */
export const CLIENT_FILTERS = ['code', 'accepted', 'anchor'] as const
export type ClientFilterName = (typeof CLIENT_FILTERS)[number]

/** Clients of a hostname, as they are answered. */
export interface ListedClients {
  readonly hostname: string
  readonly found: ClientsFound
  readonly reasons: readonly Readiness[]
  /** From when requests count for the shares of anchors. */
  readonly anchorsSince: UnixSeconds
  readonly page: Page<ClientSeen>
}

/** A page of the clients seen at a hostname, and whether it is ready to be enforced. */
export async function listClients(
  db: Database,
  claim: Claim,
  text: string,
  asked: (parameter: string) => readonly string[],
  page: AskedPage,
): Promise<Result<ListedClients, Refusal | HttpRefusal>> {
  const filter = readFilter(asked)
  if (!filter.ok) {
    const access = await selectAccess(db, claim)
    return access.ok ? filter : access
  }
  const hostname = parseHostname(text)
  const window = windowAt(claim.now)
  const wanted = hostname.ok ? { text, ascii: hostname.value } : undefined
  const selected = await selectClients(db, claim, wanted, filter.value, window, windowOf(page))
  if (!selected.ok) return selected
  const found = selected.value
  if (!hostname.ok) return fail({ reason: 'invalid_hostname', fault: hostname.error })
  if (found.foreign) {
    return fail({ reason: 'invalid_hostname', fault: foreignHostname(hostname.value, found.scopeDomains) })
  }
  if (!page.ok) return page
  return ok({
    hostname: text,
    found,
    reasons: readinessOf(found, window),
    anchorsSince: anchorsSince(window, found.since),
    page: { ...page.value, items: found.clients, total: found.total },
  })
}

function readFilter(asked: (parameter: string) => readonly string[]): Result<ClientFilter, Refusal> {
  for (const parameter of CLIENT_FILTERS) {
    const [value, ...more] = asked(parameter)
    if (more.length > 0 || (value !== undefined && !IS_SOUND[parameter].test(value)))
      return fail({ reason: 'invalid_filter', parameter })
  }
  const first = (parameter: ClientFilterName) => asked(parameter)[0]
  const accepted = first('accepted')
  return ok({
    code: first('code'),
    accepted: accepted === undefined ? undefined : accepted === 'true',
    anchor: first('anchor'),
  })
}

const IS_SOUND: Readonly<Record<ClientFilterName, RegExp>> = {
  code: /^[a-z_]{1,64}$/,
  accepted: /^(?:true|false)$/,
  anchor: /^[0-9a-f]{64}$/,
}
