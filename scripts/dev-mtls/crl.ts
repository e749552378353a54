import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { authorityKeyIdentifier, extension, type Identity, toPem, wholeSeconds } from './certificate.ts'

/** How long a CRL made here is good, in days: longer than anybody leaves a test set-up running. */
const CRL_LIFE_DAYS = 30

/** CRLReason keyCompromise (RFC 5280 5.3.1). */
const KEY_COMPROMISE = 1

/**
 * A CRL of a CA as PEM (RFC 5280 5): the given certificates are revoked since yesterday. Its number is the moment of
 * making, in ms, so that each is newer than the ones before.
 */
export async function makeCrl(ca: Identity, revoked: readonly pkijs.Certificate[], now: Date): Promise<string> {
  const crl = new pkijs.CertificateRevocationList()
  crl.version = 1
  crl.issuer = ca.certificate.subject
  crl.thisUpdate.value = wholeSeconds(now)
  crl.nextUpdate = new pkijs.Time({ value: daysLater(now, CRL_LIFE_DAYS) })
  if (revoked.length > 0) crl.revokedCertificates = revoked.map((certificate) => revokedEntry(certificate, now))
  crl.crlExtensions = new pkijs.Extensions({
    extensions: [
      await authorityKeyIdentifier(ca.keys),
      extension('2.5.29.20', false, asn1js.Integer.fromBigInt(BigInt(now.getTime()))),
    ],
  })
  await crl.sign(ca.keys.privateKey, 'SHA-256')
  return toPem('X509 CRL', crl.toSchema(true).toBER())
}

/** A moment some days later, or earlier, in whole seconds. */
export function daysLater(date: Date, days: number): Date {
  return wholeSeconds(new Date(date.getTime() + days * 86_400_000))
}

function revokedEntry({ serialNumber }: pkijs.Certificate, now: Date): pkijs.RevokedCertificate {
  const reason = extension('2.5.29.21', false, new asn1js.Enumerated({ value: KEY_COMPROMISE }))
  return new pkijs.RevokedCertificate({
    userCertificate: serialNumber,
    revocationDate: new pkijs.Time({ value: daysLater(now, -1) }),
    crlEntryExtensions: new pkijs.Extensions({ extensions: [reason] }),
  })
}
