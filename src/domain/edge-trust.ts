import type { Database } from '../config.ts'
import { selectHostnameTrust } from '../store/trust-anchors.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { RevocationData } from '../x509/path/revocation.ts'
import { loadRevocation, type RevocationScope } from './revocation.ts'
import { TrustCache } from './trust-cache.ts'

/** What decisions at the edge draw on: hostnames' trust, kept for a while, and what is revoked, asked for what is new. */
export interface EdgeTrust {
  readonly cache: TrustCache
  /** What is known of the certificates of a path. Rejects when the database is away. */
  readonly revocation: (scope: RevocationScope, path: readonly Certificate[]) => Promise<RevocationData>
}

/**
 * One for an isolate. Any replica of the database will do: how old an answer may be is bounded by the cache.
 * @param maxAgeSeconds how long a hostname's trust, and the leaves accepted under it, are kept
 */
export function edgeTrust(db: Database, maxAgeSeconds: number): EdgeTrust {
  return {
    cache: new TrustCache((ascii) => selectHostnameTrust(db, ascii), maxAgeSeconds),
    revocation: (scope, path) => loadRevocation(db, scope, path),
  }
}
