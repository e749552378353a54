import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { insertAccount, insertCredential, insertZone } from '../../src/store/provisioning.ts'
import { execute, type Target } from './database.ts'
import { ZONE } from './mtls-pki.ts'
import { newId, newToken } from './secrets.ts'

/** The account that everything is registered in, and a token that may write there. */
export interface Tenant {
  readonly accountId: string
  readonly token: string
}

/** The tenant that an earlier run left in `file`; on the first run, makes it in the database. */
export async function ensureTenant(file: string, database: Target, now: Date): Promise<Tenant> {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  const accountId = newId()
  const token = await newToken()
  const seconds = Math.floor(now.getTime() / 1_000)
  const credential = { id: newId(), kind: 'token', name: 'dev:mtls', email: null } as const
  await execute(database, [
    insertAccount({ id: accountId, name: 'mTLS on a laptop', enabled: true, certificateQuota: 50 }, seconds),
    insertZone({ id: newId(), accountId, domain: ZONE, enabled: true }, seconds),
    ...insertCredential(
      { ...credential, secretSha256: token.sha256, notBefore: null, expiresOn: null },
      [{ scope: { kind: 'accounts', id: accountId }, permission: 'write' }],
      seconds,
    ),
  ])
  const tenant = { accountId, token: token.text }
  writeFileSync(file, JSON.stringify(tenant), { mode: 0o600 })
  return tenant
}
