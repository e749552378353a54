/** The kind of a text without a certificate. */
export type TextKind =
  | 'file_path'
  | 'url'
  | 'html'
  | 'json'
  | 'shell'
  | 'der'
  | 'openssl_text'
  | 'ssh_key'
  | 'base64url'
  | 'base64_broken'
  | 'base64_of_something'
  | 'xfcc_without_cert'

/** Each kind with the pattern of its texts. The first that matches counts. */
const KINDS: readonly (readonly [TextKind, RegExp])[] = [
  ['url', /^(?:https?|ftp|s3|ldaps?):\/\//i],
  ['html', /^<(?:!doctype|html|head|body|\?xml)/i],
  // A variable or command within single quotes, which the shell did not fill in.
  ['shell', /^(?:\$[({A-Z_]|`)/i],
  ['json', /^[{["]/],
  ['file_path', /^@?(?:file:|~?\/|\.{1,2}[\\/]|[a-z]:[\\/])/i],
  // One line that ends like the name of a file of this kind.
  ['file_path', /^[^\n]{1,255}\.(?:pem|crt|cer|cert|der|ca|p7b|p7c|pfx|p12|jks|key|csr|txt)"?\)?$/i],
  ['ssh_key', /^(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-|sk-)/],
  ['openssl_text', /^(?:Certificate:\s|subject\s?=|issuer\s?=)/i],
  // The tag of a SEQUENCE and a length of more than 127 octets: DER that was read as text.
  ['der', /^0[\u0080-\uffff]/],
]

/** The kind of a text, for messages to people; undefined where it is unknown. Only the first 512 characters are read. */
export function kindOfText(text: string): TextKind | undefined {
  const start = text.trim().slice(0, 512)
  return KINDS.find(([, pattern]) => pattern.test(start))?.[0]
}
