import type { CertificateRecord } from '../core/model.ts'
import { number, type Row, text } from './d1.ts'

/** The columns of a record, from `certificates c`. */
export const RECORD_COLUMNS_SQL = `
  c.id, c.name, c.created_at, c.updated_at, first.fingerprint_md5, first.not_after,
  (SELECT json_group_array(hostname ORDER BY position) FROM certificate_hostnames WHERE certificate_id = c.id)
    AS hostnames`

/** The first certificate of each record's PEM: it gives the fingerprint and the date (contract 2). */
export const FIRST_LINK_SQL = 'JOIN certificate_chain first ON first.certificate_id = c.id AND first.position = 0'

/** The condition that a certificate belongs to the scope itself: the account's own, or this zone's (contract 3). */
export const IN_SCOPE_SQL = 'c.account_id = access.account_id AND c.zone_id IS access.zone_id'

/** Reads RECORD_COLUMNS_SQL. */
export function recordFrom(row: Row): CertificateRecord {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    fingerprintMd5: text(row, 'fingerprint_md5'),
    hostnames: JSON.parse(text(row, 'hostnames')),
    createdAt: number(row, 'created_at'),
    updatedAt: number(row, 'updated_at'),
    expiresOn: number(row, 'not_after'),
  }
}
