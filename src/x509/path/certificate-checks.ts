import type { UnixSeconds } from '../../core/units.ts'
import { criticalExtensionFaults } from '../certificate/extensions.ts'
import { isEmptyName } from '../certificate/name.ts'
import { describeKey } from '../certificate/public-key.ts'
import { refusedKey } from '../signature/keys.ts'
import type { Entry } from './entry.ts'
import type { CertificateFault } from './reasons/fault.ts'

/** Checks of every certificate on a path, anchor and leaf included. They look at its own fields, not at its issuer. */

/**
 * RFC 5280 4.1.2.5 and 6.1.3 (a) (2): from notBefore through notAfter, inclusive.
 * @param at Unix seconds, UTC
 */
export function checkValidity({ certificate }: Entry, at: UnixSeconds): CertificateFault | undefined {
  const { notBefore, notAfter } = certificate
  if (at > notAfter) return { reason: 'expired', notAfter, at }
  if (at < notBefore) return { reason: 'not_yet_valid', notBefore, at }
  return undefined
}

/** RFC 5280 4.2, 6.1.4 (o) and 6.1.5 (f): no critical extension may be unknown or unprocessed. */
export function checkCriticalExtensions({ certificate }: Entry): CertificateFault | undefined {
  return criticalExtensionFaults(certificate.extensions)[0]
}

/** RFC 5280 4.1.2.4: "The issuer field MUST contain a non-empty distinguished name". An empty one names no single CA. */
export function checkIssuerName({ certificate }: Entry): CertificateFault | undefined {
  return isEmptyName(certificate.issuer) ? { reason: 'issuer_empty' } : undefined
}

/**
 * The key is on the allow-list of keys.ts (NIST SP 800-131A revision 2, and what WebCrypto in workerd verifies). Only a leaf may
 * have a compressed point, since its key is not used here. CRLs and blocks know a CA by the octets of its key, so the key of a CA
 * must not have two forms.
 */
export function checkKey({ certificate, origin }: Entry): CertificateFault | undefined {
  const { kind } = certificate.publicKey
  const key = refusedKey(certificate.publicKey)
  if (key !== undefined) return { reason: 'key_not_allowed', key }
  if (origin.role === 'leaf' || kind.type !== 'EC' || !kind.compressed) return undefined
  return { reason: 'key_compressed', key: describeKey(kind) }
}
