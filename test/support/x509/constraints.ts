import type { Bytes } from '../../../src/testing/der.ts'
import { dns as dnsName, subjectAltName } from '../../../src/testing/extensions.ts'

/** Names and name constraints for tests. */

export const dns = Object.assign((value: string): Bytes => dnsName(value), {
  /** A subjectAltName of this many short, distinct names. */
  names: (count: number): Bytes => subjectAltName(Array.from({ length: count }, (_, i) => dnsName(`n${i}.test`))),
})

/** A presented, malformed certificate of this many bytes. */
export function padded(length: number): readonly { readonly der: Bytes }[] {
  return [{ der: new Uint8Array(length) }]
}
