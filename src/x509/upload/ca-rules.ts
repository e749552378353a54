import type { UnixSeconds } from '../../core/units.ts'
import { Malformed } from '../asn1/malformed.ts'
import { signatureAlgorithm, signatureName } from '../certificate/algorithm.ts'
import type { Certificate } from '../certificate/certificate.ts'
import { type CriticalExtensionFault, criticalExtensionFaults } from '../certificate/extensions.ts'
import { describeKey, type KeyKind } from '../certificate/public-key.ts'
import { MAX_RSA_BITS, MIN_RSA_BITS } from '../limits.ts'

/** Why a well-formed certificate cannot become an anchor. */
export type CaFault =
  | { readonly reason: 'not_a_ca'; readonly because: 'no_basic_constraints' | 'ca_false' }
  | { readonly reason: 'no_key_cert_sign' }
  | { readonly reason: 'signature_algorithm'; readonly algorithm: string }
  | { readonly reason: 'signature_parameters'; readonly algorithm: string }
  | { readonly reason: 'key_type'; readonly key: string }
  | { readonly reason: 'key_compressed'; readonly key: string }
  | { readonly reason: 'key_size'; readonly key: string; readonly minBits: number; readonly maxBits: number }
  | CriticalExtensionFault
  | { readonly reason: 'validity_reversed'; readonly notBefore: UnixSeconds; readonly notAfter: UnixSeconds }

/**
 * All faults of one certificate of an upload (contract 3; the rules name sections of RFC 5280). Empty where it may become an
 * anchor. Neither the time nor other certificates matter: an expired CA is accepted (contract 3).
 */
export function caFaults(certificate: Certificate): readonly CaFault[] {
  return [
    ...checkCa(certificate),
    ...checkSignatureAlgorithm(certificate),
    ...checkKey(certificate.publicKey.kind),
    ...criticalExtensionFaults(certificate.extensions),
    ...checkValidity(certificate),
  ]
}

/**
 * Basic Constraints has CA:TRUE [D]. Where keyUsage is present, it has keyCertSign (RFC 5280 6.1.4 (n)): without it, no path below
 * this certificate is valid.
 */
function* checkCa({ extensions: { values } }: Certificate): Generator<CaFault> {
  if (values.basicConstraints === undefined) yield { reason: 'not_a_ca', because: 'no_basic_constraints' }
  else if (!values.basicConstraints.cA) yield { reason: 'not_a_ca', because: 'ca_false' }
  else if (values.keyUsage?.has('keyCertSign') === false) yield { reason: 'no_key_cert_sign' }
}

/** SHA-1, SHA-256, SHA-384 or SHA-512 with RSA or ECDSA [D]. All others are refused, as by the real service. */
function* checkSignatureAlgorithm({ signatureAlgorithm: identifier }: Certificate): Generator<CaFault> {
  const algorithm = signatureName(identifier.oid)
  try {
    if (signatureAlgorithm(identifier, 'signatureAlgorithm') === undefined) {
      yield { reason: 'signature_algorithm', algorithm }
    }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    yield { reason: 'signature_parameters', algorithm }
  }
}

/**
 * The key is RSA of 2048 to 8192 bits, P-256, P-384 or P-521, whose signatures WebCrypto in workerd can check. Points are
 * uncompressed, so that the key of a CA has one form only.
 */
function* checkKey(kind: KeyKind): Generator<CaFault> {
  const key = describeKey(kind)
  if (kind.type === 'RSA') {
    if (kind.bits < MIN_RSA_BITS || kind.bits > MAX_RSA_BITS) {
      yield { reason: 'key_size', key, minBits: MIN_RSA_BITS, maxBits: MAX_RSA_BITS }
    }
  } else if (kind.type === 'other' || kind.bits === undefined) {
    yield { reason: 'key_type', key }
  } else if (kind.compressed) {
    yield { reason: 'key_compressed', key }
  }
}

/** RFC 5280 4.1.2.5: the validity period is from notBefore through notAfter. */
function* checkValidity({ notBefore, notAfter }: Certificate): Generator<CaFault> {
  if (notAfter < notBefore) yield { reason: 'validity_reversed', notBefore, notAfter }
}
