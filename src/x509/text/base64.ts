import { fromBase64 } from '../../core/bytes.ts'

/** The characters of base64, padding included. */
export const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/
/** Texts whose last character before the padding has bits that decoding drops (RFC 4648 section 3.5). */
const DROPPED_BITS = /(?:[^AQgw]==|[^AEIMQUYcgkosw048=]=)$/

/** Decodes base64 with padding, canonical (RFC 4648 sections 3.5 and 4); undefined for any other text. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !BASE64.test(text) || DROPPED_BITS.test(text)) return undefined
  return fromBase64(text)
}

/** The octets of the first characters of a base64, in whole groups of four. @param characters the most to decode */
export function octetsOfStart(base64: string, characters: number): Uint8Array {
  const length = Math.min(base64.length, characters)
  return fromBase64(base64.slice(0, length - (length % 4)))
}
