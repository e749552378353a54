import type { Entry } from './entry.ts'
import { caAllows, type Purpose } from './purpose.ts'
import type { IssuerFault } from './reasons/fault.ts'

/** Checks of every certificate above another on a path, the anchor included. */

/** RFC 5280 6.1.4 (k): version 3 with basicConstraints and cA TRUE. */
export function checkCa({ certificate }: Entry): IssuerFault | undefined {
  const { version, extensions } = certificate
  if (version !== 3) return { reason: 'not_a_ca', because: 'version', version }
  const { basicConstraints } = extensions.values
  if (basicConstraints === undefined) return { reason: 'not_a_ca', because: 'no_basic_constraints', version }
  return basicConstraints.cA ? undefined : { reason: 'not_a_ca', because: 'ca_false', version }
}

/** RFC 5280 6.1.4 (n): where keyUsage is present, it must have keyCertSign. */
export function checkKeyCertSign({ certificate }: Entry): IssuerFault | undefined {
  const present = certificate.extensions.values.keyUsage
  if (present === undefined || present.has('keyCertSign')) return undefined
  return { reason: 'no_key_cert_sign', present: [...present] }
}

/** Where extKeyUsage of a CA is present, it must hold the purpose or anyExtendedKeyUsage. */
export function checkCaExtKeyUsage({ certificate }: Entry, purpose: Purpose): IssuerFault | undefined {
  const present = certificate.extensions.values.extKeyUsage
  if (present === undefined || caAllows(present, purpose)) return undefined
  return { reason: 'ca_ext_key_usage', purpose: purpose.name, present }
}

/**
 * RFC 5280 4.2.1.9, 6.1.4 (l) and (m): pathLenConstraint limits the intermediates below, without the leaf and without
 * self-issued ones.
 */
export function checkPathLen({ certificate }: Entry, below: readonly Entry[]): IssuerFault | undefined {
  const pathLen = certificate.extensions.values.basicConstraints?.pathLen
  const length = pathLength(below)
  return pathLen === undefined || length <= pathLen ? undefined : { reason: 'path_len_exceeded', pathLen, length }
}

/** How many intermediates of a path are not self-issued. @param path from the leaf up */
export function pathLength(path: readonly Entry[]): number {
  return path.filter(({ selfIssued }, index) => index > 0 && !selfIssued).length
}
