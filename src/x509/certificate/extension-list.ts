import { type DerReader, TAG } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { booleanDefaultFalse, readOid } from '../asn1/values.ts'

/** One entry of `Extensions` (RFC 5280 4.1.2.9, 5.1.2.7, 5.3). */
export interface Extension {
  readonly oid: string
  readonly critical: boolean
  /** Content of extnValue: the DER of the extension's own type. */
  readonly value: Uint8Array
}

/** A known extension. `V` holds the values of all extensions of a certificate. */
export interface KnownExtension<V> {
  readonly name: string
  /** Reads the whole value, and keeps in `values` what is needed later. Absent where the value is read when a rule asks for it. */
  readonly read?: (value: DerReader, field: string, values: V) => void
}

/**
 * Reads `Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension`. Values are read to their end, or not at all. Throws Malformed for a
 * list that is malformed or has an extension twice, and for a malformed value.
 */
export function readExtensionList<V>(
  reader: DerReader,
  field: string,
  known: ReadonlyMap<string, KnownExtension<V>>,
  values: V,
): readonly Extension[] {
  const members = reader.sequence(field)
  if (members.done) throw new Malformed(field, 'is empty')
  const list: Extension[] = []
  const seen = new Set<string>()
  while (!members.done) {
    const extension = readExtension(members.sequence(field), field, known, values)
    // RFC 5280 4.2: "MUST NOT include more than one instance of a particular extension." Of two, each reader may take a
    // different one.
    if (seen.has(extension.oid)) {
      throw new Malformed(field, `has ${known.get(extension.oid)?.name ?? extension.oid} twice`)
    }
    seen.add(extension.oid)
    list.push(extension)
  }
  return list
}

function readExtension<V>(
  reader: DerReader,
  field: string,
  known: ReadonlyMap<string, KnownExtension<V>>,
  values: V,
): Extension {
  const oid = readOid(reader, `${field}.extnID`)
  const extension = known.get(oid)
  const name = extension?.name ?? oid
  const critical = booleanDefaultFalse(reader, `${name}.critical`)
  const wrapped = reader.expect(TAG.octetString, `${name}.extnValue`)
  reader.end(name)
  if (extension?.read !== undefined) {
    const value = wrapped.open(name)
    extension.read(value, name, values)
    value.end(name)
  }
  return { oid, critical, value: wrapped.content }
}
