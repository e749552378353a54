import type { Hex, UnixSeconds } from '../../core/units.ts'
import type { DerKind } from '../text/index.ts'

/** Why octets are not the text or the DER of CRLs. Lines count from 1. */
export type CrlTextFault =
  | { readonly reason: 'crl_empty' }
  | { readonly reason: 'crl_not_pem' }
  | { readonly reason: 'crl_pem_label'; readonly label: string; readonly line: number }
  | { readonly reason: 'crl_pem_boundary'; readonly line: number }
  | { readonly reason: 'crl_pem_unterminated'; readonly line: number }
  /** `line`: that of the PEM block; undefined for base64 without PEM. */
  | { readonly reason: 'crl_base64'; readonly line: number | undefined }
  /** The base64 decodes to PEM. */
  | { readonly reason: 'crl_encoded_twice' }
  /** Markup, such as an error page; JSON under another type; or the name of a file. */
  | { readonly reason: 'crl_other_text'; readonly text: 'markup' | 'json' | 'path' }
  | { readonly reason: 'crl_only_certificates' }
  | { readonly reason: 'crl_too_many'; readonly label: 'X509 CRL' | 'CERTIFICATE'; readonly limit: number }

/** Why DER is not a CRL that can be used. With `crl_malformed`, `crl_other_kind` and `crl_too_large`, its issuer is unknown. */
export type CrlReadFault =
  | { readonly reason: 'crl_too_large'; readonly bytes: number; readonly limitBytes: number }
  | { readonly reason: 'crl_malformed'; readonly field: string; readonly problem: string }
  | { readonly reason: 'crl_other_kind'; readonly kind: Exclude<DerKind, 'crl'> }
  /** thisUpdate is not before nextUpdate. Unix seconds, UTC. */
  | { readonly reason: 'crl_dates_reversed'; readonly thisUpdate: UnixSeconds; readonly nextUpdate: UnixSeconds }
  /** 5.2: a critical extension that is unknown. `entry`: whether it is in an entry (5.3). */
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

/** Why a CRL does not count as issued by one of the given CAs at the given time. Times are Unix seconds, UTC. */
export type CrlCheckFault =
  /** No CA has the name. */
  | { readonly reason: 'crl_issuer_unknown'; readonly issuer: string }
  /** The CA signed it, but no path leads from the CA to the record's certificates (`why`), nor from these to the CA. */
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
  /** RFC 5280 6.3.3 (f): `present` is its keyUsage, without cRLSign; undefined where it has no keyUsage and is not a CA. */
  | { readonly reason: 'crl_no_crl_sign'; readonly issuer: string; readonly present: readonly string[] | undefined }
  /** Another CRL of the upload, at the position `first` from 1, has the same CA, coverage and part. */
  | { readonly reason: 'crl_same_place'; readonly first: number }
  | { readonly reason: 'crl_not_yet_valid'; readonly thisUpdate: UnixSeconds; readonly at: UnixSeconds }
  | { readonly reason: 'crl_expired'; readonly nextUpdate: UnixSeconds; readonly at: UnixSeconds }

/** Every fault of a CRL, with its facts. */
export type CrlFault = CrlTextFault | CrlReadFault | CrlCheckFault
