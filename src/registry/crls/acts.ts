import type { AsciiHostname, CertificateId, Hex } from '../../core/units.ts'
import { readCaPath, sha256 } from '../../x509/index.ts'
import type { Act } from '../impact/assess.ts'

/** What changes of CRLs would change of what decisions are based on. */

/**
 * The CRLs of a record are deleted.
 * @param reached the hostnames at which they can count
 * @param caFingerprintSha256 of the CA whose CRLs go; null for all
 */
export function deletedCrls(
  reached: readonly AsciiHostname[],
  id: CertificateId,
  caFingerprintSha256: Hex | null,
): Act {
  return {
    hostnames: reached,
    async revoke(rows) {
      const crls = []
      for (const crl of rows.crls) {
        const [ca] = readCaPath(crl.caPath)
        const isOfCa = caFingerprintSha256 === null || (ca && (await sha256(ca.der))) === caFingerprintSha256
        if (crl.certificateId !== id || !isOfCa) crls.push(crl)
      }
      return { ...rows, crls }
    },
  }
}
