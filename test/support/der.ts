import { fromHex, toBase64 } from '../../src/core/bytes.ts'
/** A small DER writer for tests. It writes what it is told, also what no certificate may hold. */

export type Bytes = Uint8Array

export function bytes(...parts: readonly (Bytes | readonly number[])[]): Bytes {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

export function tlv(tag: number, ...content: readonly (Bytes | readonly number[])[]): Bytes {
  const body = bytes(...content)
  if (body.length < 0x80) return bytes([tag, body.length], body)
  if (body.length < 0x100) return bytes([tag, 0x81, body.length], body)
  if (body.length < 0x1_0000) return bytes([tag, 0x82, body.length >> 8, body.length & 0xff], body)
  return bytes([tag, 0x83, body.length >> 16, (body.length >> 8) & 0xff, body.length & 0xff], body)
}

export const seq = (...content: readonly Bytes[]): Bytes => tlv(0x30, ...content)
export const set = (...content: readonly Bytes[]): Bytes => tlv(0x31, ...content)
export const bool = (value: boolean): Bytes => tlv(0x01, [value ? 0xff : 0x00])
export const nul = (): Bytes => tlv(0x05)
export const octets = (content: Bytes): Bytes => tlv(0x04, content)
export const bits = (content: Bytes, unused = 0): Bytes => tlv(0x03, [unused], content)
export const explicit = (number: number, ...content: readonly Bytes[]): Bytes => tlv(0xa0 | number, ...content)
export const implicit = (number: number, content: Bytes | readonly number[]): Bytes => tlv(0x80 | number, content)
export const ascii = (text: string): Bytes => new TextEncoder().encode(text)
export const utf8 = (text: string): Bytes => tlv(0x0c, new TextEncoder().encode(text))
export const printable = (text: string): Bytes => tlv(0x13, ascii(text))

export function int(value: number | bigint | Bytes): Bytes {
  if (value instanceof Uint8Array) return tlv(0x02, value)
  let hex = BigInt(value).toString(16)
  if (hex.length % 2 === 1) hex = `0${hex}`
  const magnitude = fromHex(hex)
  return tlv(0x02, (magnitude[0] ?? 0) >= 0x80 ? [0] : [], magnitude)
}

export function oid(dotted: string): Bytes {
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt)
  return tlv(
    0x06,
    [first * 40n + second, ...rest].flatMap((arc) => base128(arc)),
  )
}

function base128(arc: bigint): number[] {
  const out = [Number(arc & 127n)]
  for (let left = arc >> 7n; left > 0n; left >>= 7n) out.unshift(Number(left & 127n) | 0x80)
  return out
}

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280 4.1.2.5). */
export function time(iso: string): Bytes {
  const digits = iso.replace(/[-:T]/g, '')
  const year = Number(digits.slice(0, 4))
  return year >= 1950 && year < 2050 ? tlv(0x17, ascii(digits.slice(2))) : tlv(0x18, ascii(digits))
}

export function pem(der: Bytes, label = 'CERTIFICATE'): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
