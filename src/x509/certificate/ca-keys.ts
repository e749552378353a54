import type { Hex } from '../../core/units.ts'
import type { Certificate } from './certificate.ts'
import { sha256 } from './fingerprint.ts'
import type { Name } from './name.ts'
import { nameKey } from './name-key.ts'

/** What a CA is looked up by, both lower-case hexadecimal of SHA-256. */
export interface CaKeys {
  /** Equal for names that match by RFC 5280 7.1. */
  readonly nameKey: Hex
  /** Equal for the same name and key: what makes a CA, whoever certified it. */
  readonly caKey: Hex
}

/**
 * The keys of a CA: over the UTF-8 of nameKey(subject), and over that, a zero octet and the DER of the
 * SubjectPublicKeyInfo. Both are stored (migrations/0007), so a change of how names are folded needs a migration.
 */
export async function caKeys({ subject, publicKey }: Pick<Certificate, 'subject' | 'publicKey'>): Promise<CaKeys> {
  const name = foldedName(subject)
  const both = new Uint8Array(name.length + 1 + publicKey.der.length)
  both.set(name)
  both.set(publicKey.der, name.length + 1)
  return { nameKey: await sha256(name), caKey: await sha256(both) }
}

/** CaKeys.nameKey of the CA of that name. */
export function caNameKey(name: Name): Promise<string> {
  return sha256(foldedName(name))
}

function foldedName(name: Name): Uint8Array {
  return new TextEncoder().encode(nameKey(name))
}
