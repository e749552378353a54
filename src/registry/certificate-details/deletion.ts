import { rfc3339 } from '../../core/rfc3339.ts'
import type { UnixSeconds } from '../../core/units.ts'
import type { CoverageLoss } from '../crls/coverage-sql.ts'

/** What a deletion of a record would take away. */
export interface Deletion {
  /** How many hostnames it has: DELETE is refused while it has one. */
  readonly hostnames: number
  /** Requests of the last week that came in over one of its anchors, at its hostnames. */
  readonly requests: number
  /** When the last of them came. */
  readonly lastAt: UnixSeconds | undefined
  readonly blockedSerials: number
  /** The CAs that only CRLs of the record cover. */
  readonly uncovered: readonly CoverageLoss[]
}

/** Why a record should not be deleted, for programs and for people. */
export interface DeletionReason {
  readonly code: 'has_hostnames' | 'has_traffic' | 'has_blocked_serials' | 'takes_coverage'
  readonly message: string
}

/** Why a record should not be deleted; none: nobody notices. */
export function reasonsToKeep({
  hostnames,
  requests,
  lastAt,
  blockedSerials,
  uncovered,
}: Deletion): readonly DeletionReason[] {
  return [
    ...(hostnames === 0
      ? []
      : [
          {
            code: 'has_hostnames',
            message: `${hostnames} hostname(s) are associated with it: DELETE is refused until a PUT takes them away, and from then on its clients are refused there`,
          } as const,
        ]),
    ...(requests === 0 || lastAt === undefined
      ? []
      : [
          {
            code: 'has_traffic',
            message: `${requests} request(s) came in over it in the last 7 days, the last one at ${rfc3339(lastAt)}: have these clients use another CA first (GET hostnames/{hostname}/clients lists them)`,
          } as const,
        ]),
    ...(blockedSerials === 0
      ? []
      : [
          {
            code: 'has_blocked_serials',
            message: `${blockedSerials} serial number(s) are blocked at it, and go with it: block them at the certificate that replaces it`,
          } as const,
        ]),
    ...(uncovered.length === 0
      ? []
      : [
          {
            code: 'takes_coverage',
            message: `its CRLs are the only ones of ${uncovered.map(({ issuer }) => issuer).join('; ')}: clients that they revoked may get in again where that CA is used; upload them to another certificate first`,
          } as const,
        ]),
  ]
}
