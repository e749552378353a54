import type { Database } from '../config.ts'
import type { TrustBundle } from '../model.ts'
import { type CrlEntryRow, type CrlRow, selectRevocation } from '../store/revocation.ts'
import { type Certificate, readCertificate } from '../x509/certificate.ts'
import type { CheckedCrl, RevocationData } from '../x509/path/revocation.ts'
import { toHex } from '../x509/values.ts'

/**
 * What is known of the certificates of a path under the bundles of a hostname, in one round trip. Rejects when the
 * database is away: nobody may be let in unasked then.
 */
export async function loadRevocation(
  db: Database,
  bundles: readonly TrustBundle[],
  path: readonly Certificate[],
): Promise<RevocationData> {
  const chains = new Map(bundles.map(({ id, chain }) => [id, chain]))
  const serials = [...new Set(path.map(({ serialNumber }) => toHex(serialNumber)))]
  const { certificateIds, crls, entries, blocked } = await selectRevocation(db, [...chains.keys()], serials)
  const present = new Set(certificateIds)
  return {
    crls: crls.flatMap((row) => checkedCrl(row, chains, entries)),
    blocked,
    cas: new Map(
      [...new Set(blocked.map(({ certificateId }) => certificateId))].map((id) => [id, readAll(chains.get(id) ?? [])]),
    ),
    removed: new Set([...chains.keys()].filter((id) => !present.has(id))),
  }
}

/** None where the CA's certificate cannot be read any more: nothing can be on a path below it either. */
function checkedCrl(
  { crlId, position, number, ...row }: CrlRow,
  chains: ReadonlyMap<string, readonly Uint8Array[]>,
  entries: readonly CrlEntryRow[],
): readonly CheckedCrl[] {
  const [ca] = readAll(chains.get(row.certificateId)?.slice(position, position + 1) ?? [])
  if (ca === undefined) return []
  const own = entries.filter((entry) => entry.crlId === crlId)
  const revoked = new Map(own.map(({ serial, revokedAt, reason }) => [serial, { revokedAt, reason }]))
  return [{ ...row, caPath: [ca], part: undefined, number: number.replace(/^0+(?=.)/, ''), revoked }]
}

function readAll(chain: readonly Uint8Array[]): readonly Certificate[] {
  return chain.flatMap((der) => {
    const read = readCertificate(der)
    return read.ok ? [read.value] : []
  })
}
