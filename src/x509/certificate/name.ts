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
  /** The text of a character string; null for any other type of value. */
  readonly text: string | null
  /** The whole encoding of the value. */
  readonly der: Uint8Array
}

/**
 * A distinguished name: a sequence of RDNs, each a set of attributes. An RDN may be empty, although the syntax forbids it: such a
 * name matches only names with empty RDNs in the same places, and lies in no subtree.
 */
export interface Name {
  readonly der: Uint8Array
  readonly rdns: readonly (readonly Attribute[])[]
}

/** Reads a Name (RFC 5280 4.1.2.4). Character strings must hold what their type allows. */
export function readName(reader: DerReader, field: string): Name {
  return nameFrom(reader.expect(TAG.sequence, field), field)
}

/** Reads the Name in a SEQUENCE whose tag was read already, as in a directoryName. */
export function nameFrom(sequence: { readonly der: Uint8Array; open(field: string): DerReader }, field: string): Name {
  const members = sequence.open(field)
  const rdns: (readonly Attribute[])[] = []
  while (!members.done) {
    rdns.push(readRdn(members.expect(TAG.set, field).open(field), field))
  }
  return { der: sequence.der, rdns }
}

/** Whether a name has no attribute. RFC 5280 4.1.2.4 requires "a non-empty distinguished name". */
export function isEmptyName({ rdns }: Name): boolean {
  return rdns.every((rdn) => rdn.length === 0)
}

/** Whether a name has an empty RDN. It cannot be compared with a subtree then: OpenSSL skips empty RDNs, other readers do not. */
export function hasEmptyRdn({ rdns }: Name): boolean {
  return rdns.some((rdn) => rdn.length === 0)
}

/** Reads the attributes of a RelativeDistinguishedName. @param set the reader of its members */
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
 * A name for people: `CN=…, O=…, C=…` in the order of the certificate, with the characters of RFC 4514 2.4 escaped. Not for
 * comparison: different names may read alike.
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
      // Controls, and marks that change the direction of text, as UTF-8 octets (RFC 4514 2.4).
      .replace(/[\p{Cc}\p{Cf}]/gu, (c) => toHex(new TextEncoder().encode(c)).replace(/../g, '\\$&'))
  )
}
