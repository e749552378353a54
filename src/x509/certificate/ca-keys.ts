import type { Hex } from '../../core/units.ts'
import type { Certificate } from './certificate.ts'
import { sha256 } from './fingerprint.ts'
import type { Name } from './name.ts'
import { nameKey } from './name-key.ts'

/** The keys by which a CA is looked up: SHA-256 in lower-case hexadecimal. */
export interface CaKeys {
  /** Equal for names that match by RFC 5280 7.1. */
  readonly nameKey: Hex
  /** Equal for the same name and public key. These two make a CA; the certificate's issuer is not compared. */
  readonly caKey: Hex
}

/**
 * The keys of a CA. nameKey digests the UTF-8 of nameKey(subject); caKey digests the same, a zero octet and the DER of the
 * SubjectPublicKeyInfo. Both are stored (migrations/0007), so a change in the folding of names needs a migration.
 */
export async function caKeys({ subject, publicKey }: Pick<Certificate, 'subject' | 'publicKey'>): Promise<CaKeys> {
  const name = foldedName(subject)
  const both = new Uint8Array(name.length + 1 + publicKey.der.length)
  both.set(name)
  both.set(publicKey.der, name.length + 1)
  return { nameKey: await sha256(name), caKey: await sha256(both) }
}

/** The CaKeys.nameKey of CAs of a name. */
export function caNameKey(name: Name): Promise<string> {
  return sha256(foldedName(name))
}

function foldedName(name: Name): Uint8Array {
  return new TextEncoder().encode(nameKey(name))
}
