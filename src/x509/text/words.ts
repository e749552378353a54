import type { TextFault } from './decode.ts'
import type { DerKind } from './der-kind.ts'
import type { TextKind } from './text-kind.ts'

/** What each kind is called, and what gets the certificates out of it. FILE stands for where it is. */
const DER_KINDS: Readonly<Record<Exclude<DerKind, 'certificate'>, string>> = {
  trusted_certificate:
    'a certificate with trust settings of OpenSSL behind it (TRUSTED CERTIFICATE): openssl x509 -in FILE writes it without them',
  certificate_request: 'a certificate signing request (PKCS #10, CSR): send the certificate that the CA issued for it',
  crl: 'a certificate revocation list (CRL): it goes to PUT …/certificates/{certificate_id}/crl',
  pkcs7:
    'PKCS #7 (.p7b, .p7c): openssl pkcs7 -print_certs -in FILE prints the certificates in it (with -inform DER where the file is binary)',
  pkcs12:
    'PKCS #12 (.p12, .pfx), which holds a private key: never send it; openssl pkcs12 -nokeys -in FILE prints the certificates alone',
  private_key: 'a private key: never send one; send the certificate only, and consider that key exposed',
  encrypted_private_key:
    'an encrypted private key: never send one; send the certificate only, and consider that key exposed',
  public_key: 'a public key (PUBLIC KEY), which says nothing of who issued it: send the certificate that holds it',
  pem: 'PEM that was encoded once more, as certutil -encode does with a file that is PEM already: decode it once (openssl base64 -d)',
  ocsp_response: 'an OCSP response, which says whether a certificate is revoked: send the certificate itself',
  java_keystore: 'a Java keystore: keytool -exportcert -rfc -alias NAME -keystore FILE prints a certificate of it',
}

const TEXT_KINDS: Readonly<Record<TextKind, string>> = {
  file_path: "it looks like a file's path: send what is in the file (jq -Rs . FILE makes a JSON string of it)",
  url: 'it looks like a URL: send what is there',
  html: 'it looks like HTML or XML, perhaps the page of an error or a login: send the certificate itself',
  json: 'it looks like JSON: send the text of the certificate alone',
  shell: 'it looks like a variable or command that the shell did not fill in: between single quotes it does not',
  der: 'it looks like DER as text, which loses octets: openssl x509 -inform DER -in FILE turns DER into PEM',
  openssl_text: 'it looks like what OpenSSL prints with -noout or -text alone: leave out -noout',
  ssh_key: 'it looks like a key of SSH, which is no certificate of X.509',
  base64url: 'it looks like base64url of DER (- and _): send base64 (+ and /), padded with =',
  base64_broken:
    'it looks like base64 of DER, but is not canonical base64 (RFC 4648 3.5, padded with =): a character is missing, or was changed on the way',
  base64_of_something: 'it looks like base64 of DER, but of no certificate, or of one that is cut short',
  xfcc_without_cert:
    'it looks like x-forwarded-client-cert without Cert and Chain: have Envoy add them (set_current_client_cert_details)',
}

/**
 * Labels of RFC 7468, and others that are in use, with what is in their blocks. Not evaluated before it is asked for: so a
 * bundle that never asks leaves it out.
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
 * What is wrong with a text, after the name of the field, and what to do about it. Holds nothing of the text but a label's
 * letters. Which of several certificates it is about goes before it.
 */
export function describeTextFault(fault: TextFault): string {
  switch (fault.reason) {
    case 'pem_empty':
      return 'must be a certificate in PEM, not an empty string'
    case 'pem_no_certificate':
      return `has no -----BEGIN CERTIFICATE----- line: ${fault.looksLike === undefined ? NOTHING_KNOWN : TEXT_KINDS[fault.looksLike]}`
    case 'pem_label':
      return `has a PEM block of another kind at line ${fault.line} (${shownLabel(fault.label)}): ${adviceOn(fault.label)}`
    case 'pem_boundary':
      return `has a PEM boundary at line ${fault.line} that does not stand alone on its line, five hyphens on each side`
    case 'pem_unterminated':
      return `has a BEGIN line at line ${fault.line} without its END line: the PEM is cut short`
    case 'pem_end_without_begin':
      return `has an END line at line ${fault.line} without its BEGIN line: the PEM is cut short`
    case 'pem_base64':
      return `has something that is not base64 in the PEM block at line ${fault.line}`
    case 'too_many_certificates':
      return `must have at most ${fault.limit} certificates`
    case 'rfc9440_item':
      return `must be PEM, or byte sequences as in RFC 9440 (:base64:); item ${fault.item} is neither`
    case 'xfcc_several':
      return 'is x-forwarded-client-cert with several elements, one of each proxy on the way: send the element of the client'
    case 'xfcc_differs':
      return 'is x-forwarded-client-cert whose Cert is not the first certificate of its Chain'
    case 'other_kind':
      return `is not a well-formed certificate but ${DER_KINDS[fault.kind]}`
  }
}

const NOTHING_KNOWN = 'it must be in PEM (openssl x509 -inform DER turns DER into PEM)'

function adviceOn(label: string): string {
  const known = LABELS().find(([pattern]) => pattern.test(label))
  return known === undefined ? 'only CERTIFICATE blocks are accepted' : `that is ${known[1]}`
}

/** A label comes from the client; only what labels are made of is given back, and not much of it. */
function shownLabel(label: string): string {
  return label.replace(/[^A-Z0-9 ]/gi, '').slice(0, 40)
}
