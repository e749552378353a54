import { rfc3339 } from '../../core/rfc3339.ts'
import { entryOf, type Table } from '../../core/table.ts'
import type { FieldFault } from '../refusal.ts'

type CrlFault = Extract<FieldFault, { readonly reason: 'crl' }>['fault']
type OfReason<R extends CrlFault['reason']> = Extract<CrlFault, { readonly reason: R }>

/** How many characters of a name a message repeats: a CRL's issuer has no bound. */
const MAX_NAME_CHARACTERS = 300

/** What is wrong with a CRL, after the name of its field, and where it helps, what to do. */
export function describeCrl(fault: CrlFault): string {
  return entryOf<CrlFault, 'reason', string>(TEXTS, 'reason', fault)
}

const short = (name: string) => name.slice(0, MAX_NAME_CHARACTERS)

const TEXTS: Table<CrlFault, 'reason', string> = {
  crl_malformed: ({ field, problem }) => `is not a well-formed CRL (DER, RFC 5280 section 5): ${field} ${problem}`,
  crl_other_kind: ({ kind }) => OTHER_KINDS[kind],
  crl_too_large: ({ bytes, limitBytes }) => `is a CRL of ${bytes} bytes; at most ${limitBytes} are accepted`,
  crl_dates_reversed: ({ nextUpdate, thisUpdate }) =>
    `is never valid: nextUpdate ${rfc3339(nextUpdate)} is not after thisUpdate ${rfc3339(thisUpdate)}`,
  crl_not_yet_valid: ({ thisUpdate }) =>
    `is not valid before its thisUpdate ${rfc3339(thisUpdate)}: correct the clock of the machine that issued it`,
  crl_expired: ({ nextUpdate }) => `is stale since its nextUpdate ${rfc3339(nextUpdate)}: have the CA issue a new one`,
  crl_unknown_critical_extension: ({ entry, oid }) =>
    `has a critical extension${entry ? ' in an entry' : ''} that is not known here: ${oid} (RFC 5280 5.2)`,
  crl_delta: 'is a delta CRL: send the complete one',
  crl_indirect: 'is an indirect CRL: send one that lists only certificates of the CA that signed it',
  crl_some_reasons: 'covers some reasons only (onlySomeReasons): send one that covers all reasons',
  crl_attribute_certificates:
    'covers attribute certificates only (onlyContainsAttributeCerts): send one that covers client certificates',
  crl_remove_from_crl: ({ serial }) =>
    `has the reason removeFromCRL for serial number ${serial}, which only delta CRLs may have (RFC 5280 5.3.1): send the complete CRL`,
  crl_same_place: ({ first }) =>
    `is of the same CA as CRL ${first}, for the same certificates: send the newer one only`,
  crl_empty: 'must be a CRL in PEM or DER, and is empty',
  crl_not_pem: 'must be a CRL in PEM or DER: it has no -----BEGIN X509 CRL----- line',
  crl_other_text: ({ text }) => `must be a CRL in PEM or DER: ${OTHER_TEXTS[text]}`,
  crl_pem_label: ({ label, line }) => describeLabel(label, line),
  crl_pem_boundary: ({ line }) =>
    `has a malformed PEM boundary at line ${line}: write -----BEGIN X509 CRL----- and -----END X509 CRL-----, each on a line of its own`,
  crl_pem_unterminated: ({ line }) => `has a BEGIN line at line ${line} without its END line: the PEM is cut short`,
  crl_base64: ({ line }) =>
    line === undefined
      ? 'has something in it that is not base64'
      : `has something that is not base64 in the PEM block at line ${line}`,
  crl_encoded_twice: 'is encoded twice: its base64 decodes to PEM; send that PEM (base64 -d)',
  crl_only_certificates:
    'holds certificates and no CRL: the CA that issues them issues the CRL as well (openssl ca -gencrl)',
  crl_too_many: ({ label, limit }) =>
    label === 'CERTIFICATE'
      ? `has more than ${limit} certificates: send only those that the CRLs need`
      : `has more than ${limit} CRLs: send them in several requests`,
  crl_issuer_unknown: ({ issuer }) =>
    `was issued by ${short(issuer)}, which is neither among this certificate's CAs nor among the other certificates of the account, and did not come with the CRL: send the certificate of that CA too, in the same PEM or as ca`,
  crl_ca_unproven: ({ issuer, why }) =>
    `is signed by ${short(issuer)}, whose certificate leads to none of this certificate's CAs (${short(why)}), and none of these leads to it: send the certificates between them too, in the same PEM or as ca, or send the CRL to the certificate of a CA above ${short(issuer)}`,
  crl_too_costly: ({ issuer }) =>
    `was issued by ${short(issuer)}, which has too many keys to try: send it without unrelated certificates`,
  crl_key_not_allowed: ({ issuer, key }) =>
    `was issued by ${short(issuer)}, whose key (${key}) is not accepted for signatures`,
  crl_key_unusable: ({ issuer, key }) =>
    `was issued by ${short(issuer)}, whose key (${key}) has a public exponent that WebCrypto does not take`,
  crl_signature_algorithm: ({ algorithm, weak }) =>
    `is signed with ${algorithm}, which is ${weak ? 'too weak' : 'not accepted'}`,
  crl_signature_parameters: ({ algorithm, problem }) =>
    `is signed with ${algorithm} under parameters that are not accepted: ${problem}`,
  crl_signature_invalid: ({ issuer, keyIdentifiers }) =>
    keyIdentifiers === 'differ'
      ? `is not signed by the known key of ${short(issuer)}: its authorityKeyIdentifier names another key; if that is the CA's new key, send its certificate too, in the same PEM or as ca`
      : `is not signed by ${short(issuer)}: the signature does not verify`,
  crl_no_crl_sign: ({ issuer, present }) =>
    present === undefined
      ? `is signed by ${short(issuer)}, which is not a CA and has no keyUsage with cRLSign (RFC 5280 6.3.3 (f))`
      : `is signed by ${short(issuer)}, which may not sign CRLs: its keyUsage lacks cRLSign (RFC 5280 6.3.3 (f))`,
}

const OTHER_TEXTS: Readonly<Record<OfReason<'crl_other_text'>['text'], string>> = {
  markup: 'it is HTML or XML, perhaps an error or login page; look at what was downloaded',
  json: 'it looks like JSON; JSON needs Content-Type: application/json',
  path: 'it looks like the name of a file; curl sends a file with --data-binary @FILE',
}

const PRIVATE_KEY = 'holds a private key: never send one; send the CRL only, and consider that key exposed'

const CERTIFICATE = 'is a certificate, not a CRL: the CA that issued it issues the CRL as well (openssl ca -gencrl)'

/** What was sent in place of a CRL. */
const OTHER_KINDS: Readonly<Record<OfReason<'crl_other_kind'>['kind'], string>> = {
  certificate: CERTIFICATE,
  trusted_certificate: CERTIFICATE,
  certificate_request: 'is a certificate signing request, not a CRL',
  ocsp_response: 'is an OCSP response, not a CRL',
  public_key: 'is a public key, not a CRL',
  java_keystore: 'is a Java keystore, not a CRL',
  pem: 'is PEM that was encoded once more: decode it once (openssl base64 -d)',
  pkcs7: 'is PKCS #7, not a CRL: take the CRL out of it (openssl pkcs7 -inform DER -print_certs)',
  pkcs12: PRIVATE_KEY,
  private_key: PRIVATE_KEY,
  encrypted_private_key: PRIVATE_KEY,
}

/** Repeats at most 40 letters, digits and blanks of a label, since it comes from the client. */
function describeLabel(label: string, line: number): string {
  if (label.endsWith('PRIVATE KEY')) return PRIVATE_KEY
  const shown = label.replace(/[^A-Z0-9 ]/gi, '').slice(0, 40)
  return `has a PEM block of another kind at line ${line} (${shown}): only X509 CRL, and CERTIFICATE for its CAs, are accepted`
}
