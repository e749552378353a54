/** What a text is that holds no certificate. */
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

/** Each with how its text begins, or looks as a whole. The first that fits is told. */
const KINDS: readonly (readonly [TextKind, RegExp])[] = [
  ['url', /^(?:https?|ftp|s3|ldaps?):\/\//i],
  ['html', /^<(?:!doctype|html|head|body|\?xml)/i],
  // A variable or command that single quotes kept from being filled in.
  ['shell', /^(?:\$[({A-Z_]|`)/i],
  ['json', /^[{["]/],
  ['file_path', /^@?(?:file:|~?\/|\.{1,2}[\\/]|[a-z]:[\\/])/i],
  // One word, or words of one line, with an ending that files of this kind have.
  ['file_path', /^[^\n]{1,255}\.(?:pem|crt|cer|cert|der|ca|p7b|p7c|pfx|p12|jks|key|csr|txt)"?\)?$/i],
  ['ssh_key', /^(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-|sk-)/],
  ['openssl_text', /^(?:Certificate:\s|subject\s?=|issuer\s?=)/i],
  // The tag of a SEQUENCE, and a length of more than 127 octets: DER read as if it were text.
  ['der', /^0[\u0080-\uffff]/],
]

/** Tells what a text is, to name it to a person; undefined where it is nothing known. Looks at its first 512 characters. */
export function kindOfText(text: string): TextKind | undefined {
  const start = text.trim().slice(0, 512)
  return KINDS.find(([, pattern]) => pattern.test(start))?.[0]
}
