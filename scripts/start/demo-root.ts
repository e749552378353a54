import { issueCertificate, newKeyPair, toPem } from '../dev-mtls/certificate.ts'
import { daysLater } from '../dev-mtls/crl.ts'

/** A root's life, in days: long enough that a demo never surprises anyone. */
const LIFE_DAYS = 3_650

/**
 * Makes a self-signed root for the first run's example, as PEM. Its private key is thrown away: nobody, not even
 * this machine, can issue client certificates under it.
 */
export async function makeDemoRoot(now: Date): Promise<string> {
  const root = await issueCertificate({
    commonName: 'access-mtls example root',
    kind: 'ca',
    notBefore: now,
    notAfter: daysLater(now, LIFE_DAYS),
    keys: await newKeyPair(),
  })
  return toPem('CERTIFICATE', root.toSchema(true).toBER())
}
