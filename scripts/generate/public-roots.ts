import { createHash, X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'

/** Digits of a SHA-256 that are kept: enough to tell these keys from others by accident (src/registry/certificates/advice.ts). */
const PREFIX_DIGITS = 8

/**
 * The beginnings of SHA-256 of the keys (SubjectPublicKeyInfo) of the public web roots, sorted: the list that comes with Node, which
 * is Mozilla's.
 */
export function publicRoots(): readonly string[] {
  const prefixes = rootCertificates.map((pem) => {
    const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })
    return createHash('sha256').update(spki).digest('hex').slice(0, PREFIX_DIGITS)
  })
  return [...new Set(prefixes)].sort()
}
