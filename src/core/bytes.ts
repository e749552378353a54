/** Octets as text. Uint8Array's own methods need Node 25, and `access-mtls/testing` runs in Node 20. */

/** Each octet in hexadecimal. A table, since a CRL has tens of millions of octets. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'))

/** Lower-case hexadecimal, two digits an octet. */
export function toHex(octets: Uint8Array): string {
  let text = ''
  for (const octet of octets) text += HEX[octet] ?? ''
  return text
}

/** The octets that hexadecimal digits, of either case, stand for. @throws TypeError when the text is anything else */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  if (!/^(?:[\da-f]{2})*$/i.test(hex)) throw new TypeError('not pairs of hexadecimal digits')
  const octets = new Uint8Array(hex.length / 2)
  for (let i = 0; i < octets.length; i += 1) octets[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)
  return octets
}

/** The digits of a number without leading zeros; zero keeps one. */
export function withoutLeadingZeros(digits: string): string {
  return digits.replace(/^0+(?=.)/, '')
}

/** Base64 with padding (RFC 4648 section 4). */
export function toBase64(octets: Uint8Array): string {
  return btoa(latin1(octets))
}

/**
 * The octets that a base64 stands for, with or without padding and blanks (WHATWG Infra, forgiving-base64).
 * What clients send is read by x509/text/base64.ts, which is strict.
 * @throws DOMException when the text is not base64
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text)
  const octets = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i += 1) octets[i] = binary.charCodeAt(i)
  return octets
}

/** The string whose characters have the octets as their code points. */
export function latin1(octets: Uint8Array): string {
  let text = ''
  for (const octet of octets) text += String.fromCharCode(octet)
  return text
}

/** Octets one after the other. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}
