import type { Table } from '../../core/table.ts'
import type { TextFault } from './decode.ts'
import type { DerKind } from './der-kind.ts'
import type { TextKind } from './text-kind.ts'

/** The name of each kind, and how to get the certificates out of it. FILE stands for the file that was sent. */
const DER_KINDS: Readonly<Record<Exclude<DerKind, 'certificate'>, string>> = {
  trusted_certificate:
    "a certificate with OpenSSL's trust settings (TRUSTED CERTIFICATE): openssl x509 -in FILE writes it without them",
  certificate_request: 'a certificate signing request (PKCS #10, CSR): send the certificate that the CA issued for it',
  crl: 'a certificate revocation list (CRL): it goes to PUT …/certificates/{certificate_id}/crl',
  pkcs7:
    'PKCS #7 (.p7b, .p7c): openssl pkcs7 -print_certs -in FILE prints the certificates in it (with -inform DER where the file is binary)',
  pkcs12:
    'PKCS #12 (.p12, .pfx), which holds a private key: never send it; openssl pkcs12 -nokeys -in FILE prints the certificates alone',
  private_key: 'a private key: never send one; send the certificate only, and consider that key exposed',
  encrypted_private_key:
    'an encrypted private key: never send one; send the certificate only, and consider that key exposed',
  public_key: 'a public key (PUBLIC KEY), which does not say who issued it: send the certificate that holds it',
  pem: 'PEM that was encoded once more, as certutil -encode does with a file that is PEM already: decode it once (openssl base64 -d)',
  ocsp_response: 'an OCSP response, which says whether a certificate is revoked: send the certificate itself',
  java_keystore: 'a Java keystore: keytool -exportcert -rfc -alias NAME -keystore FILE prints a certificate of it',
}

const TEXT_KINDS: Readonly<Record<TextKind, string>> = {
  file_path: "it looks like a file's path: send what is in the file (jq -Rs . FILE makes a JSON string of it)",
  url: 'it looks like a URL: send what is at that address',
  html: 'it looks like HTML or XML, perhaps an error or login page: send the certificate itself',
  json: 'it looks like JSON: send the text of the certificate alone',
  shell:
    'it looks like a variable or command that the shell did not fill in, as within single quotes: use double quotes',
  der: 'it looks like DER that was read as text, which loses octets: openssl x509 -inform DER -in FILE turns DER into PEM',
  openssl_text: 'it looks like the output of openssl with -noout: leave out -noout',
  ssh_key: 'it looks like an SSH key: send an X.509 certificate',
  base64url: 'it looks like base64url of DER (- and _): send base64 (+ and /), padded with =',
  base64_broken:
    'it looks like base64 of DER, but is not canonical base64 (RFC 4648 3.5, padded with =): a character is missing, or was changed on the way',
  base64_of_something: 'it looks like base64 of DER, but not of a certificate, or of one that is cut short',
  xfcc_without_cert:
    'it looks like x-forwarded-client-cert without Cert and Chain: have Envoy add them (set_current_client_cert_details)',
}

/**
 * Labels of RFC 7468, and others in use, with what their blocks hold. A function, so that a bundle that does not call it leaves
 * the list out.
 */
const LABELS = (): readonly (readonly [RegExp, string])[] => [
  [/^ENCRYPTED PRIVATE KEY$/, DER_KINDS.encrypted_private_key],
  [/PRIVATE KEY/, DER_KINDS.private_key],
  [/CERTIFICATE REQUEST$/, DER_KINDS.certificate_request],
  [/CRL$/, DER_KINDS.crl],
  [/^(?:PKCS ?#?7|CMS)/, DER_KINDS.pkcs7],
  [/^PKCS ?#?12/, DER_KINDS.pkcs12],
  [/PUBLIC KEY/, DER_KINDS.public_key],
  [/^TRUSTED CERTIFICATE$/, DER_KINDS.trusted_certificate],
  [/^X509 CERTIFICATE$/, 'a certificate under an old label: openssl x509 -in FILE writes it under CERTIFICATE'],
]

/**
 * What is wrong with a text, after the name of its field, and what to do about it. Of the text itself they repeat at most the
 * letters of a label.
 */
export const TEXT_FAULT_TEXTS: Table<TextFault, 'reason', string> = {
  pem_empty: 'must be a certificate in PEM, not an empty string',
  pem_no_certificate: ({ looksLike }) =>
    `has no -----BEGIN CERTIFICATE----- line: ${looksLike === undefined ? NOTHING_KNOWN : TEXT_KINDS[looksLike]}`,
  pem_label: ({ label, line }) =>
    `has a PEM block of another kind at line ${line} (${shownLabel(label)}): ${adviceOn(label)}`,
  pem_boundary: ({ line }) =>
    `has a malformed PEM boundary at line ${line}: write it alone on its line, with five hyphens on each side`,
  pem_unterminated: ({ line }) => `has a BEGIN line at line ${line} without its END line: the PEM is cut short`,
  pem_end_without_begin: ({ line }) => `has an END line at line ${line} without its BEGIN line: the PEM is cut short`,
  pem_base64: ({ line }) => `has something that is not base64 in the PEM block at line ${line}`,
  too_many_certificates: ({ limit }) => `must have at most ${limit} certificates`,
  rfc9440_item: ({ item }) => `must be PEM, or byte sequences as in RFC 9440 (:base64:); item ${item} is neither`,
  xfcc_several:
    'is x-forwarded-client-cert with several elements, one for each proxy on the way: send only the element of the client',
  xfcc_differs:
    'is x-forwarded-client-cert whose Cert is not the first certificate of its Chain: send the Cert and Chain of one client',
  other_kind: ({ kind }) => `is not a well-formed certificate but ${DER_KINDS[kind]}`,
}

const NOTHING_KNOWN = 'it must be in PEM (openssl x509 -inform DER turns DER into PEM)'

function adviceOn(label: string): string {
  const known = LABELS().find(([pattern]) => pattern.test(label))
  return known === undefined ? 'only CERTIFICATE blocks are accepted' : `that is ${known[1]}`
}

/** Repeats at most 40 letters, digits and blanks of a label, since it comes from the client. */
function shownLabel(label: string): string {
  return label.replace(/[^A-Z0-9 ]/gi, '').slice(0, 40)
}
