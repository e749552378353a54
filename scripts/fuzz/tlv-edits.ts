import { ascii, type Bytes, bytes, oid, time } from '../../src/testing/der.ts'
import type { Random } from './random.ts'
import { copy, encode, type LengthForm, leaf, type Place, parse, places, type Tlv } from './tlv.ts'

/** Tags that X.509 has, and some that it does not. */
const TAGS = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a, 0x1c, 0x1e, 0x1f,
  0x30, 0x31, 0x80, 0x81, 0x82, 0x84, 0x86, 0x87, 0x88, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xbf,
] as const

/** Contents at the edges of what fields allow. */
const CONTENTS: readonly Bytes[] = [
  bytes(),
  Uint8Array.of(0),
  Uint8Array.of(1),
  Uint8Array.of(0x7f),
  Uint8Array.of(0x80),
  Uint8Array.of(0xff),
  Uint8Array.of(0, 0xff),
  Uint8Array.of(0, 1),
  new Uint8Array(20).fill(0x7f),
  new Uint8Array(41).fill(0x7f),
  new Uint8Array(300),
  ascii('a\0b'),
  ascii('*.example.com'),
  ascii('260230000000Z'),
  ascii('9912312359Z'),
  ascii('20500101000000Z'),
  ascii('20260101000000.5Z'),
  ascii('20260101000000+0100'),
  ascii('ÿþ\u{1f600}'),
  Uint8Array.of(0xc3, 0x28),
  Uint8Array.of(0xd8, 0x00),
  time('2026-01-01T00:00:00Z').subarray(2),
  ...[
    '2.5.29.19',
    '2.5.29.15',
    '2.5.29.37',
    '2.5.29.30',
    '2.5.29.54',
    '2.5.29.36',
    '2.5.29.33',
    '1.2.840.10045.4.3.2',
  ].map((id) => oid(id).subarray(2)),
]

/** Changes one value of a tree. @param donors trees of which values are taken */
type Edit = (place: Place, random: Random, donors: readonly Tlv[]) => void

const changeTag: Edit = ({ value }, random) => {
  value.tag = random.oneIn(3) ? random.below(256) : random.pick(TAGS)
}
const remove: Edit = ({ siblings, index }) => {
  siblings?.splice(index, 1)
}
const duplicate: Edit = ({ siblings, index, value }, random) => {
  siblings?.splice(random.below(siblings.length + 1), 0, copy(value))
  if (random.oneIn(4))
    for (let more = 1 << random.below(9); more > 0; more -= 1) siblings?.splice(index, 0, copy(value))
}
const swap: Edit = ({ siblings, index, value }, random) => {
  if (siblings === undefined) return
  const other = random.below(siblings.length)
  siblings[index] = siblings[other] ?? value
  siblings[other] = value
}
/** Puts a value of another tree in place of this one, or beside it. */
const splice: Edit = ({ siblings, index }, random, donors) => {
  if (donors.length === 0) return
  const { value } = random.pick(places(random.pick(donors)))
  siblings?.splice(index, random.below(2), copy(value))
}
const changeOctets: Edit = ({ value }, random) => {
  const content = Uint8Array.from(value.children === undefined ? value.content : encode(value).subarray(2))
  const at = random.below(content.length)
  const octet = random.oneIn(2) ? random.below(256) : (content[at] ?? 0) ^ (1 << random.below(8))
  value.children = undefined
  value.content = random.pick([
    () => bytes(content.subarray(0, at), [octet], content.subarray(at + 1)),
    () => bytes(content.subarray(0, at), [octet], content.subarray(at + 1)),
    () => bytes(content.subarray(0, at), content.subarray(at + 1)),
    () => bytes(content.subarray(0, at), random.bytes(1 + random.few(8)), content.subarray(at)),
  ])()
}
const setContent: Edit = ({ value }, random) => {
  value.children = undefined
  value.content = random.pick(CONTENTS)
}
const changeLength: Edit = ({ value }, random) => {
  value.length = random.pick<LengthForm>(['long', 'indefinite', 1, -1, 256, -2])
}
/** Within many levels of the same. */
const nest: Edit = ({ value, siblings, index }, random) => {
  let wrapped = copy(value)
  for (let levels = random.pick([1, 2, 8, 30]); levels > 0; levels -= 1) {
    wrapped = { ...leaf(random.pick([0x30, 0x31, 0xa0, 0xa3, 0x04]), bytes()), children: [wrapped] }
  }
  siblings?.splice(index, 1, wrapped)
}
/** Without content or members. */
const empty: Edit = ({ value }) => {
  if (value.children !== undefined) value.children = []
  value.content = bytes()
}

const EDITS: readonly Edit[] = [
  changeTag,
  remove,
  duplicate,
  swap,
  splice,
  splice,
  changeOctets,
  changeOctets,
  changeOctets,
  setContent,
  setContent,
  changeLength,
  nest,
  empty,
]

/** Changes a tree in one to four places. @param under changes nothing outside of this part, which is one of the tree's */
export function mutate(tree: Tlv, random: Random, donors: readonly Tlv[], under: Tlv = tree): void {
  for (let edits = 1 + random.few(3); edits > 0; edits -= 1) {
    const all = places(under)
    random.pick(EDITS)(random.pick(all), random, donors)
  }
}

/** The octets of a mutated tree; now and then with octets changed that no tree explains: ancestors keep their lengths then. */
export function mutated(der: Bytes, random: Random, donors: readonly Tlv[]): Bytes {
  const tree = parse(der)
  if (tree === undefined || random.oneIn(12)) return scrambled(der, random)
  mutate(tree, random, donors)
  const written = encode(tree)
  return random.oneIn(20) ? scrambled(written, random) : written
}

function scrambled(der: Bytes, random: Random): Bytes {
  const at = random.below(der.length)
  const other = random.below(der.length)
  return random.pick([
    () => der.subarray(0, at),
    () => bytes(der, random.bytes(1 + random.few(8))),
    () => bytes(der.subarray(0, at), random.bytes(1), der.subarray(at + 1)),
    () => bytes(der.subarray(0, Math.min(at, other)), der.subarray(Math.max(at, other))),
  ])()
}
