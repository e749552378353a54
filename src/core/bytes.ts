/** Octets as text. Uint8Array has methods of its own for it; Node has them from version 25, and `access-mtls/testing` runs in 20. */

/** Each octet in hexadecimal: a CRL has tens of millions of them. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'))

/** Lower-case hexadecimal, two digits an octet. */
export function toHex(octets: Uint8Array): string {
  let text = ''
  for (const octet of octets) text += HEX[octet] ?? ''
  return text
}

/** The octets of hexadecimal digits, of either case. @throws TypeError when that is not what they are */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  if (!/^(?:[\da-f]{2})*$/i.test(hex)) throw new TypeError('not pairs of hexadecimal digits')
  const octets = new Uint8Array(hex.length / 2)
  for (let i = 0; i < octets.length; i += 1) octets[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)
  return octets
}

/** Digits of a number, without the zeros before it. */
export function withoutLeadingZeros(digits: string): string {
  return digits.replace(/^0+(?=.)/, '')
}

/** Base64 with padding (RFC 4648 section 4). */
export function toBase64(octets: Uint8Array): string {
  return btoa(latin1(octets))
}

/**
 * The octets of a base64, padding or not, blanks or not: as atob takes it (WHATWG Infra, forgiving-base64).
 * @throws DOMException when it takes none of it; what clients send is read by x509/text/base64.ts
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text)
  const octets = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i += 1) octets[i] = binary.charCodeAt(i)
  return octets
}

/** Octets as characters of the same numbers. */
export function latin1(octets: Uint8Array): string {
  let text = ''
  for (const octet of octets) text += String.fromCharCode(octet)
  return text
}
