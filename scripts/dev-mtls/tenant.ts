import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { insertAccount, insertCredential, insertZone } from '../../src/store/provisioning.ts'
import type { Statement } from '../../src/store/statement.ts'
import { newId, newToken } from '../cli/secrets.ts'
import { execute, type Target } from '../wrangler/database.ts'
import { ZONE } from './pki.ts'

/** The account that everything is registered in, and a token that may write there. */
export interface Tenant {
  readonly accountId: string
  readonly token: string
  readonly tokenSha256: string
}

/** The tenant that an earlier run left in `file`, or a new one. Whether the database has it yet is another question. */
export async function keepTenant(file: string): Promise<Tenant> {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  const { text, sha256 } = await newToken()
  const tenant = { accountId: newId(), token: text, tokenSha256: sha256 }
  writeFileSync(file, JSON.stringify(tenant), { mode: 0o600 })
  return tenant
}

/** Puts a tenant and its zone into the database. */
export async function provision(database: Target, tenant: Tenant, now: Date): Promise<void> {
  const seconds = Math.floor(now.getTime() / 1_000)
  const zone = { id: newId(), accountId: tenant.accountId, domain: ZONE, enabled: true }
  await execute(database, [...tenantStatements(tenant, seconds), insertZone(zone, seconds)])
}

/** What puts a tenant into a database. @param seconds Unix seconds, UTC */
export function tenantStatements({ accountId, tokenSha256 }: Tenant, seconds: number): readonly Statement[] {
  const credential = { id: newId(), kind: 'token', name: 'dev:mtls', email: null } as const
  return [
    insertAccount({ id: accountId, name: 'mTLS on a laptop', enabled: true, certificateQuota: 50 }, seconds),
    ...insertCredential(
      // It is as old as its folder: later runs take both over.
      { ...credential, secretSha256: tokenSha256, notBefore: null, expiresOn: null },
      [{ scope: { kind: 'accounts', id: accountId }, permission: 'write' }],
      seconds,
    ),
  ]
}
