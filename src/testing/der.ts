import { fromHex } from '../core/bytes.ts'

/** A writer of DER (X.690). It checks nothing, so it also writes what a certificate must not contain. */

export type Bytes = Uint8Array

type Content = Bytes | readonly number[]

export const bytes = (...parts: readonly Content[]): Uint8Array<ArrayBuffer> => concat(parts)

/** Any number of parts: a call has no more than some 100,000 arguments. */
export function concat(parts: readonly Content[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** One value: identifier octet, length in its shortest form (8.1.3), content. */
export function tlv(tag: number, ...content: readonly Content[]): Bytes {
  const length = content.reduce((sum, part) => sum + part.length, 0)
  if (length < 0x80) return bytes([tag, length], ...content)
  const octets = unsigned(BigInt(length))
  return bytes([tag, 0x80 | octets.length], octets, ...content)
}

export const seq = (...content: readonly Bytes[]): Bytes => tlv(0x30, ...content)
export const set = (...content: readonly Bytes[]): Bytes => tlv(0x31, ...content)
export const bool = (value: boolean): Bytes => tlv(0x01, [value ? 0xff : 0x00])
export const nul = (): Bytes => tlv(0x05)
export const octets = (content: Bytes): Bytes => tlv(0x04, content)
export const bits = (content: Bytes, unused = 0): Bytes => tlv(0x03, [unused], content)
export const explicit = (number: number, ...content: readonly Bytes[]): Bytes => tlv(0xa0 | number, ...content)
export const implicit = (number: number, content: Content): Bytes => tlv(0x80 | number, content)
export const ascii = (text: string): Bytes => new TextEncoder().encode(text)
export const utf8 = (text: string): Bytes => tlv(0x0c, new TextEncoder().encode(text))
export const printable = (text: string): Bytes => tlv(0x13, ascii(text))

/** An INTEGER, from a number of at least 0 or from the exact content octets. */
export function int(value: number | bigint | Bytes): Bytes {
  if (value instanceof Uint8Array) return tlv(0x02, value)
  const magnitude = unsigned(BigInt(value))
  return tlv(0x02, (magnitude[0] ?? 0) >= 0x80 ? [0] : [], magnitude)
}

/** @throws TypeError when `dotted` is not an OID in dotted form */
export function oid(dotted: string): Bytes {
  if (!/^\d+(?:\.\d+)+$/.test(dotted)) throw new TypeError(`${dotted} is not an OID in dotted form`)
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt)
  return tlv(
    0x06,
    [first * 40n + second, ...rest].flatMap((arc) => base128(arc)),
  )
}

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280 4.1.2.5). @param rfc3339 in UTC, whole seconds */
export function time(rfc3339: string): Bytes {
  const digits = rfc3339.replace(/[-:T]/g, '')
  const year = Number(digits.slice(0, 4))
  return year >= 1950 && year < 2050 ? tlv(0x17, ascii(digits.slice(2))) : tlv(0x18, ascii(digits))
}

function base128(arc: bigint): number[] {
  const out = [Number(arc & 127n)]
  for (let left = arc >> 7n; left > 0n; left >>= 7n) out.unshift(Number(left & 127n) | 0x80)
  return out
}

/** Big-endian, as few octets as it takes. */
function unsigned(value: bigint): Bytes {
  const hex = value.toString(16)
  return fromHex(hex.length % 2 === 0 ? hex : `0${hex}`)
}
