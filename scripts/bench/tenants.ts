import { createHash, randomUUID } from 'node:crypto'
import { readD1Migrations } from '@cloudflare/vitest-pool-workers'
import type { D1Database } from '@cloudflare/workers-types'
import { insertAccount, insertCredential, insertZone } from '../../src/store/provisioning.ts'
import type { Statement } from '../../src/store/statement.ts'
import { PROJECT } from '../wrangler/wrangler.ts'

/** An account with one zone, and a token that may write in both. */
export interface Tenant {
  readonly accountId: string
  readonly domain: string
  readonly authorization: string
}

/** More than any run adds. */
const CERTIFICATE_QUOTA = 1_000_000

/** Brings an empty database to the present schema. */
export async function migrateDatabase(db: D1Database): Promise<void> {
  const migrations = await readD1Migrations(`${PROJECT}/migrations`)
  await db.batch(migrations.flatMap(({ queries }) => queries.map((query) => db.prepare(query))))
}

export async function addTenant(db: D1Database, domain: string): Promise<Tenant> {
  const now = Math.floor(Date.now() / 1_000)
  const id = () => randomUUID().replaceAll('-', '')
  const [accountId, token] = [id(), id()]
  const credential = {
    id: id(),
    kind: 'token',
    name: 'bench',
    email: null,
    secretSha256: createHash('sha256').update(token).digest('hex'),
    notBefore: null,
    expiresOn: null,
  } as const
  const account = { id: accountId, name: 'bench', enabled: true, certificateQuota: CERTIFICATE_QUOTA }
  await run(db, [
    insertAccount(account, now),
    insertZone({ id: id(), accountId, domain, enabled: true }, now),
    ...insertCredential(credential, [{ scope: { kind: 'accounts', id: accountId }, permission: 'write' }], now),
  ])
  return { accountId, domain, authorization: `Bearer ${token}` }
}

/** The hostname that has so many roots. */
export function hostnameOf({ domain }: Tenant, roots: number): string {
  return `r${roots}.${domain}`
}

/**
 * Registers roots (base64 of their DER), each as a record of its own: the first for every one of the hostnames, the
 * tenth for those that have ten or more. Straight into the tables: over HTTP, 1,000 would take longer than the rest.
 */
export async function addRoots(db: D1Database, tenant: Tenant, roots: readonly string[], counts: readonly number[]) {
  const records = roots.map((root, i) => {
    const der = Buffer.from(root, 'base64')
    return {
      id: randomUUID(),
      sha256: createHash('sha256').update(der).digest('hex'),
      der: der.toString('hex'),
      hostnames: counts.filter((count) => i < count).map((count) => hostnameOf(tenant, count)),
    }
  })
  const params = [JSON.stringify(records), tenant.accountId]
  const field = (name: string) => `r.value ->> '${name}'`
  await run(db, [
    {
      unscoped: 'operator',
      sql: `INSERT INTO certificates (id, account_id, name, content_sha256, chain_certificates, chain_bytes, created_at,
          updated_at)
        SELECT ${field('id')}, ?2, 'bench', ${field('sha256')}, 1, length(${field('der')}) / 2, 0, 0 FROM json_each(?1) r`,
      params,
    },
    {
      unscoped: 'operator',
      sql: `INSERT INTO certificate_chain (certificate_id, position, der, fingerprint_md5, fingerprint_sha256,
          serial_number, subject, issuer, not_before, not_after, public_key, signature_algorithm, self_issued)
        SELECT ${field('id')}, 0, unhex(${field('der')}), substr(${field('sha256')}, 1, 32), ${field('sha256')},
          '', '', '', 0, 0, '', '', 1 FROM json_each(?1) r`,
      params: params.slice(0, 1),
    },
    {
      unscoped: 'operator',
      sql: `INSERT INTO certificate_hostnames (certificate_id, position, hostname, hostname_ascii)
        SELECT ${field('id')}, h.key, h.value, h.value FROM json_each(?1) r, json_each(r.value, '$.hostnames') h`,
      params: params.slice(0, 1),
    },
  ])
}

async function run(db: D1Database, statements: readonly Statement[]): Promise<void> {
  await db.batch(statements.map(({ sql, params }) => db.prepare(sql).bind(...params)))
}
