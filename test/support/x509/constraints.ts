import type { Bytes } from '../../../src/testing/der.ts'
import { dns as dnsName, subjectAltName } from '../../../src/testing/extensions.ts'

/** Names and name constraints for tests. */

export const dns = Object.assign((value: string): Bytes => dnsName(value), {
  /** A subjectAltName of that many short, distinct names. */
  names: (count: number): Bytes => subjectAltName(Array.from({ length: count }, (_, i) => dnsName(`n${i}.test`))),
})

/** Presented rubbish of that many bytes. */
export function padded(length: number): readonly { readonly der: Bytes }[] {
  return [{ der: new Uint8Array(length) }]
}
