import { toHex } from '../../core/bytes.ts'
import { type DerReader, TAG } from '../asn1/der.ts'
import { ATTRIBUTE_NAMES } from '../asn1/oids.ts'
import { characterString, isCharacterString, readOid } from '../asn1/values.ts'

/** One AttributeTypeAndValue (RFC 5280 4.1.2.4). */
export interface Attribute {
  /** Attribute type, dotted. */
  readonly type: string
  /** Identifier octet of the value. */
  readonly tag: number
  /** Text of a character string; null for any other type of value. */
  readonly text: string | null
  /** The value's whole encoding. */
  readonly der: Uint8Array
}

/**
 * A distinguished name: a sequence of RDNs, each a set of attributes. An RDN may be empty, which the syntax forbids: names
 * match with the same empty RDNs in the same places only, and none lies in a subtree.
 */
export interface Name {
  readonly der: Uint8Array
  readonly rdns: readonly (readonly Attribute[])[]
}

/** Reads a Name (RFC 5280 4.1.2.4). Character strings must hold what their type allows. */
export function readName(reader: DerReader, field: string): Name {
  return nameFrom(reader.expect(TAG.sequence, field), field)
}

/** Reads the Name in a SEQUENCE that has been read already: directoryName of a GeneralName is such a one. */
export function nameFrom(sequence: { readonly der: Uint8Array; open(field: string): DerReader }, field: string): Name {
  const members = sequence.open(field)
  const rdns: (readonly Attribute[])[] = []
  while (!members.done) {
    rdns.push(readRdn(members.expect(TAG.set, field).open(field), field))
  }
  return { der: sequence.der, rdns }
}

/** RFC 5280 4.1.2.4: "a non-empty distinguished name" has an attribute. */
export function isEmptyName({ rdns }: Name): boolean {
  return rdns.every((rdn) => rdn.length === 0)
}

/** Such a name cannot be compared with a subtree: OpenSSL passes over empty RDNs, others do not. */
export function hasEmptyRdn({ rdns }: Name): boolean {
  return rdns.some((rdn) => rdn.length === 0)
}

/** The attributes of a RelativeDistinguishedName, whose SET has been opened already. */
export function readRdn(set: DerReader, field: string): readonly Attribute[] {
  const rdn: Attribute[] = []
  while (!set.done) rdn.push(readAttribute(set.sequence(field), field))
  return rdn
}

function readAttribute(reader: DerReader, field: string): Attribute {
  const type = readOid(reader, field)
  const value = reader.read(field)
  reader.end(field)
  const text = isCharacterString(value.tag) ? characterString(value, field) : null
  if (text === null) value.checkBelow(field)
  return { type, tag: value.tag, text, der: value.der }
}

/**
 * A name for people: `CN=…, O=…, C=…` in the order of the certificate, with the characters of RFC 4514 2.4 escaped.
 * Not for comparison: two names may read alike and differ.
 */
export function displayName(name: Name): string {
  return name.rdns
    .filter((rdn) => rdn.length > 0)
    .map((rdn) =>
      rdn
        .map(({ type, text, der }) => {
          const value = text === null ? `#${toHex(der)}` : escaped(text)
          return `${ATTRIBUTE_NAMES.get(type) ?? type}=${value}`
        })
        .join('+'),
    )
    .join(', ')
}

function escaped(text: string): string {
  return (
    text
      .replace(/[\\,+"<>;=]/g, '\\$&')
      .replace(/^[# ]| $/g, '\\$&')
      // Controls, and the marks that turn the direction of what follows: as UTF-8 octets (RFC 4514 2.4).
      .replace(/[\p{Cc}\p{Cf}]/gu, (c) => toHex(new TextEncoder().encode(c)).replace(/../g, '\\$&'))
  )
}
