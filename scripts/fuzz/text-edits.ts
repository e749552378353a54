import type { Random } from './random.ts'

/** Characters at which readers of text differ. */
const CHARACTERS = [
  ...'-_=+/:;,."\'\\%{}[]()<>@*#?&|^~ \t\n\r\0aZ09',
  '\u00ad',
  '\u200b',
  '\u202e',
  '\u2013',
  '\u3002',
  '\uff0e',
  '\ufeff',
  '\ufffd',
  '\u00df',
  '\u0130',
  '\u03a3',
  '\u1e9e',
  '\ud800',
  '\udc00',
  '\u{1f600}',
  'e\u0301',
  '\u0660',
  '\u0085',
  '\u2028',
] as const

/** Changes a text in one to four places. @param tokens pieces that the text's readers look for */
export function mutatedText(text: string, random: Random, tokens: readonly string[]): string {
  let changed = text
  for (let edits = 1 + random.few(3); edits > 0; edits -= 1) changed = edited(changed, random, tokens)
  return changed
}

function edited(text: string, random: Random, tokens: readonly string[]): string {
  const at = random.below(text.length + 1)
  const end = Math.min(text.length, at + 1 + random.few(10) ** 2)
  const piece = () => (random.oneIn(2) ? random.pick(CHARACTERS) : random.pick(tokens))
  return random.pick([
    () => text.slice(0, at) + piece() + text.slice(at),
    () => text.slice(0, at) + piece() + text.slice(end),
    () => text.slice(0, at) + text.slice(end),
    () => text.slice(0, end) + text.slice(at),
    () => text.slice(0, at),
    () => text.slice(at) + text.slice(0, at),
    () => text.slice(0, at) + piece().repeat(1 + random.below(40)) + text.slice(at),
    () => (random.oneIn(2) ? text.toUpperCase() : text.toLowerCase()),
  ])()
}
