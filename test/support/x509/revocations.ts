import { toHex } from '../../../src/core/bytes.ts'
import type { Bytes } from '../../../src/testing/der.ts'
import { type Certificate, readCertificate } from '../../../src/x509/certificate/certificate.ts'
import { checkCrl } from '../../../src/x509/crl/check-crl.ts'
import { crlEntries } from '../../../src/x509/crl/entries.ts'
import { readCrl } from '../../../src/x509/crl/read-crl.ts'
import {
  type BlockedSerial,
  type CheckedCrl,
  NOTHING_REVOKED,
  type RevocationLookup,
} from '../../../src/x509/path/revocation/revocation.ts'
import { NOW } from '../pki.ts'
import type { Issued } from './chain.ts'
import { type CrlParts, type EntryParts, issueCrl } from './make-crl.ts'

export function certificateOf({ der }: { readonly der: Bytes }): Certificate {
  const read = readCertificate(der)
  if (!read.ok) throw new Error(JSON.stringify(read.error))
  return read.value
}

/** Content octets of a serial number. */
export const serialOf = (issued: { readonly der: Bytes }): Bytes => certificateOf(issued).serialNumber
/** An entry that revokes a certificate. */
export const revoking = (issued: { readonly der: Bytes }, parts: Partial<EntryParts> = {}): EntryParts => ({
  serial: serialOf(issued),
  ...parts,
})

/** A CRL that is really signed, read and checked, as if it was uploaded at NOW or `checkedAt`. */
export async function checkedCrl(
  by: Issued,
  parts: CrlParts = {},
  stored: Partial<CheckedCrl> & { readonly checkedAt?: number } = {},
): Promise<CheckedCrl> {
  const { checkedAt = NOW, ...rest } = stored
  const crl = readCrl(await issueCrl(by, parts))
  if (!crl.ok) throw new Error(JSON.stringify(crl.error))
  const issuer = await checkCrl(crl.value, [certificateOf(by)], checkedAt)
  if (!issuer.ok) throw new Error(JSON.stringify(issuer.error))
  const { number, thisUpdate, nextUpdate, covers, part } = crl.value
  const revoked = new Map([...crlEntries(crl.value)].map(({ serial, ...entry }) => [serial, entry]))
  const defaults = { certificateId: 'record', caPath: [issuer.value.ca], whenStale: 'hard' } as const
  return { ...defaults, number, thisUpdate, nextUpdate, covers, part, revoked, ...rest }
}

/** Known revocation: these CRLs, and these blocks for the record of those CAs. */
export function known(
  crls: readonly CheckedCrl[],
  blocked: readonly BlockedSerial[] = [],
  cas: readonly { readonly der: Bytes }[] = [],
): RevocationLookup {
  return async () => ({ ...NOTHING_REVOKED, crls, blocked, cas: new Map([['record', cas.map(certificateOf)]]) })
}

export const block = (issued: { readonly der: Bytes }, parts: Partial<BlockedSerial> = {}): BlockedSerial => ({
  certificateId: 'record',
  serial: toHex(serialOf(issued)),
  blockedAt: NOW - 60,
  ...parts,
})
