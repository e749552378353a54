import { env } from 'cloudflare:workers'
import { NOW } from './pki.ts'
import { freshId } from './requests.ts'

export type Columns = Readonly<Record<string, string | number | null | Uint8Array>>

/** Inserts one row in raw SQL: only the schema can refuse it. */
export async function insertRow(table: string, columns: Columns): Promise<void> {
  const names = Object.keys(columns)
  const values = names.map((_, i) => `?${i + 1}`)
  await env.DB.prepare(`INSERT INTO ${table} (${names.join()}) VALUES (${values.join()})`)
    .bind(...Object.values(columns))
    .run()
}

/** Sound rows; a test replaces the column that it checks. */
export const accountRow = (more: Columns = {}): Columns => ({
  id: freshId(),
  name: 'Test account',
  enabled: 1,
  certificate_quota: 50,
  created_at: NOW,
  ...more,
})

export const zoneRow = (accountId: string, more: Columns = {}): Columns => {
  const id = freshId()
  return { id, account_id: accountId, domain: `${id}.example`, enabled: 1, created_at: NOW, ...more }
}

export const credentialRow = (more: Columns = {}): Columns => {
  const id = freshId()
  return {
    id,
    kind: 'token',
    name: 'test',
    email: null,
    secret_sha256: id + id,
    status: 'active',
    not_before: null,
    expires_on: null,
    created_at: NOW,
    ...more,
  }
}

export const certificateRow = (accountId: string, more: Columns = {}): Columns => {
  const id = freshId()
  return {
    id: `${id}0000`,
    account_id: accountId,
    zone_id: null,
    name: 'Allow devs',
    content_sha256: id + id,
    created_at: NOW,
    updated_at: NOW,
    ...more,
  }
}

export const linkRow = (certificateId: string, more: Columns = {}): Columns => ({
  certificate_id: certificateId,
  position: 0,
  der: Uint8Array.of(0x30, 0x00),
  fingerprint_md5: '0'.repeat(32),
  fingerprint_sha256: '0'.repeat(64),
  serial_number: '01',
  subject: 'CN=Test Root',
  issuer: 'CN=Test Root',
  not_before: NOW,
  not_after: NOW,
  public_key: 'EC P-256',
  signature_algorithm: 'ecdsa-with-SHA256',
  self_issued: 1,
  name_key: '',
  ca_key: '',
  ...more,
})

export const hostnameRow = (certificateId: string, more: Columns = {}): Columns => ({
  certificate_id: certificateId,
  position: 0,
  hostname: 'A.example.com',
  hostname_ascii: 'a.example.com',
  ...more,
})

/** `zoneId`: the zone that owns the hostname. */
export const settingRow = (
  accountId: string,
  zoneId: string | null,
  hostname: string,
  more: Columns = {},
): Columns => ({
  account_id: accountId,
  zone_id: zoneId,
  hostname,
  hostname_ascii: hostname,
  china_network: 0,
  client_certificate_forwarding: 1,
  ...more,
})

/** The same. Report mode ends later than any test. */
export const modeRow = (accountId: string, zoneId: string, hostname: string, more: Columns = {}): Columns => ({
  account_id: accountId,
  zone_id: zoneId,
  hostname,
  hostname_ascii: hostname,
  mode: 'report',
  until: NOW + 1_000,
  by_account: 1,
  ...more,
})

export const crlRow = (accountId: string, certificateId: string, more: Columns = {}): Columns => ({
  upload_id: `${freshId()}0000`,
  account_id: accountId,
  certificate_id: certificateId,
  issuer_key: '0'.repeat(64),
  ca_key: more['ca_fingerprint_sha256'] ?? '0'.repeat(64),
  ca_fingerprint_sha256: '0'.repeat(64),
  issuer: 'CN=Test Root',
  ca_path: Uint8Array.of(0x30, 0x00),
  content_sha256: '0'.repeat(64),
  crl_number: '1'.padStart(40, '0'),
  this_update: NOW,
  next_update: NOW + 86_400,
  covers: 'all',
  entries: 0,
  uploaded_at: NOW,
  state: 'current',
  ...more,
})

export const blockedRow = (certificateId: string, more: Columns = {}): Columns => ({
  certificate_id: certificateId,
  serial: '0a',
  blocked_at: NOW,
  ...more,
})

/** Inserts a CRL with entries of these serial numbers in raw SQL; returns its id. */
export async function insertCrl(certificateId: string, serials: readonly string[], more: Columns = {}) {
  const accountId = await env.DB.prepare('SELECT account_id FROM certificates WHERE id = ?1')
    .bind(certificateId)
    .first<string>('account_id')
  const row = crlRow(accountId ?? '', certificateId, { entries: serials.length, ...more })
  await insertRow('crls', row)
  const id = await env.DB.prepare('SELECT id FROM crls WHERE upload_id = ?1').bind(row['upload_id']).first<number>('id')
  if (id === null) throw new Error('the CRL was not stored')
  for (const serial of serials) await insertRow('crl_entries', { crl_id: id, serial, revoked_at: NOW, reason: 0 })
  return id
}
