import { type DerReader, TAG } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { booleanDefaultFalse, readOid } from '../asn1/values.ts'
import type { Oddities } from './oddities.ts'
import { Unusable } from './unusable.ts'

/** A known extension of a CRL or an entry. `V` holds the values of all of them. */
export interface CrlExtension<V> {
  readonly name: string
  /** RFC 5280 says "MUST mark this extension as non-critical", or calls it non-critical. */
  readonly neverCritical?: true
  /** Reads the whole value, which decides something, and keeps it in `values`. */
  readonly read?: (value: DerReader, field: string, values: V, oddities: Oddities) => void
  /** Takes a hint from a value that decides nothing; never throws. Without `glance` and `read`, the value is not read. */
  readonly glance?: (value: Uint8Array, values: V) => void
}

/** Where a list of extensions is. */
export interface CrlExtensionPlace<V> {
  /** In the words of RFC 5280. */
  readonly field: string
  /** Whether they are the extensions of an entry (5.3). */
  readonly entry: boolean
  readonly known: ReadonlyMap<string, CrlExtension<V>>
}

/**
 * Reads `Extensions` of a CRL or an entry (RFC 5280 5.1.2.7, 5.3). An extension that decides something is read to its end, and
 * must not be there twice. Of any other, only the critical mark matters: with an unknown critical one, software "MUST NOT use
 * that CRL" (5.2).
 */
export function readCrlExtensionList<V>(
  reader: DerReader,
  place: CrlExtensionPlace<V>,
  values: V,
  oddities: Oddities,
): void {
  const members = reader.sequence(place.field)
  if (members.done) oddities.add({ oddity: 'empty', field: place.entry ? 'crlEntryExtensions' : 'crlExtensions' })
  const seen = new Set<string>()
  while (!members.done) {
    const oid = readExtension(members.sequence(place.field), place, seen, values, oddities)
    seen.add(oid)
  }
}

function readExtension<V>(
  reader: DerReader,
  { field, entry, known }: CrlExtensionPlace<V>,
  seen: ReadonlySet<string>,
  values: V,
  oddities: Oddities,
): string {
  const oid = readOid(reader, `${field}.extnID`)
  const extension = known.get(oid)
  const name = extension?.name ?? oid
  const critical = booleanDefaultFalse(reader, `${name}.critical`)
  const wrapped = reader.expect(TAG.octetString, `${name}.extnValue`)
  reader.end(name)
  if (critical && extension === undefined) throw new Unusable({ reason: 'crl_unknown_critical_extension', oid, entry })
  if (critical && extension?.neverCritical) oddities.add({ oddity: 'critical', extension: name })
  if (seen.has(oid)) {
    // Of two that decide, each reader may take a different one.
    if (extension?.read !== undefined) throw new Malformed(field, `has ${name} twice`)
    oddities.add({ oddity: 'extension_repeated', extension: extension?.name })
  }
  extension?.glance?.(wrapped.content, values)
  if (extension?.read !== undefined) {
    const value = wrapped.open(name)
    extension.read(value, name, values, oddities)
    value.end(name)
  }
  return oid
}
