import { ascii, type Bytes, bytes, explicit, implicit, oid, seq } from '../der.ts'
import { extension } from '../pki.ts'
import { subjectAltName } from './chain.ts'

/** Names and name constraints for tests: GeneralNames as DER (RFC 5280 4.2.1.6). */

export const dns = Object.assign((value: string): Bytes => implicit(2, ascii(value)), {
  /** A subjectAltName of that many short, distinct names. */
  names: (count: number): Bytes =>
    subjectAltName(Array.from({ length: count }, (_, i) => implicit(2, ascii(`n${i}.test`)))),
})
export const email = (value: string): Bytes => implicit(1, ascii(value))
export const uri = (value: string): Bytes => implicit(6, ascii(value))
export const ip = (...octets: readonly number[]): Bytes => implicit(7, octets)
export const directory = (name: Bytes): Bytes => explicit(4, name)
export const registeredId = (id: string): Bytes => implicit(8, oid(id).subarray(2))
export const otherName = (id: string): Bytes => explicit(0, oid(id), explicit(0, Uint8Array.of(0x0c, 1, 0x61)))

export interface Subtrees {
  readonly permitted?: readonly Bytes[]
  readonly excluded?: readonly Bytes[]
}

/** A nameConstraints extension, critical. */
export function constrained({ permitted, excluded }: Subtrees): Bytes {
  const subtrees = (bases: readonly Bytes[] | undefined, number: number) =>
    bases === undefined ? bytes() : explicit(number, ...bases.map((base) => seq(base)))
  return extension('2.5.29.30', seq(subtrees(permitted, 0), subtrees(excluded, 1)), true)
}

/** Presented rubbish of that many bytes. */
export function padded(length: number): readonly { readonly der: Bytes }[] {
  return [{ der: new Uint8Array(length) }]
}
