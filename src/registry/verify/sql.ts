import type { Database } from '../../core/config.ts'
import type { Claim, ScopeDomains, TrustRecord } from '../../core/model.ts'
import type { Result } from '../../core/result.ts'
import type { AccountId, AsciiHostname } from '../../core/units.ts'
import { IdentityRules } from '../../edge/identity-rules.ts'
import { ACCESS_SQL, accessParams, type Denied, GRANTED_SQL, whenGranted } from '../../store/access.ts'
import { oneOf, type Row, runBatch, text, truth } from '../../store/d1.ts'
import {
  FOREIGN_HOSTNAMES_SQL,
  scopeDomainsFrom,
  scopeDomainsSql,
  wantedHostnamesSql,
} from '../../store/hostname-owner.ts'
import { RECORD_CERTIFICATE_SQL, recordCertificateFrom } from '../../store/record-certificate.ts'

/** What a scope trusts for a hostname. */
export interface ScopeTrust {
  /** Whether the hostname is outside of the scope. */
  readonly foreign: boolean
  readonly scopeDomains: ScopeDomains
  /** The scope's account. */
  readonly accountId: AccountId
  /** None where the hostname is outside of the scope. */
  readonly records: readonly TrustRecord[]
  /** Who may enter, of the clients with a valid certificate; undefined: all of them. */
  readonly identities: IdentityRules | undefined
  /** Whether anything may be revoked for it. */
  readonly revocable: boolean
}

/** `certificates c` that count for a scope. */
const SCOPES_CERTIFICATES_SQL =
  'c.account_id = access.account_id AND (access.zone_id IS NULL OR c.zone_id = access.zone_id)'

/**
 * Whether anything may be revoked: the account has a CRL, which counts on all its paths, or a certificate of the scope with the
 * name ?9 has a blocked serial number.
 */
const REVOCABLE_SQL = `
  EXISTS (SELECT 1 FROM crls WHERE crls.account_id = access.account_id AND crls.state = 'current')
  OR EXISTS (
    SELECT 1 FROM certificate_hostnames h
      CROSS JOIN certificates c ON c.id = h.certificate_id
      CROSS JOIN blocked_serials b ON b.certificate_id = c.id
    WHERE h.hostname_ascii = ?9 AND ${SCOPES_CERTIFICATES_SQL}
  ) AS revocable`

/** The identity rules of the name ?9, if the zone that owns it now has them. */
const IDENTITIES_SQL = `(
    SELECT m.identities FROM hostname_modes m
    WHERE m.account_id = access.account_id AND m.hostname_ascii = ?9 AND m.zone_id = owner.zone_id
  ) AS identities`

/**
 * The records that a scope trusts for a hostname: those of an account and its zones, or those of one zone.
 */
export async function selectTrustAnchors(
  db: Database,
  claim: Claim,
  ascii: AsciiHostname,
): Promise<Result<ScopeTrust, Denied>> {
  const params = accessParams(claim, JSON.stringify([ascii]), ascii)
  const [rows, links] = await runBatch(db, [
    {
      // `owner`, because SQLite compiles and runs foreign_hostnames once for each place that names it.
      sql: `WITH RECURSIVE ${ACCESS_SQL}, ${wantedHostnamesSql('?8')}, ${FOREIGN_HOSTNAMES_SQL},
          owner(is_foreign, zone_id) AS MATERIALIZED (
            SELECT EXISTS (SELECT 1 FROM foreign_hostnames), (SELECT zone_id FROM owners))
        SELECT access.*, owner.is_foreign, ${IDENTITIES_SQL}, ${scopeDomainsSql('owner.is_foreign')}, ${REVOCABLE_SQL}
        FROM access CROSS JOIN owner`,
      params,
    },
    {
      // From the name to its records: the account may have any number of others.
      sql: `WITH ${ACCESS_SQL} SELECT c.id, ${RECORD_CERTIFICATE_SQL}, coalesce(p.uncovered, 'allow') AS uncovered
        FROM access
          CROSS JOIN certificate_hostnames h ON h.hostname_ascii = ?9
          CROSS JOIN certificates c ON c.id = h.certificate_id AND ${SCOPES_CERTIFICATES_SQL}
          CROSS JOIN certificate_chain ch ON ch.certificate_id = c.id
          LEFT JOIN revocation_policies p ON p.certificate_id = c.id
        WHERE ${GRANTED_SQL}
        ORDER BY c.sequence, ch.position`,
      params,
    },
  ])
  return whenGranted(claim, rows?.[0], (row) => {
    const foreign = truth(row, 'is_foreign')
    return {
      foreign,
      scopeDomains: scopeDomainsFrom(row, claim),
      accountId: text(row, 'account_id'),
      // Records that were associated before a more specific zone took the name over do not count.
      records: foreign ? [] : recordsFrom(links ?? []),
      identities: typeof row['identities'] === 'string' ? new IdentityRules(row['identities']) : undefined,
      revocable: truth(row, 'revocable'),
    }
  })
}

/** Gathers rows, one a certificate, into records. */
function recordsFrom(rows: readonly Row[]): readonly TrustRecord[] {
  return [...Map.groupBy(rows, (row) => text(row, 'id'))].map(([id, links]) => ({
    id,
    chain: links.map(recordCertificateFrom),
    uncovered: links[0] === undefined ? 'allow' : oneOf(links[0], 'uncovered', ['allow', 'refuse']),
  }))
}
