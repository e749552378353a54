import { type Bytes, bytes } from '../../src/testing/der.ts'

/** DER as a tree that can be changed and written again, also as what DER does not allow. */
export interface Tlv {
  tag: number
  /** Octets before the children that are none: the count of unused bits of a BIT STRING. */
  prefix: Bytes
  /** Values within this one; undefined where the content is none. */
  children: Tlv[] | undefined
  /** The content where there are no children. */
  content: Bytes
  length: LengthForm
}

/**
 * How the length is written: `shortest`, as DER has it; `long`, with a zero octet too many; `indefinite`, as BER has it; or wrong by
 * that many octets.
 */
export type LengthForm = 'shortest' | 'long' | 'indefinite' | number

/** The types whose octets may hold DER: OCTET STRING, BIT STRING. */
const WRAPPERS: ReadonlySet<number> = new Set([0x03, 0x04])
/** What an extension's value may begin with. Other octets are DER by chance only. */
const WRAPPED: ReadonlySet<number> = new Set([0x30, 0x02, 0x03, 0x04, 0x0a])
const MAX_DEPTH = 40

export function leaf(tag: number, content: Bytes): Tlv {
  return { tag, prefix: bytes(), children: undefined, content, length: 'shortest' }
}

/** Parses one value; undefined where the octets are not a single one. */
export function parse(der: Bytes): Tlv | undefined {
  const all = parseAll(der, 0)
  return all?.length === 1 ? all[0] : undefined
}

function parseAll(octets: Bytes, depth: number): Tlv[] | undefined {
  const found: Tlv[] = []
  for (let at = 0; at < octets.length; ) {
    const [tag = 0, first = 0x80] = octets.subarray(at, at + 2)
    const lengthOctets = first < 0x80 ? 0 : first & 0x7f
    if (first === 0x80 || lengthOctets > 4) return undefined
    const start = at + 2 + lengthOctets
    const length =
      lengthOctets === 0 ? first : octets.subarray(at + 2, start).reduce((sum, octet) => sum * 256 + octet, 0)
    if (start + length > octets.length) return undefined
    found.push(opened(tag, octets.subarray(start, start + length), depth))
    at = start + length
  }
  return found
}

function opened(tag: number, content: Bytes, depth: number): Tlv {
  const one = leaf(tag, content)
  const prefixed = tag === 0x03 ? 1 : 0
  const inner = content.subarray(prefixed)
  const mayHold = (tag & 0x20) !== 0 || (WRAPPERS.has(tag) && WRAPPED.has(inner[0] ?? 0))
  const children = mayHold && depth < MAX_DEPTH ? parseAll(inner, depth + 1) : undefined
  return children === undefined ? one : { ...one, prefix: content.subarray(0, prefixed), children }
}

/** Writes a tree. Lengths are those of what is in it, unless a value says otherwise. */
export function encode(value: Tlv): Bytes {
  const content = value.children === undefined ? value.content : bytes(value.prefix, ...value.children.map(encode))
  if (value.length === 'indefinite') return bytes([value.tag, 0x80], content, [0, 0])
  const wrong = typeof value.length === 'number' ? value.length : 0
  return bytes([value.tag], lengthOctets(Math.max(0, content.length + wrong), value.length === 'long'), content)
}

function lengthOctets(length: number, long: boolean): readonly number[] {
  if (length < 0x80 && !long) return [length]
  const octets: number[] = long ? [0] : []
  const hex = length.toString(16)
  for (let at = hex.length % 2 === 0 ? 0 : -1; at < hex.length; at += 2) {
    octets.push(Number.parseInt(hex.slice(Math.max(0, at), at + 2), 16))
  }
  return [0x80 | octets.length, ...octets]
}

export function copy(value: Tlv): Tlv {
  return { ...value, children: value.children?.map(copy) }
}

/** A value and where it is. */
export interface Place {
  readonly value: Tlv
  /** Undefined for the outermost value. */
  readonly siblings: Tlv[] | undefined
  readonly index: number
}

/** Every value of a tree, from the outermost one. */
export function places(root: Tlv): readonly Place[] {
  const found: Place[] = [{ value: root, siblings: undefined, index: 0 }]
  // The list grows during the loop.
  for (const { value } of found) {
    const { children } = value
    for (const [index, child] of children?.entries() ?? []) found.push({ value: child, siblings: children, index })
  }
  return found
}
