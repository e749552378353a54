import { insertAccount, insertCredential, insertZone } from '../../src/store/provisioning.ts'
import { newId, newToken, yearAfter } from '../cli/secrets.ts'
import type { Execute } from '../workerd/sql-client.ts'

/** What a first request needs. */
export interface Tenant {
  readonly account: string
  readonly zone: string
  readonly domain: string
  readonly token: string
}

/** Makes an account, a zone and a token that may write. @param now Unix seconds, UTC */
export async function makeTenant(execute: Execute, now: number): Promise<Tenant> {
  const [account, zone, domain] = [newId(), newId(), 'example.com']
  const token = await newToken()
  const credential = { id: newId(), kind: 'token', name: 'first run', email: null, notBefore: null } as const
  await execute([
    insertAccount({ id: account, name: 'Example account', enabled: true, certificateQuota: 50 }, now),
    insertZone({ id: zone, accountId: account, domain, enabled: true }, now),
    ...insertCredential(
      { ...credential, secretSha256: token.sha256, expiresOn: yearAfter(now) },
      [{ scope: { kind: 'accounts', id: account }, permission: 'write' }],
      now,
    ),
  ])
  return { account, zone, domain, token: token.text }
}
