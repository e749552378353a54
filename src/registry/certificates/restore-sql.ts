import type { Database, HostnameLimits } from '../../core/config.ts'
import type { CertificateRecord, Claim } from '../../core/model.ts'
import type { Result } from '../../core/result.ts'
import type { CertificateId, Hex, UnixSeconds } from '../../core/units.ts'
import type { Denied } from '../../store/access.ts'
import type { Statement } from '../../store/statement.ts'
import { bringBackCrls, IS_RESTORED_SQL, type Restoration } from '../crls/deleted-sql.ts'
import { type AddObstacles, type ChainLink, insertCertificate, type NewCertificate } from './insert-sql.ts'

/** A record that was deleted, as its change and what is kept of it say. */
export interface DeletedCertificate {
  readonly id: CertificateId
  readonly name: string
  readonly contentSha256: Hex
  readonly createdAt: UnixSeconds
  /** CHAIN_JSON_SQL. */
  readonly chain: string
}

/**
 * Brings a deleted record back under its id, with its policy, blocked serials and those of its CRLs that are kept, under the same
 * conditions as a new one. It has no hostnames, as when it was deleted.
 */
export function restoreCertificate(
  db: Database,
  claim: Claim,
  { chain, ...record }: DeletedCertificate,
  restoration: Restoration,
  limits: HostnameLimits,
): Promise<Result<Result<CertificateRecord, AddObstacles>, Denied>> {
  const certificate: NewCertificate = { ...record, chain: chainFrom(chain) }
  return insertCertificate(db, claim, [], certificate, limits, [
    ...bringBackParts(record.id, restoration),
    ...bringBackCrls(restoration),
  ])
}

function chainFrom(json: string): NewCertificate['chain'] {
  type Kept = Omit<ChainLink, 'der' | 'keySha256'> & { readonly der: string; readonly keySha256?: Hex }
  const links: readonly Kept[] = JSON.parse(json)
  // What was deleted before migration 0018 has no keySha256: the cron trigger fills it (key-hashes.ts).
  const [first, ...others] = links.map(
    ({ der, keySha256 = '', ...facts }): ChainLink => ({ ...facts, keySha256, der: Uint8Array.fromHex(der) }),
  )
  if (first === undefined) throw new Error('a deleted record has no certificates')
  return [first, ...others]
}

function bringBackParts(id: CertificateId, { accountId, reverted, position }: Restoration): readonly Statement[] {
  const params = [accountId, reverted, position, id]
  const deleted = `deleted_records d WHERE d.account_id = ?1 AND d.position = ?2 AND ${IS_RESTORED_SQL}`
  return [
    {
      unscoped: 'follows',
      sql: `INSERT INTO revocation_policies (certificate_id, stale_crl, uncovered, crl_url)
        SELECT ?4, d.stale_crl, d.uncovered, d.crl_url FROM ${deleted} AND d.stale_crl IS NOT NULL`,
      params,
    },
    {
      unscoped: 'follows',
      sql: `INSERT INTO blocked_serials (certificate_id, serial, blocked_at)
        SELECT ?4, b.value ->> 0, b.value ->> 1
        FROM (SELECT d.blocked_serials FROM ${deleted}) d CROSS JOIN json_each(d.blocked_serials) b`,
      params,
    },
    {
      unscoped: 'follows',
      sql: `DELETE FROM deleted_records WHERE account_id = ?1 AND position = ?2 AND ${IS_RESTORED_SQL}`,
      params: params.slice(0, 3),
    },
  ]
}
