import type { Hex, UnixSeconds } from '../../core/units.ts'
import type { DerKind } from '../text/index.ts'

/** Why octets are not the text or the DER of one CRL. Lines count from 1. */
export type CrlTextFault =
  | { readonly reason: 'crl_empty' }
  | { readonly reason: 'crl_not_pem' }
  | { readonly reason: 'crl_pem_label'; readonly label: string; readonly line: number }
  | { readonly reason: 'crl_pem_boundary'; readonly line: number }
  | { readonly reason: 'crl_pem_unterminated'; readonly line: number }
  /** `line`: of the PEM block; undefined for base64 alone. */
  | { readonly reason: 'crl_base64'; readonly line: number | undefined }
  /** What the base64 stands for is itself PEM. */
  | { readonly reason: 'crl_encoded_twice' }
  /** Markup, as of an error page; JSON under another type; or the name of a file. */
  | { readonly reason: 'crl_other_text'; readonly text: 'markup' | 'json' | 'path' }
  | { readonly reason: 'crl_only_certificates' }
  | { readonly reason: 'crl_too_many'; readonly label: 'X509 CRL' | 'CERTIFICATE'; readonly limit: number }

/** Why DER is no CRL that is read here. Only of `crl_malformed`, `crl_other_kind` and `crl_too_large` is nothing else known. */
export type CrlReadFault =
  | { readonly reason: 'crl_too_large'; readonly bytes: number; readonly limitBytes: number }
  | { readonly reason: 'crl_malformed'; readonly field: string; readonly problem: string }
  | { readonly reason: 'crl_other_kind'; readonly kind: Exclude<DerKind, 'crl'> }
  /** thisUpdate is not before nextUpdate. Unix seconds, UTC. */
  | { readonly reason: 'crl_dates_reversed'; readonly thisUpdate: UnixSeconds; readonly nextUpdate: UnixSeconds }
  /** 5.2: critical and unknown. `entry`: in an entry (5.3). */
  | { readonly reason: 'crl_unknown_critical_extension'; readonly oid: string; readonly entry: boolean }
  /** 5.2.4 */
  | { readonly reason: 'crl_delta' }
  /** 5.2.5 indirectCRL, 5.3.3 certificateIssuer */
  | { readonly reason: 'crl_indirect' }
  /** 5.2.5 onlySomeReasons */
  | { readonly reason: 'crl_some_reasons' }
  /** 5.2.5 onlyContainsAttributeCerts */
  | { readonly reason: 'crl_attribute_certificates' }
  /** 5.3.1: removeFromCRL appears only in delta CRLs. */
  | { readonly reason: 'crl_remove_from_crl'; readonly serial: Hex }

/** Why a CRL does not count as issued by one of the CAs at the time. Times are Unix seconds, UTC. */
export type CrlCheckFault =
  /** No CA has the name. */
  | { readonly reason: 'crl_issuer_unknown'; readonly issuer: string }
  /** The CA signed it, but its certificate leads to none of the record's, and theirs not to it; `why` is of the former. */
  | { readonly reason: 'crl_ca_unproven'; readonly issuer: string; readonly why: string }
  /** More signature checks than a CRL is worth. */
  | { readonly reason: 'crl_too_costly'; readonly issuer: string }
  | { readonly reason: 'crl_key_not_allowed'; readonly issuer: string; readonly key: string }
  | { readonly reason: 'crl_key_unusable'; readonly issuer: string; readonly key: string }
  | { readonly reason: 'crl_signature_algorithm'; readonly algorithm: string; readonly weak: boolean }
  | { readonly reason: 'crl_signature_parameters'; readonly algorithm: string; readonly problem: string }
  | {
      readonly reason: 'crl_signature_invalid'
      readonly issuer: string
      readonly because: 'key_type' | 'encoding' | 'mismatch'
      /** How authorityKeyIdentifier compares to the CA's subjectKeyIdentifier. */
      readonly keyIdentifiers: 'match' | 'differ' | 'absent'
    }
  /** RFC 5280 6.3.3 (f): its keyUsage is present, without cRLSign. Undefined: it has none, and is no CA either. */
  | { readonly reason: 'crl_no_crl_sign'; readonly issuer: string; readonly present: readonly string[] | undefined }
  /** Another CRL of the same upload, at that position from 1, is of the same CA, coverage and part. */
  | { readonly reason: 'crl_same_place'; readonly first: number }
  | { readonly reason: 'crl_not_yet_valid'; readonly thisUpdate: UnixSeconds; readonly at: UnixSeconds }
  | { readonly reason: 'crl_expired'; readonly nextUpdate: UnixSeconds; readonly at: UnixSeconds }

/** Everything that can be wrong with a CRL, each with its facts. */
export type CrlFault = CrlTextFault | CrlReadFault | CrlCheckFault
