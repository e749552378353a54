import { X509Certificate } from 'node:crypto'
import type { CertificateFacts, Observation } from './wire.ts'

/** What OpenSSL, as Node has it, reads differently of certificates that were accepted. */
export function opensslProblem(_: unknown, { facts = [] }: Observation): string | undefined {
  return (facts as readonly CertificateFacts[])
    .filter(({ known }) => known === undefined)
    .map(differs)
    .find((problem) => problem !== undefined)
}

function differs({ der, serialNumber, notBefore, notAfter }: CertificateFacts): string | undefined {
  const octets = Buffer.from(der, 'base64')
  let theirs: X509Certificate
  try {
    theirs = new X509Certificate(octets)
  } catch {
    return 'OpenSSL does not read it'
  }
  if (!theirs.raw.equals(octets)) return 'OpenSSL has other octets'
  const serial = plain(theirs.serialNumber)
  if (serial !== plain(serialNumber)) return `OpenSSL has serialNumber ${serial}, here it is ${serialNumber}`
  if (Date.parse(theirs.validFrom) !== notBefore * 1_000) return `OpenSSL has notBefore ${theirs.validFrom}`
  if (Date.parse(theirs.validTo) !== notAfter * 1_000) return `OpenSSL has notAfter ${theirs.validTo}`
  return undefined
}

/** Without leading zeros, in upper case. */
function plain(hex: string): string {
  return hex.toUpperCase().replace(/^(-?)0+(?=.)/, '$1')
}
