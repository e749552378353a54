import type { HostnameFacts, LoadedHostname } from '../../../src/edge/hostname-sql.ts'

/** A hostname that is owned and has certificates, of which nothing is revocable. */
export const FACTS: HostnameFacts = {
  owned: true,
  enabled: true,
  accountId: 'account',
  mode: { mode: 'required' },
  identities: undefined,
  everAssociated: true,
  forwarding: false,
  hasCertificates: true,
  revocable: false,
  version: '1',
}

/** A hostname with these roots (base64 of their DER), each a record of its own, as the database gives it. */
export function hostnameWith(roots: readonly string[]): LoadedHostname {
  return {
    facts: FACTS,
    records: roots.map((root, i) => ({
      id: `record ${i}`,
      uncovered: 'allow',
      chain: [{ der: Uint8Array.fromBase64(root), isAnchor: true }],
    })),
  }
}
