import { env } from 'cloudflare:workers'
import { limit } from './tenants.ts'

/** Hostnames of each certificate that fill() adds. */
export const FILLED_HOSTNAMES = 3

/**
 * Inserts certificates with hostnames in raw SQL.
 * @param first the first of their numbers, each of which occurs once in an account
 */
export async function fill(accountId: string, zoneId: string | null, count: number, first = 1): Promise<void> {
  const numbers = `WITH RECURSIVE numbers(i) AS (SELECT ${first} UNION ALL SELECT i + 1 FROM numbers WHERE i < ?2 + ${first - 1}),
    ids AS (SELECT i, printf('%08x-%s', i, substr(?1, 6, 27)) AS id FROM numbers)`
  await limit(accountId, { certificates: 10_000 })
  await env.DB.batch([
    env.DB.prepare(`${numbers} INSERT INTO certificates (id, account_id, zone_id, name, content_sha256, created_at, updated_at)
      SELECT id, ?1, ?3, 'many', printf('%s%032x', ?1, i), 0, 0 FROM ids`).bind(accountId, count, zoneId),
    env.DB.prepare(`${numbers} INSERT INTO certificate_chain (certificate_id, position, der, fingerprint_md5,
        fingerprint_sha256, serial_number, subject, issuer, not_before, not_after, public_key, signature_algorithm, self_issued)
      SELECT id, 0, zeroblob(1000), printf('%032x', i), printf('%064x', i), '01', 'CN', 'CN', 0, 0, '', '', 1 FROM ids`).bind(
      accountId,
      count,
    ),
    env.DB.prepare(`${numbers} INSERT INTO certificate_hostnames (certificate_id, position, hostname, hostname_ascii)
      SELECT ids.id, key, value, value FROM ids, json_each(?3)`).bind(
      accountId,
      count,
      JSON.stringify(Array.from({ length: FILLED_HOSTNAMES }, (_, i) => `h${i}.example`)),
    ),
  ])
}
