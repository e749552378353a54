import type { CertificateId, Hex, UnixSeconds } from '../../../core/units.ts'
import type { ReadFault } from '../../certificate/certificate.ts'
import type { CriticalExtensionFault } from '../../certificate/extensions.ts'
import type { ValueFault } from '../../certificate/informing-extensions.ts'
import type { SchemeFault } from '../../signature/signature-scheme.ts'
import type { CrlRef } from '../revocation/revocation.ts'
import type { LimitName } from './limit-words.ts'

/** The facts of a refusal by a name constraint. `name` and `subtree` are for people: `DNS:a.example.com`. */
interface ConstrainedBy {
  readonly name: string
  /** Subject of the CA with the constraint. */
  readonly by: string
}

/** Why a certificate is refused for its own fields, for any issuer. Times are Unix seconds, UTC. */
export type CertificateFault =
  | ReadFault
  | { readonly reason: 'expired'; readonly notAfter: UnixSeconds; readonly at: UnixSeconds }
  | { readonly reason: 'not_yet_valid'; readonly notBefore: UnixSeconds; readonly at: UnixSeconds }
  | CriticalExtensionFault
  | { readonly reason: 'key_not_allowed'; readonly key: string }
  | { readonly reason: 'key_compressed'; readonly key: string }
  | { readonly reason: 'issuer_empty' }

/** Why a certificate cannot be a leaf for the purpose. */
export type LeafFault =
  | { readonly reason: 'leaf_ext_key_usage'; readonly purpose: string; readonly present: readonly string[] }
  | { readonly reason: 'leaf_key_usage'; readonly required: readonly string[]; readonly present: readonly string[] }
  | { readonly reason: 'leaf_name_constraints' }
  | { readonly reason: 'leaf_subject_empty'; readonly because: 'no_alt_name' | 'alt_name_not_critical' }

/** Why a certificate must not issue the one below it. Lengths count intermediates that are not self-issued. */
export type IssuerFault =
  | {
      readonly reason: 'not_a_ca'
      readonly because: 'version' | 'no_basic_constraints' | 'ca_false'
      readonly version: number
    }
  | { readonly reason: 'no_key_cert_sign'; readonly present: readonly string[] }
  | { readonly reason: 'ca_ext_key_usage'; readonly purpose: string; readonly present: readonly string[] }
  | { readonly reason: 'path_len_exceeded'; readonly pathLen: number; readonly length: number }

/** Why a name below a constrained CA refuses the path (RFC 5280 4.2.1.10). */
export type NameFault =
  | ({ readonly reason: 'name_excluded'; readonly subtree: string } & ConstrainedBy)
  | ({
      readonly reason: 'name_not_permitted'
      /** The first ones. */
      readonly permitted: readonly string[]
      /** How many there are in all. */
      readonly permittedCount: number
    } & ConstrainedBy)
  | ({ readonly reason: 'name_form_unsupported'; readonly form: string } & ConstrainedBy)
  | ({ readonly reason: 'name_unreadable' } & ConstrainedBy)
  | { readonly reason: 'name_constraint_malformed'; readonly subtree: string }

/** Why the signature over a certificate does not count. */
export type SignatureFault =
  | SchemeFault
  | { readonly reason: 'key_unusable'; readonly key: string }
  | {
      readonly reason: 'signature_invalid'
      /** Subject of the certificate whose key was tried. */
      readonly issuer: string
      readonly because: 'key_type' | 'encoding' | 'mismatch'
      /** How authorityKeyIdentifier compares to the issuer's subjectKeyIdentifier. */
      readonly keyIdentifiers: 'match' | 'differ' | 'absent'
    }

/** A certificate whose certificatePolicies are malformed and therefore allow nothing. */
export interface UnreadablePolicies extends ValueFault {
  /** For people (displayName). */
  readonly subject: string
}

/** Why the policies of a path refuse it (RFC 5280 6.1.3 to 6.1.5). */
export type PolicyFault =
  | { readonly reason: 'policy_required'; readonly unreadable?: UnreadablePolicies }
  | { readonly reason: 'policy_mapping_any'; readonly issuerDomain: string; readonly subjectDomain: string }

/** Why no path was found at all. */
export type BuildFault =
  | { readonly reason: 'no_anchors' }
  | { readonly reason: 'no_issuer'; readonly issuer: string; readonly because: 'absent' | 'loop' }
  | { readonly reason: 'self_signed'; readonly subject: string }
  | { readonly reason: 'anchor_unreadable'; readonly anchorId: CertificateId; readonly problem: string }
  | { readonly reason: 'intermediate_unreadable'; readonly position: number; readonly problem: string }
  | { readonly reason: 'limit_reached'; readonly limit: LimitName; readonly value: number }

/** Why revocation refuses a path (RFC 5280 6.3). Serial numbers are toHex(certificate.serialNumber). */
export type RevocationFault =
  | {
      readonly reason: 'revoked'
      readonly serial: Hex
      /** revocationDate, Unix seconds, UTC. It may be after the time of the check. */
      readonly revokedAt: UnixSeconds
      /** The name of the CRLReason in RFC 5280 5.3.1; `unspecified` where the CRL has none. */
      readonly crlReason: string
      readonly crl: CrlRef
    }
  /** The CRL that does not list it is past its nextUpdate at the time `at`, Unix seconds, UTC. */
  | { readonly reason: 'crl_stale'; readonly at: UnixSeconds; readonly crl: CrlRef }
  /** No CRL covers it, and the owner of the CA requires one. `crls`: how many its issuer has for other certificates. */
  | { readonly reason: 'not_covered'; readonly issuer: string; readonly crls: number }
  | {
      readonly reason: 'blocked'
      readonly serial: Hex
      /** Unix seconds, UTC. */
      readonly blockedAt: UnixSeconds
      /** The record for which it is blocked. */
      readonly certificateId: CertificateId
    }

/** Every reason to refuse a path, with its facts. `reason` is the stable code. */
export type PathFault =
  | CertificateFault
  | LeafFault
  | IssuerFault
  | NameFault
  | SignatureFault
  | PolicyFault
  | RevocationFault
  | BuildFault

export type PathCode = PathFault['reason']
