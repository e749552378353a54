import { rfc3339 } from '../../core/rfc3339.ts'
import type { FieldFault } from '../refusal.ts'

type CrlFault = Extract<FieldFault, { readonly reason: 'crl' }>['fault']
type OfReason<R extends CrlFault['reason']> = Extract<CrlFault, { readonly reason: R }>

/** Characters of a name that a message repeats: a CRL's issuer may be any length. */
const MAX_NAME_CHARACTERS = 300

/** What is wrong with a CRL, after the name of the field, and where it helps, what to do. */
export function describeCrl(fault: CrlFault): string {
  switch (fault.reason) {
    case 'crl_malformed':
      return `is not a well-formed CRL (DER, RFC 5280 section 5): ${fault.field} ${fault.problem}`
    case 'crl_other_kind':
      return OTHER_KINDS[fault.kind]
    case 'crl_too_large':
      return `is a CRL of ${fault.bytes} bytes; at most ${fault.limitBytes} are accepted`
    case 'crl_dates_reversed':
      return `is never valid: nextUpdate ${rfc3339(fault.nextUpdate)} is not after thisUpdate ${rfc3339(fault.thisUpdate)}`
    case 'crl_not_yet_valid':
      return `is not valid before its thisUpdate ${rfc3339(fault.thisUpdate)}: correct the clock of the machine that issued it`
    case 'crl_expired':
      return `is stale since its nextUpdate ${rfc3339(fault.nextUpdate)}: have the CA issue a new one`
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
    case 'crl_same_place':
      return `is of the same CA as CRL ${fault.first}, for the same certificates: send the newer one only`
    default:
      return 'issuer' in fault || 'algorithm' in fault ? describeIssuer(fault) : describeText(fault)
  }
}

type TextFault = OfReason<
  | 'crl_empty'
  | 'crl_not_pem'
  | 'crl_pem_label'
  | 'crl_pem_boundary'
  | 'crl_pem_unterminated'
  | 'crl_base64'
  | 'crl_encoded_twice'
  | 'crl_other_text'
  | 'crl_only_certificates'
  | 'crl_too_many'
>

/** What is wrong with the text that holds it. */
function describeText(fault: TextFault): string {
  switch (fault.reason) {
    case 'crl_empty':
      return 'must be a CRL in PEM or DER, and is empty'
    case 'crl_not_pem':
      return 'must be a CRL in PEM or DER: it has no -----BEGIN X509 CRL----- line'
    case 'crl_other_text':
      return `must be a CRL in PEM or DER: ${OTHER_TEXTS[fault.text]}`
    case 'crl_pem_label':
      return describeLabel(fault.label, fault.line)
    case 'crl_pem_boundary':
      return `has a PEM boundary at line ${fault.line} that is none: -----BEGIN X509 CRL----- and -----END X509 CRL----- are`
    case 'crl_pem_unterminated':
      return `has a BEGIN line at line ${fault.line} without its END line: the PEM is cut short`
    case 'crl_base64':
      return fault.line === undefined
        ? 'has something in it that is not base64'
        : `has something that is not base64 in the PEM block at line ${fault.line}`
    case 'crl_encoded_twice':
      return 'is encoded twice: what its base64 stands for is itself PEM; send that (base64 -d)'
    case 'crl_only_certificates':
      return 'holds certificates and no CRL: the CA that issues them issues the CRL as well (openssl ca -gencrl)'
    case 'crl_too_many':
      return fault.label === 'CERTIFICATE'
        ? `has more than ${fault.limit} certificates`
        : `has more than ${fault.limit} CRLs: send them in several requests`
  }
}

const OTHER_TEXTS: Readonly<Record<OfReason<'crl_other_text'>['text'], string>> = {
  markup: 'it is markup, an error or login page perhaps; look at what was downloaded',
  json: 'it looks like JSON; that needs Content-Type: application/json',
  path: "it looks like a file's name; curl sends a file with --data-binary @FILE",
}

const PRIVATE_KEY = 'holds a private key: never send one; send the CRL only, and consider that key exposed'

const CERTIFICATE = 'is a certificate and no CRL: the CA that issues it issues the CRL as well (openssl ca -gencrl)'

/** What is no CRL is told as what it is. */
const OTHER_KINDS: Readonly<Record<OfReason<'crl_other_kind'>['kind'], string>> = {
  certificate: CERTIFICATE,
  trusted_certificate: CERTIFICATE,
  certificate_request: 'is a certificate signing request and no CRL',
  ocsp_response: 'is an OCSP response and no CRL',
  public_key: 'is a public key and no CRL',
  java_keystore: 'is a Java keystore and no CRL',
  pem: 'is PEM that was encoded once more: decode it once (openssl base64 -d)',
  pkcs7: 'is PKCS #7 and no CRL: take the CRL out of it (openssl pkcs7 -inform DER -print_certs)',
  pkcs12: PRIVATE_KEY,
  private_key: PRIVATE_KEY,
  encrypted_private_key: PRIVATE_KEY,
}

type IssuerFault = OfReason<
  | 'crl_issuer_unknown'
  | 'crl_ca_unproven'
  | 'crl_too_costly'
  | 'crl_key_not_allowed'
  | 'crl_key_unusable'
  | 'crl_signature_algorithm'
  | 'crl_signature_parameters'
  | 'crl_signature_invalid'
  | 'crl_no_crl_sign'
>

function describeIssuer(fault: IssuerFault): string {
  const issuer = 'issuer' in fault ? fault.issuer.slice(0, MAX_NAME_CHARACTERS) : ''
  switch (fault.reason) {
    case 'crl_issuer_unknown':
      return `was issued by ${issuer}, which is neither among this certificate's CAs nor among the other certificates of the account, nor came with it: send the certificate of that CA too, in the same PEM or as ca`
    case 'crl_ca_unproven':
      return `is signed by ${issuer}, whose certificate leads to none of this certificate's CAs (${fault.why.slice(0, MAX_NAME_CHARACTERS)}), and none of these leads to it: send what is between them too, in the same PEM or as ca, or send the CRL to the certificate of a CA above ${issuer}`
    case 'crl_too_costly':
      return `was issued by ${issuer}, of which there are too many keys to try: send it without certificates that have nothing to do with it`
    case 'crl_key_not_allowed':
      return `was issued by ${issuer}, whose key (${fault.key}) is not accepted for signatures`
    case 'crl_key_unusable':
      return `was issued by ${issuer}, whose key (${fault.key}) has a public exponent that WebCrypto does not take`
    case 'crl_signature_algorithm':
      return `is signed with ${fault.algorithm}, which is ${fault.weak ? 'too weak' : 'not accepted'}`
    case 'crl_signature_parameters':
      return `is signed with ${fault.algorithm} under parameters that are not accepted: ${fault.problem}`
    case 'crl_signature_invalid':
      return fault.keyIdentifiers === 'differ'
        ? `is not signed by ${issuer} as it is known here: its authorityKeyIdentifier names another key of the same name; where that is the CA's new key, send its certificate too, in the same PEM or as ca`
        : `is not signed by ${issuer}: the signature does not verify`
    case 'crl_no_crl_sign':
      return fault.present === undefined
        ? `is signed by ${issuer}, which is no CA and has no keyUsage with cRLSign (RFC 5280 6.3.3 (f))`
        : `is signed by ${issuer}, which may not sign CRLs: its keyUsage lacks cRLSign (RFC 5280 6.3.3 (f))`
  }
}

/** A label comes from the client; only what labels are made of is given back, and not much of it. */
function describeLabel(label: string, line: number): string {
  if (label.endsWith('PRIVATE KEY')) return PRIVATE_KEY
  const shown = label.replace(/[^A-Z0-9 ]/gi, '').slice(0, 40)
  return `has a PEM block of another kind at line ${line} (${shown}): only X509 CRL, and CERTIFICATE for its CAs, are accepted`
}
