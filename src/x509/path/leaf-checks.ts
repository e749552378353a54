import { EXTENSION } from '../asn1/oids.ts'
import { isEmptyName } from '../certificate/name.ts'
import type { Entry } from './entry.ts'
import type { Purpose } from './purpose.ts'
import type { LeafFault } from './reasons/fault.ts'

/** Checks of the leaf, besides those of certificate-checks.ts. */

/**
 * RFC 5280 4.2.1.12: where extKeyUsage is present, it must hold the purpose. anyExtendedKeyUsage alone does not suffice:
 * software "MAY reject certificates that include the anyExtendedKeyUsage OID but not the particular OID expected", as OpenSSL
 * and BoringSSL do.
 */
export function checkLeafExtKeyUsage({ certificate }: Entry, purpose: Purpose): LeafFault | undefined {
  const present = certificate.extensions.values.extKeyUsage
  if (present === undefined || purpose.extKeyUsage.every((oid) => present.includes(oid))) return undefined
  return { reason: 'leaf_ext_key_usage', purpose: purpose.name, present }
}

/**
 * RFC 5280 4.2.1.3: where keyUsage is present, it must allow what the purpose does with the key. A CA as leaf is exempt: section
 * 6.1 treats it like any other leaf, its bits are about issuing, and the holder of its key could issue a client certificate to
 * itself.
 */
export function checkLeafKeyUsage({ certificate }: Entry, purpose: Purpose): LeafFault | undefined {
  const { keyUsage: present, basicConstraints } = certificate.extensions.values
  if (present === undefined || basicConstraints?.cA === true || purpose.keyUsage.length === 0) return undefined
  if (purpose.keyUsage.some((bit) => present.has(bit))) return undefined
  return { reason: 'leaf_key_usage', required: purpose.keyUsage, present: [...present] }
}

/** RFC 5280 4.2.1.10: nameConstraints "MUST be used only in a CA certificate". */
export function checkLeafNameConstraints({ certificate }: Entry): LeafFault | undefined {
  const { nameConstraints, basicConstraints } = certificate.extensions.values
  return nameConstraints !== undefined && basicConstraints?.cA !== true
    ? { reason: 'leaf_name_constraints' }
    : undefined
}

/** RFC 5280 4.1.2.6 and 4.2.1.6: where the subject is empty, a critical subjectAltName must name the holder. */
export function checkLeafSubject({ certificate }: Entry): LeafFault | undefined {
  if (!isEmptyName(certificate.subject)) return undefined
  const altName = certificate.extensions.list.find(({ oid }) => oid === EXTENSION.subjectAltName)
  if (altName === undefined) return { reason: 'leaf_subject_empty', because: 'no_alt_name' }
  return altName.critical ? undefined : { reason: 'leaf_subject_empty', because: 'alt_name_not_critical' }
}
