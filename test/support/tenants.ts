import { env } from 'cloudflare:workers'
import type { QuotaName } from '../../src/core/model.ts'
import { sha256Hex } from '../../src/core/sha256.ts'
import { runBatch } from '../../src/store/d1.ts'
import {
  insertAccount,
  insertCredential,
  insertZone,
  type NewAccount,
  type NewCredential,
  type NewGrant,
  type NewZone,
  setQuotas,
} from '../../src/store/provisioning.ts'
import { NOW } from './pki.ts'

let counter = 0

/** 32 hex digits, different each time. */
export function hexId(): string {
  counter += 1
  return counter.toString(16).padStart(32, '0')
}

export async function addAccount(account: Partial<NewAccount> = {}): Promise<string> {
  const id = account.id ?? hexId()
  await runBatch(env.DB, [
    insertAccount({ id, name: 'Test account', enabled: true, certificateQuota: 50, ...account }, NOW),
  ])
  return id
}

/** Sets quotas of an account. */
export async function limit(accountId: string, limits: Partial<Record<QuotaName, number>>): Promise<void> {
  await runBatch(env.DB, [setQuotas(accountId, limits)])
}

export async function addZone(accountId: string, domain: string, zone: Partial<NewZone> = {}): Promise<string> {
  const id = zone.id ?? hexId()
  await runBatch(env.DB, [insertZone({ id, accountId, domain, enabled: true, ...zone }, NOW)])
  return id
}

export const account = (id: string, permission: 'read' | 'write' = 'write'): NewGrant => ({
  scope: { kind: 'accounts', id },
  permission,
})

export const zone = (id: string, permission: 'read' | 'write' = 'write'): NewGrant => ({
  scope: { kind: 'zones', id },
  permission,
})

/** Adds a token with these grants; returns the header that presents it. */
export async function addToken(grants: readonly NewGrant[], more: Partial<NewCredential> = {}): Promise<string> {
  const id = hexId()
  await addCredential(`token-${id}`, grants, { id, ...more })
  return `Bearer token-${id}`
}

export async function addCredential(secret: string, grants: readonly NewGrant[], more: Partial<NewCredential>) {
  const credential: NewCredential = {
    id: hexId(),
    kind: 'token',
    name: 'test',
    email: null,
    secretSha256: await sha256Hex(secret),
    notBefore: null,
    expiresOn: null,
    ...more,
  }
  await runBatch(env.DB, insertCredential(credential, grants, NOW))
  return credential.id
}

/** An account with the zone `domain` and a token that may write in both. */
export async function addTenant(domain: string, more: Partial<NewAccount> = {}) {
  const accountId = await addAccount(more)
  const zoneId = await addZone(accountId, domain)
  return { accountId, zoneId, domain, authorization: await addToken([account(accountId)]) }
}
