import { DerReader, TAG } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { unsignedOctets } from '../asn1/values.ts'

/**
 * Turns Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER } (RFC 3279 2.2.3) into the concatenation of r and s that WebCrypto
 * takes. Undefined where it is not strict DER, or where r or s is zero or too long for the curve.
 * @param bits the size of the curve's field
 */
export function rawEcdsaSignature(der: Uint8Array, bits: number): Uint8Array | undefined {
  const width = Math.ceil(bits / 8)
  try {
    const outer = DerReader.over(der)
    const members = outer.sequence('signatureValue')
    outer.end('signatureValue')
    const parts = ['r', 's'].map((name) => unsignedOctets(members.expect(TAG.integer, name), name))
    members.end('signatureValue')
    const raw = new Uint8Array(2 * width)
    for (const [index, part] of parts.entries()) {
      // SEC 1 4.1.4: r and s are from 1 to n - 1. WebCrypto checks the upper bound.
      if (part.length > width || part.every((octet) => octet === 0)) return undefined
      raw.set(part, (index + 1) * width - part.length)
    }
    return raw
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return undefined
  }
}
