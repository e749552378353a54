import type { UnixSeconds } from '../../core/units.ts'
import { criticalExtensionFaults } from '../certificate/extensions.ts'
import { isEmptyName } from '../certificate/name.ts'
import { describeKey } from '../certificate/public-key.ts'
import { refusedKey } from '../signature/keys.ts'
import type { Entry } from './entry.ts'
import type { CertificateFault } from './reasons/fault.ts'

/** What any certificate of a path must hold to, anchor and leaf included: its own fields, without its issuer. */

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

/** RFC 5280 4.2, 6.1.4 (o) and 6.1.5 (f): a critical extension that is not known, or not processed. */
export function checkCriticalExtensions({ certificate }: Entry): CertificateFault | undefined {
  return criticalExtensionFaults(certificate.extensions)[0]
}

/** RFC 5280 4.1.2.4: "The issuer field MUST contain a non-empty distinguished name". Without one, anyone is the issuer. */
export function checkIssuerName({ certificate }: Entry): CertificateFault | undefined {
  return isEmptyName(certificate.issuer) ? { reason: 'issuer_empty' } : undefined
}

/**
 * NIST SP 800-131A revision 2, and what WebCrypto in workerd verifies: keys.ts. A compressed point is read where nothing asks
 * for it, in the leaf. A CA is known by the octets of its key, to CRLs and blocks too, and must not have two forms.
 */
export function checkKey({ certificate, origin }: Entry): CertificateFault | undefined {
  const { kind } = certificate.publicKey
  const key = refusedKey(certificate.publicKey)
  if (key !== undefined) return { reason: 'key_not_allowed', key }
  if (origin.role === 'leaf' || kind.type !== 'EC' || !kind.compressed) return undefined
  return { reason: 'key_compressed', key: describeKey(kind) }
}
