import type { Random } from './random.ts'
import { mutatedText } from './text-edits.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

const VALUES: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  1.5,
  1e21,
  2 ** 53,
  -0,
  '',
  '0',
  '1',
  'a',
  '\0',
  '\ud800',
  'x'.repeat(400),
  [],
  {},
  [null],
  [[]],
  { toString: 1 },
  { length: 3 },
  { '': 0 },
  ['a', 1],
]
const KEYS = [
  '__proto__',
  'constructor',
  'toString',
  '',
  '0',
  'length',
  'a/b',
  'a~b',
  'name',
  'certificate',
  'hostname',
  'settings',
] as const

/** Changes a JSON value in one to four places, to any shape. */
export function mutatedJson(value: Json, random: Random, tokens: readonly string[] = ['a', '.']): Json {
  let changed = value
  for (let edits = 1 + random.few(3); edits > 0; edits -= 1) changed = edited(changed, random, tokens)
  return changed
}

function edited(value: Json, random: Random, tokens: readonly string[]): Json {
  // Goes down most of the time: the outermost value is one of many.
  if (Array.isArray(value) && value.length > 0 && !random.oneIn(4)) return editedList(value, random, tokens)
  if (isObject(value) && Object.keys(value).length > 0 && !random.oneIn(6)) return editedObject(value, random, tokens)
  if (typeof value === 'string' && !random.oneIn(3)) return mutatedText(value, random, tokens)
  return random.oneIn(8) ? nested(random) : random.pick(VALUES)
}

function editedList(list: readonly Json[], random: Random, tokens: readonly string[]): Json {
  const at = random.below(list.length)
  const item = list[at] ?? null
  return random.pick([
    () => list.with(at, edited(item, random, tokens)),
    () => list.with(at, edited(item, random, tokens)),
    () => list.toSpliced(at, 1),
    () => list.toSpliced(at, 0, ...copiesOf(item, random.oneIn(30) ? 12_000 : 1 + random.below(3))),
    () => list.toSpliced(at, 0, random.pick(VALUES)),
  ])()
}

/** Most characters of the copies of one item: thousands of items that are nested thousands deep take a minute to write. */
const MAX_COPIED_CHARACTERS = 1_000_000

function copiesOf(item: Json, wanted: number): readonly Json[] {
  const most = Math.max(1, Math.floor(MAX_COPIED_CHARACTERS / (JSON.stringify(item).length + 1)))
  return Array.from({ length: Math.min(wanted, most) }, () => item)
}

function editedObject(object: { readonly [key: string]: Json }, random: Random, tokens: readonly string[]): Json {
  const entries = Object.entries(object)
  const at = random.below(entries.length)
  const [key, member] = entries[at] ?? ['', null]
  const changed = random.pick([
    () => entries.with(at, [key, edited(member, random, tokens)]),
    () => entries.with(at, [key, edited(member, random, tokens)]),
    () => entries.with(at, [key, edited(member, random, tokens)]),
    () => entries.toSpliced(at, 1),
    () => entries.with(at, [random.oneIn(2) ? mutatedText(key, random, tokens) : random.pick(KEYS), member]),
    () => [...entries, [random.pick(KEYS), random.pick(VALUES)] as [string, Json]],
  ])()
  return Object.fromEntries(changed)
}

/** Lists or objects within one another. */
function nested(random: Random): Json {
  let value: Json = random.pick(VALUES)
  const inList = random.oneIn(2)
  for (let levels = random.pick([3, 30, 3_000]); levels > 0; levels -= 1) value = inList ? [value] : { a: value }
  return value
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
