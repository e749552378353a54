import { toHex, withoutLeadingZeros } from '../core/bytes.ts'
import type { Database } from '../core/config.ts'
import type { TrustRecord } from '../core/model.ts'
import type { AccountId } from '../core/units.ts'
import {
  type Certificate,
  type CheckedCrl,
  caKeys,
  type RevocationData,
  readableCertificates,
  readCaPath,
} from '../x509/index.ts'
import { certificateBytes } from './byte-cache.ts'
import { type CrlEntryRow, type CrlRow, type RevocationRows, selectRevocation } from './revocation-sql.ts'

/** Whose revocations count. */
export interface RevocationScope {
  /** The account whose CRLs count. */
  readonly accountId: AccountId
  /** The records of the hostname, whose blocked serial numbers count. */
  readonly records: readonly TrustRecord[]
}

/**
 * Loads the revocation of a path's certificates in one round trip: the CRLs of its CAs, whatever record of the account they
 * were uploaded to, and the serial numbers blocked for the hostname's records. Rejects when the database is away; then no client
 * is let in.
 */
export async function loadRevocation(
  db: Database,
  { accountId, records }: RevocationScope,
  path: readonly Certificate[],
): Promise<RevocationData> {
  const issuers = await Promise.all(path.slice(1).map(caKeys))
  const rows = await selectRevocation(db, {
    accountId,
    certificateIds: records.map(({ id }) => id),
    issuerKeys: [...new Set(issuers.map(({ nameKey }) => nameKey))],
    serials: [...new Set(path.map(({ serialNumber }) => toHex(serialNumber)))],
  })
  return revocationOf(rows, records)
}

/** What rows say of the revocation of paths. Rows of other certificates change nothing. @param records those of the hostname */
export function revocationOf(
  { certificateIds, crls, entries, blocked }: RevocationRows,
  records: readonly TrustRecord[],
): RevocationData {
  const chains = new Map(records.map(({ id, chain }) => [id, chain.map(({ der }) => der)]))
  const present = new Set(certificateIds)
  return {
    crls: crls.flatMap((row) => checkedCrl(row, entries)),
    blocked,
    cas: new Map(
      [...new Set(blocked.map(({ certificateId }) => certificateId))].map((id) => [
        id,
        readableCertificates(chains.get(id) ?? []),
      ]),
    ),
    removed: new Set([...chains.keys()].filter((id) => !present.has(id))),
  }
}

/** A CRL with its entries. Empty where its CA's certificate cannot be read any more: no path has such a CA either. */
function checkedCrl({ crlId, caPath, number, ...row }: CrlRow, entries: readonly CrlEntryRow[]): readonly CheckedCrl[] {
  const [ca, ...above] = readCaPath(caPath)
  if (ca === undefined) return []
  const own = entries.filter((entry) => entry.crlId === crlId)
  const revoked = new Map(own.map(({ serial, revokedAt, reason }) => [serial, { revokedAt, reason }]))
  return [{ ...row, caPath: [ca, ...above], number: number && withoutLeadingZeros(number), revoked }]
}

/** Memory of the rest of a path's revocation, and of each CRL without its certificates, in bytes; measured in workerd. */
const CRL_BYTES = 4_000

/** The most memory that the revocation of a path takes, in bytes. Its owner decides how many certificates it has, and how large. */
export function revocationBytes({ crls, cas }: RevocationData): number {
  const certificates = [...crls.map(({ caPath }) => caPath), ...cas.values()]
  return certificates.reduce((sum, path) => sum + certificateBytes(path), CRL_BYTES * (1 + crls.length))
}
