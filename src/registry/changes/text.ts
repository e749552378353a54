import { entryOf, type Table } from '../../core/table.ts'
import type { RevertObstacle } from './revert.ts'
import type { FilterName } from './rules.ts'

/** What each parameter of the list must be. */
export const FILTER_FORMS: Readonly<Record<FilterName, string>> = {
  certificate_id: "a certificate's id",
  hostname: 'a hostname',
  credential_id: 'the id of a token or key, 32 hexadecimal digits',
  since: 'a time such as 2027-01-31T00:00:00Z',
  until: 'a time such as 2027-01-31T00:00:00Z',
}

/** Why a change cannot be taken back, and what to do. */
export function describeRevertObstacle(obstacle: RevertObstacle): string {
  return entryOf(OBSTACLES, 'why', obstacle)
}

const OBSTACLES: Table<RevertObstacle, 'why', string> = {
  took_nothing: 'it took nothing away. Delete what it added, or send what you want instead',
  operator: 'an operator made it. npm run admin takes it back',
  other_scope: ({ zoneId }) => `it was made under /zones/${zoneId}: take it back there`,
  superseded: ({ by }) => `change ${by} set the same thing later: take that one back first`,
  replaced: 'other CRLs have been uploaded in the place of those that it deleted',
  not_kept: 'what it deleted is not kept any more. Upload it again',
  busy: 'other changes come between: send the request again',
}
