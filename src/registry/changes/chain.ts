import { sha256Hex } from '../../core/sha256.ts'
import type { AccountId, CertificateId, Hex, UnixSeconds, ZoneId } from '../../core/units.ts'

/** A row of the record of changes. */
export interface Change {
  readonly accountId: AccountId
  /** 1, 2, … within the account. */
  readonly position: number
  readonly at: UnixSeconds
  /** The zone of the request's path; null: the account's. */
  readonly zoneId: ZoneId | null
  readonly actor: 'token' | 'key' | 'operator'
  /** Of the credential; null for an operator. */
  readonly actorId: string | null
  readonly actorName: string
  readonly address: string | null
  readonly operation: string
  readonly certificateId: CertificateId | null
  /** JSON texts. */
  readonly before: string | null
  readonly after: string | null
  readonly hostnames: string
  readonly reverts: number | null
}

/**
 * The hash that seals a change: SHA-256 of a JSON array of the hash before it (empty for the first) and all that its row holds, in
 * this order, in UTF-8. Who alters, removes or inserts a change has to replace the hashes of all that follow.
 */
export function sealOf(previous: Hex, change: Change): Promise<Hex> {
  return sha256Hex(
    JSON.stringify([
      previous,
      change.accountId,
      change.position,
      change.at,
      change.zoneId,
      change.actor,
      change.actorId,
      change.actorName,
      change.address,
      change.operation,
      change.certificateId,
      change.before,
      change.after,
      change.hostnames,
      change.reverts,
    ]),
  )
}
