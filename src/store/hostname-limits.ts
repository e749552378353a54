import { number, type Row } from './d1.ts'

/** Hostnames that the account had, with those asked for; nothing where there is no account. */
export function hostnameQuotaFrom(row: Row | undefined): { readonly limit: number; readonly used: number } {
  if (row === undefined || row['account_id'] === null) return { limit: 0, used: 0 }
  return { limit: number(row, 'hostname_quota'), used: number(row, 'hostnames_used') }
}

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

/** A JSON array of the positions of wanted hostnames that would be over the limits. Needs `access` and `wanted_hostnames`. */
export const crowdedSql = ({ certificates, bytes, maxCertificates, maxBytes, condition = 'TRUE' }: Crowding) => `(
  SELECT json_group_array(w.key)
  FROM wanted_hostnames
    CROSS JOIN json_each(wanted_hostnames.list) w
    CROSS JOIN hostnames n ON n.hostname_ascii = w.value AND n.account_id = access.account_id
  WHERE (n.certificates + ${certificates} > ${maxCertificates} OR n.bytes + ${bytes} > ${maxBytes}) AND ${condition}
)`

/** How many of the wanted hostnames the account never had. */
export const NEW_HOSTNAMES_SQL = `(
  SELECT count(*) FROM wanted_hostnames CROSS JOIN json_each(wanted_hostnames.list) w
  WHERE NOT EXISTS (
    SELECT 1 FROM hostnames n WHERE n.hostname_ascii = w.value AND n.account_id = access.account_id
  )
)`
