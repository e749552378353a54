import { fromBase64 } from '../../core/bytes.ts'

/** What base64 is written with, padding included. */
export const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/
/** The last character before padding must not carry bits that decoding drops (RFC 4648 section 3.5). */
const DROPPED_BITS = /(?:[^AQgw]==|[^AEIMQUYcgkosw048=]=)$/

/** Base64 with padding, canonical (RFC 4648 sections 3.5 and 4); undefined when it is not. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !BASE64.test(text) || DROPPED_BITS.test(text)) return undefined
  return fromBase64(text)
}

/** The octets that a text of base64 begins with: of so many characters at the most, whole groups of four only. */
export function octetsOfStart(base64: string, characters: number): Uint8Array {
  const length = Math.min(base64.length, characters)
  return fromBase64(base64.slice(0, length - (length % 4)))
}
