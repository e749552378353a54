import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { insertAccount, insertCredential, insertZone } from '../../src/store/provisioning.ts'
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
export async function provision(database: Target, { accountId, tokenSha256 }: Tenant, now: Date): Promise<void> {
  const seconds = Math.floor(now.getTime() / 1_000)
  const credential = { id: newId(), kind: 'token', name: 'dev:mtls', email: null } as const
  await execute(database, [
    insertAccount({ id: accountId, name: 'mTLS on a laptop', enabled: true, certificateQuota: 50 }, seconds),
    insertZone({ id: newId(), accountId, domain: ZONE, enabled: true }, seconds),
    ...insertCredential(
      // It is as old as its folder: later runs take both over.
      { ...credential, secretSha256: tokenSha256, notBefore: null, expiresOn: null },
      [{ scope: { kind: 'accounts', id: accountId }, permission: 'write' }],
      seconds,
    ),
  ])
}
