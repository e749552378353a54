/**
 * What a terminal would obey, or show somewhere else than it stands: control characters (C0, DEL, C1), line and paragraph separators, and
 * the characters that turn the direction of text (Unicode 15, Bidi_Control).
 */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** A text of somebody else's as one line that a terminal only shows: names in certificates are whatever their makers wrote. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}

/** The same, with at most so many characters. */
export function shortened(text: string, characters: number): string {
  const all = [...printable(text)]
  return all.length <= characters ? all.join('') : `${all.slice(0, characters - 1).join('')}…`
}

/** Rows as lines with aligned columns. The last column is as long as it is. */
export function table(rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map(printable))
  const width = (column: number) => Math.max(...shown.map((row) => [...(row[column] ?? '')].length))
  const widths = (shown[0] ?? []).map((_, column) => width(column))
  const cell = (text: string, column: number) => text + ' '.repeat((widths[column] ?? 0) - [...text].length)
  return shown.map((row) => row.map(cell).join('  ').trimEnd()).join('\n')
}
