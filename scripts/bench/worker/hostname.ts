import type { HostnameFacts, LoadedHostname } from '../../../src/edge/hostname-sql.ts'
import { IdentityRules } from '../../../src/edge/identity-rules.ts'

/** A hostname that is owned and has certificates, of which nothing is revocable. */
export const FACTS: HostnameFacts = {
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
}

/** As many identity rules as a hostname may have; the last one matches the client with a key on P-256. */
export const IDENTITIES = new IdentityRules(
  JSON.stringify(
    Array.from({ length: 100 }, (_, i) => ({ common_name: i < 99 ? `P-256 Client ${i}` : 'P-256 Client' })),
  ),
)

/** A hostname with these roots (base64 of their DER), each a record of its own, as the database gives it. */
export function hostnameWith(roots: readonly string[], identities?: IdentityRules): LoadedHostname {
  return {
    facts: { ...FACTS, identities },
    records: roots.map((root, i) => ({
      id: `record ${i}`,
      uncovered: 'allow',
      chain: [{ der: Uint8Array.fromBase64(root), isAnchor: true }],
    })),
  }
}
