import type { KeyUsage } from '../certificate/extension-values.ts'

type KeyUsageBit = KeyUsage extends ReadonlySet<infer B> ? B : never

/** What a leaf is used for (RFC 5280 4.2.1.12). The caller sets it; it is never read from the leaf. */
export interface Purpose {
  /** The name in RFC 5280, for people: `clientAuth`. */
  readonly name: string
  /** Key purpose ids, dotted. Where extKeyUsage is present, it must hold all of them. */
  readonly extKeyUsage: readonly string[]
  /** Where keyUsage is present, it must hold at least one of these bits. Empty where any key usage suffices. */
  readonly keyUsage: readonly KeyUsageBit[]
}

/** RFC 5280 4.2.1.12 */
export const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0'

/**
 * TLS client authentication. 4.2.1.12 names digitalSignature and keyAgreement for it. A TLS client proves its key by a signature
 * (RFC 8446 4.4.3, RFC 5246 7.4.8); keyAgreement was for static Diffie-Hellman, which is not in use any more.
 */
export const CLIENT_AUTH: Purpose = {
  name: 'clientAuth',
  extKeyUsage: ['1.3.6.1.5.5.7.3.2'],
  keyUsage: ['digitalSignature'],
}

/**
 * Whether a CA with this extKeyUsage may be on a path for a purpose. Absent, it restricts nothing. RFC 5280 4.2.1.12 does not say what
 * it means in a CA; OpenSSL, BoringSSL, Go and webpki all apply it to the certificates below.
 */
export function caAllows(present: readonly string[] | undefined, { extKeyUsage }: Purpose): boolean {
  if (present === undefined || present.includes(ANY_EXTENDED_KEY_USAGE)) return true
  return extKeyUsage.every((oid) => present.includes(oid))
}

/** RFC 5280 4.2.1.12 */
const KEY_PURPOSE_NAMES: ReadonlyMap<string, string> = new Map([
  [ANY_EXTENDED_KEY_USAGE, 'anyExtendedKeyUsage'],
  ['1.3.6.1.5.5.7.3.1', 'serverAuth'],
  ['1.3.6.1.5.5.7.3.2', 'clientAuth'],
  ['1.3.6.1.5.5.7.3.3', 'codeSigning'],
  ['1.3.6.1.5.5.7.3.4', 'emailProtection'],
  ['1.3.6.1.5.5.7.3.8', 'timeStamping'],
  ['1.3.6.1.5.5.7.3.9', 'OCSPSigning'],
])

/** The name of a key purpose id; the id itself where RFC 5280 has no name. */
export function keyPurposeName(oid: string): string {
  return KEY_PURPOSE_NAMES.get(oid) ?? oid
}
