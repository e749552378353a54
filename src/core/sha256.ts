import { toHex } from './bytes.ts'
import type { Hex } from './units.ts'

/** SHA-256 of a text's UTF-8 octets, in lower-case hexadecimal: the form in which secrets are stored and looked up. */
export async function sha256Hex(text: string): Promise<Hex> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return toHex(new Uint8Array(digest))
}
