import type { HostnameFacts } from '../../src/edge/hostname-sql.ts'
import type { CacheAmbient } from '../../src/edge/trust-cache.ts'

// Without D1, so that the tests of the trust cache run in Node too (docs/mutation.md).

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
