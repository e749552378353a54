import { env } from 'cloudflare:workers'
import { type HostnameFacts, type LoadedHostname, selectHostname } from '../../src/edge/hostname-sql.ts'
import type { CacheAmbient } from '../../src/edge/trust-cache.ts'

/** What the edge loads for an unknown hostname. */
export function loadHostname(
  ascii: string,
  db: Pick<D1Database, 'prepare' | 'batch'> = env.DB,
): Promise<LoadedHostname> {
  return selectHostname(db, { ascii, records: true, version: undefined, known: [] })
}

/** Facts of a hostname that is owned and has certificates. */
export const facts = (more: Partial<HostnameFacts> = {}): HostnameFacts => ({
  owned: true,
  enabled: true,
  accountId: 'account',
  zoneId: 'zone',
  mode: { mode: 'required' },
  identities: undefined,
  everAssociated: true,
  forwarding: false,
  hasCertificates: true,
  revocable: false,
  version: '1',
  ...more,
})

/** A moment of a request, with a `waitUntil` that does nothing. */
export const ambientAt = (nowMs: number): CacheAmbient => ({ nowMs, waitUntil: () => undefined })
