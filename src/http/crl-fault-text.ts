import type { FieldFault } from '../domain/refusal.ts'
import { rfc3339 } from './rfc3339.ts'

type CrlFault = Extract<FieldFault, { readonly reason: 'crl' }>['fault']

/** What is wrong with a CRL, after the name of the field, and where it helps, what to do. */
export function describeCrl(fault: CrlFault): string {
  switch (fault.reason) {
    case 'crl_empty':
      return 'must be a CRL in PEM or DER, and is empty'
    case 'crl_not_pem':
      return 'must be a CRL in PEM or DER: it has no -----BEGIN X509 CRL----- line'
    case 'crl_pem_label':
      return describeLabel(fault.label, fault.line)
    case 'crl_pem_boundary':
      return `has a PEM boundary at line ${fault.line} that is none: -----BEGIN X509 CRL----- and -----END X509 CRL----- are`
    case 'crl_pem_unterminated':
      return `has a BEGIN line at line ${fault.line} without its END line: the PEM is cut short`
    case 'crl_pem_several':
      return `has another PEM block at line ${fault.line}: send one CRL at a time`
    case 'crl_base64':
      return 'has something that is not base64 in its PEM block'
    case 'crl_too_large':
      return `is a CRL of ${fault.bytes} bytes; at most ${fault.limitBytes} are accepted`
    case 'crl_malformed':
      return `is not a well-formed CRL (DER, RFC 5280 section 5): ${fault.field} ${fault.problem}`
    case 'crl_dates_reversed':
      return `is never valid: nextUpdate ${rfc3339(fault.nextUpdate)} is not after thisUpdate ${rfc3339(fault.thisUpdate)}`
    case 'crl_not_yet_valid':
      return `is not valid before its thisUpdate ${rfc3339(fault.thisUpdate)}: correct the clock of the machine that issued it`
    case 'crl_expired':
      return `is stale since its nextUpdate ${rfc3339(fault.nextUpdate)}: have the CA issue a new one`
    default:
      return describeContent(fault)
  }
}

type ContentFault = Exclude<
  CrlFault,
  {
    readonly reason:
      | 'crl_empty'
      | 'crl_not_pem'
      | 'crl_pem_label'
      | 'crl_pem_boundary'
      | 'crl_pem_unterminated'
      | 'crl_pem_several'
      | 'crl_base64'
      | 'crl_too_large'
      | 'crl_malformed'
      | 'crl_dates_reversed'
      | 'crl_not_yet_valid'
      | 'crl_expired'
  }
>

function describeContent(fault: ContentFault): string {
  switch (fault.reason) {
    case 'crl_unknown_critical_extension':
      return `has a critical extension${fault.entry ? ' in an entry' : ''} that is not known here: ${fault.oid} (RFC 5280 5.2)`
    case 'crl_delta':
      return 'is a delta CRL: send the complete one'
    case 'crl_indirect':
      return 'is an indirect CRL: send one that lists only certificates of the CA that signed it'
    case 'crl_some_reasons':
      return 'speaks of some reasons only (onlySomeReasons): send one that speaks of all'
    case 'crl_attribute_certificates':
      return 'speaks of attribute certificates only (onlyContainsAttributeCerts)'
    case 'crl_remove_from_crl':
      return `has the reason removeFromCRL for serial number ${fault.serial}: that is for delta CRLs only (RFC 5280 5.3.1)`
    default:
      return describeIssuer(fault)
  }
}

type IssuerFault = Extract<
  CrlFault,
  {
    readonly reason:
      | 'crl_issuer_unknown'
      | 'crl_key_not_allowed'
      | 'crl_key_unusable'
      | 'crl_signature_algorithm'
      | 'crl_signature_parameters'
      | 'crl_signature_invalid'
      | 'crl_no_crl_sign'
  }
>

function describeIssuer(fault: IssuerFault): string {
  switch (fault.reason) {
    case 'crl_issuer_unknown':
      return `was issued by ${fault.issuer}, which is none of this certificate's CAs: register that CA, or send the CRL to its own certificate`
    case 'crl_key_not_allowed':
      return `was issued by ${fault.issuer}, whose key (${fault.key}) is not accepted for signatures`
    case 'crl_key_unusable':
      return `was issued by ${fault.issuer}, whose key (${fault.key}) has a public exponent that WebCrypto does not take`
    case 'crl_signature_algorithm':
      return `is signed with ${fault.algorithm}, which is ${fault.weak ? 'too weak' : 'not accepted'}`
    case 'crl_signature_parameters':
      return `is signed with ${fault.algorithm} under parameters that are not accepted: ${fault.problem}`
    case 'crl_signature_invalid':
      return fault.keyIdentifiers === 'differ'
        ? `is not signed by ${fault.issuer} as registered: its authorityKeyIdentifier names another key of the same name`
        : `is not signed by ${fault.issuer}: the signature does not verify`
    case 'crl_no_crl_sign':
      return `is signed by ${fault.issuer}, which may not sign CRLs: its keyUsage lacks cRLSign (RFC 5280 6.3.3 (f))`
  }
}

/** A label comes from the client; only what labels are made of is given back, and not much of it. */
function describeLabel(label: string, line: number): string {
  if (label.endsWith('PRIVATE KEY')) {
    return 'holds a private key: never send one; send the CRL only, and consider that key exposed'
  }
  const shown = label.replace(/[^A-Z0-9 ]/gi, '').slice(0, 40)
  return `has a PEM block of another kind at line ${line} (${shown}): only X509 CRL is accepted`
}
