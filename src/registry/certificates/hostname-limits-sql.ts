import type { QuotaLack } from '../../core/model.ts'
import { number, type Row } from '../../store/d1.ts'
import { hasRoomSql, lackFrom, roomQuotaSql } from '../../store/quotas.ts'

/** Names of parameters, or expressions. */
interface Crowding {
  /** What a record adds to each hostname. */
  readonly certificates: string
  readonly bytes: string
  readonly maxCertificates: string
  readonly maxBytes: string
  /** A condition on `hostnames n` under which it counts. */
  readonly condition?: string
}

/** A JSON array of the positions of wanted hostnames that would exceed the limits. Needs `access` and `wanted_hostnames`. */
export const crowdedSql = ({ certificates, bytes, maxCertificates, maxBytes, condition = 'TRUE' }: Crowding) => `(
  SELECT json_group_array(w.key)
  FROM wanted_hostnames
    CROSS JOIN json_each(wanted_hostnames.list) w
    CROSS JOIN hostnames n ON n.hostname_ascii = w.value AND n.account_id = access.account_id
  WHERE (n.certificates + ${certificates} > ${maxCertificates} OR n.bytes + ${bytes} > ${maxBytes}) AND ${condition}
)`

/** `new_hostnames` of a situation: how many of the wanted hostnames the account never had. */
export const NEW_HOSTNAMES_SQL = `(
  SELECT count(*) FROM wanted_hostnames CROSS JOIN json_each(wanted_hostnames.list) w
  WHERE NOT EXISTS (
    SELECT 1 FROM hostnames n WHERE n.hostname_ascii = w.value AND n.account_id = access.account_id
  )
)`

/** Whether the quota has room for the new hostnames of `access`, a situation. */
export const HAS_ROOM_SQL = `(access.new_hostnames = 0 OR ${hasRoomSql('hostnames', 'access.new_hostnames')})`

/** The column that hostnameLackFrom reads, of `access`, a situation. */
export const ROOM_SQL = roomQuotaSql('hostnames')

/** The quota of hostnames, where it has no room for the new ones. */
export function hostnameLackFrom(row: Row): QuotaLack {
  return lackFrom(row, 'hostnames', number(row, 'new_hostnames'))
}
